// Reply: what Redis answered, as a value (RESP2).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace postern::redis {

struct Reply {
  enum class Kind : uint8_t { kNil, kInteger, kText, kStatus, kError, kArray };

  Kind kind = Kind::kNil;
  int64_t integer = 0;
  std::string text;  // of a text (any bytes), a status ("OK") or an error ("WRONGTYPE Operation…")
  std::vector<Reply> elements;

  static Reply of(int64_t integer) { return {Kind::kInteger, integer, {}, {}}; }
  static Reply of(Kind kind, std::string text) { return {kind, 0, std::move(text), {}}; }
  static Reply array(std::vector<Reply> elements) {
    return {Kind::kArray, 0, {}, std::move(elements)};
  }

  bool is_nil() const { return kind == Kind::kNil; }
  bool is_integer() const { return kind == Kind::kInteger; }
  bool is_text() const { return kind == Kind::kText; }
  bool is_error() const { return kind == Kind::kError; }
  bool is_array() const { return kind == Kind::kArray; }
  bool is_ok() const { return kind == Kind::kStatus && text == "OK"; }

  // The first word of an error, "WRONGTYPE"; of one inside a script the one that ended the script,
  // also as Redis before 7 wrapped it. Empty for what is no error.
  std::string_view error_code() const;

  // For messages: an error's text made printable and cut; of all others the kind alone, since they
  // may hold secrets.
  std::string shown() const;

  friend bool operator==(const Reply&, const Reply&) = default;
};

// Of an array of texts, as our scripts return; nothing for any other reply.
std::optional<std::vector<std::string>> texts_of(Reply reply);

}  // namespace postern::redis
