#include "relay/json_place.h"

#include <cstdint>
#include <utility>

#include "base/text.h"

namespace postern::relay {
namespace {

constexpr int kMaxDepth = 128;
constexpr size_t kOffPath = SIZE_MAX;
constexpr text::ByteSet kSpace(" \t\n\r");
constexpr text::ByteSet kDigits("0123456789");

void append_utf8(std::string& out, uint32_t code) {
  const auto put = [&out](uint32_t byte) { out += static_cast<char>(byte); };
  if (code < 0x80) return put(code);
  if (code < 0x800) {
    put(0xC0 | (code >> 6));
  } else if (code < 0x10000) {
    put(0xE0 | (code >> 12));
    put(0x80 | ((code >> 6) & 0x3F));
  } else {
    put(0xF0 | (code >> 18));
    put(0x80 | ((code >> 12) & 0x3F));
    put(0x80 | ((code >> 6) & 0x3F));
  }
  put(0x80 | (code & 0x3F));
}

constexpr bool is_high_surrogate(uint32_t code) {
  return code >= 0xD800 && code < 0xDC00;
}
constexpr bool is_low_surrogate(uint32_t code) {
  return code >= 0xDC00 && code < 0xE000;
}

// What the character behind a backslash stands for; 0: no such escape. \u is read apart.
char unescaped(char c) {
  switch (c) {
    case '"':
    case '\\':
    case '/':
      return c;
    case 'b':
      return '\b';
    case 'f':
      return '\f';
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    default:
      return '\0';
  }
}

// Reads one text from its begin to its end. Each step says whether the text was right so far.
class Finder final {
 public:
  Finder(std::string_view json, std::span<const std::string_view> path)
      : json_(json), path_(path) {}

  bool read() {
    skip_space();
    if (!read_value(0, 1)) return false;
    skip_space();
    return at_ == json_.size();
  }
  std::vector<JsonPlace> take() { return std::move(found_); }

 private:
  // How much of the path leads to the value that comes next; kOffPath: another way was taken.
  bool read_value(size_t led, int depth) {
    if (depth > kMaxDepth || at_ == json_.size()) return false;
    const bool is_found = led == path_.size();
    const size_t begin = at_;
    const size_t before = found_.size();
    if (is_found) found_.emplace_back();
    if (!read_any(led, depth, is_found)) return false;
    if (is_found) {
      found_[before].begin = begin;
      found_[before].end = at_;
    }
    return true;
  }

  bool read_any(size_t led, int depth, bool is_found) {
    switch (json_[at_]) {
      case '{':
        return read_object(led, depth);
      case '[':
        return read_array(led, depth);
      case '"':
        return is_found ? read_found_text() : read_string(nullptr);
      case 't':
        return read_word("true");
      case 'f':
        return read_word("false");
      case 'n':
        return read_word("null");
      default:
        return read_number();
    }
  }

  bool read_found_text() {
    std::string text;
    if (!read_string(&text)) return false;
    found_.back().text = std::move(text);
    return true;
  }

  size_t next_step(size_t led, std::string_view step) const {
    return led < path_.size() && path_[led] == step ? led + 1 : kOffPath;
  }

  bool read_array(size_t led, int depth) {
    const size_t inner = next_step(led, kEachElement);
    ++at_;
    skip_space();
    if (skip(']')) return true;
    do {
      skip_space();
      if (!read_value(inner, depth + 1)) return false;
      skip_space();
    } while (skip(','));
    return skip(']');
  }

  bool read_object(size_t led, int depth) {
    ++at_;
    skip_space();
    if (skip('}')) return true;
    Siblings siblings;
    do {
      skip_space();
      if (!read_member(led, depth, siblings)) return false;
      skip_space();
    } while (skip(','));
    return skip('}');
  }

  // What has been seen of the members of one object.
  struct Siblings {
    size_t previous_end = 0;
    bool one_stays = false;   // a member before this one is not at the path's end
    size_t uncut = kOffPath;  // index of one that has none before it: cut up to the next
  };

