// The JSON of the objects that are used, as far as they are.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "base/secret.h"

namespace postern::kubernetes {

// Larger than any Secret can be, which holds 1 MiB.
inline constexpr size_t kMaxObject = size_t{3} * 1024 * 1024;

struct SecretObject {
  std::string resource_version;
  std::map<std::string, Secret, std::less<>> data;  // decoded
};

// coordination.k8s.io/v1. What the object does not tell is empty or zero.
struct LeaseObject {
  std::string resource_version;
  std::string holder;           // empty: nobody's
  uint64_t seconds = 0;         // how long it is the holder's after each renewal
  uint64_t transitions = 0;     // grows each time it is taken
  std::string taken_at = {};    // as the holder's clock says, for people; may be hostile
  std::string renewed_at = {};  // likewise
};

// Errors say what is wrong with the object, and repeat nothing of it.
Result<SecretObject> parse_secret(std::string_view json);
Result<LeaseObject> parse_lease(std::string_view json);

// Merge patches, taken only while the object is of that version.
Secret format_secret_patch(const std::string& resource_version, const std::string& key,
                           std::string_view value);
Secret format_taking(const LeaseObject& lease, WallTime now);
Secret format_renewal(const std::string& resource_version, WallTime now);
Secret format_release(const std::string& resource_version);

// The message of a Status, made printable; empty when the text is none.
std::string message_of(std::string_view json);

// One line of a watch.
struct WatchEvent {
  enum class Kind : uint8_t {
    kChanged,   // added, modified or deleted
    kBookmark,  // nothing but a later version to go on from
    kError,     // the watch has ended; `code` as an HTTP status
  };
  Kind kind = Kind::kError;
  std::string resource_version;
  int code = 0;
  std::string message;
};
Result<WatchEvent> parse_watch_event(std::string_view json);

}  // namespace postern::kubernetes