  bool read_member(size_t led, int depth, Siblings& siblings) {
    const size_t begin = at_;
    if (siblings.uncut != kOffPath) found_[siblings.uncut].cut_end = begin;
    siblings.uncut = kOffPath;
    std::string name;
    const bool may_lead = led < path_.size();
    if (!read_string(may_lead ? &name : nullptr)) return false;
    skip_space();
    if (!skip(':')) return false;
    skip_space();
    const size_t inner = may_lead ? next_step(led, name) : kOffPath;
    const size_t index = found_.size();
    if (!read_value(inner, depth + 1)) return false;
    if (inner != path_.size()) {
      siblings.one_stays = true;
    } else {
      found_[index].cut_begin = siblings.one_stays ? siblings.previous_end : begin;
      found_[index].cut_end = at_;
      if (!siblings.one_stays) siblings.uncut = index;
    }
    siblings.previous_end = at_;
    return true;
  }

  // `out` gets the decoded text; half of a surrogate pair becomes U+FFFD there.
  bool read_string(std::string* out) {
    if (!skip('"')) return false;
    while (at_ < json_.size()) {
      const char c = json_[at_++];
      if (c == '"') return true;
      if (static_cast<unsigned char>(c) < 0x20) return false;
      if (c != '\\') {
        if (out != nullptr) *out += c;
      } else if (!read_escape(out)) {
        return false;
      }
    }
    return false;
  }

  bool read_escape(std::string* out) {
    if (at_ == json_.size()) return false;
    const char c = json_[at_++];
    if (c == 'u') return read_code(out);
    const char meant = unescaped(c);
    if (meant == '\0') return false;
    if (out != nullptr) *out += meant;
    return true;
  }

  bool read_code(std::string* out) {
    constexpr uint32_t kUnknown = 0xFFFD;
    std::optional<uint32_t> code = read_four_digits();
    if (!code) return false;
    if (is_high_surrogate(*code)) {
      const size_t after = at_;
      const bool more = skip('\\') && skip('u');
      const std::optional<uint32_t> low = more ? read_four_digits() : std::nullopt;
      const bool is_pair = low && is_low_surrogate(*low);
      if (!is_pair) at_ = after;  // what follows is read for itself
      code = is_pair ? 0x10000 + ((*code - 0xD800) << 10) + (*low - 0xDC00) : kUnknown;
    } else if (is_low_surrogate(*code)) {
      code = kUnknown;
    }
    if (out != nullptr) append_utf8(*out, *code);
    return true;
  }

  std::optional<uint32_t> read_four_digits() {
    uint32_t code = 0;
    for (int i = 0; i < 4; ++i, ++at_) {
      if (at_ == json_.size()) return std::nullopt;
      const char c = text::lower(json_[at_]);
      const bool is_letter = c >= 'a' && c <= 'f';
      if (!is_letter && (c < '0' || c > '9')) return std::nullopt;
      code = code * 16 + static_cast<uint32_t>(is_letter ? c - 'a' + 10 : c - '0');
    }
    return code;
  }

  bool read_word(std::string_view word) {
    if (json_.substr(at_, word.size()) != word) return false;
    at_ += word.size();
    return true;
  }

  bool read_number() {
    skip('-');
    if (!skip('0') && !read_digits()) return false;
    if (skip('.') && !read_digits()) return false;
    if (!skip('e') && !skip('E')) return true;
    if (!skip('+')) skip('-');
    return read_digits();
  }

  bool read_digits() {
    const size_t begin = std::exchange(at_, kDigits.first_not_in(json_, at_));
    return at_ > begin;
  }

  void skip_space() { at_ = kSpace.first_not_in(json_, at_); }
  bool skip(char c) {
    const bool is_there = at_ < json_.size() && json_[at_] == c;
    if (is_there) ++at_;
    return is_there;
  }

  std::string_view json_;
  std::span<const std::string_view> path_;
  size_t at_ = 0;
  std::vector<JsonPlace> found_;
};

}  // namespace

std::optional<std::vector<JsonPlace>> find_in_json(std::string_view json,
                                                   std::span<const std::string_view> path) {
  Finder finder(json, path);
  if (!finder.read()) return std::nullopt;
  return finder.take();
}

}  // namespace postern::relay
