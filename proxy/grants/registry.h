// All grants of this process, and which one a request means.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "grants/grant.h"

namespace postern::grants {

enum class SelectFailure : uint8_t { kNone, kAmbiguous, kUnknown, kNotAllowedHere };

struct Selection {
  Grant* grant = nullptr;  // null exactly when failure is not kNone
  SelectFailure failure = SelectFailure::kNone;
};

// What a request says about the grant it wants. Empty: says nothing.
struct Wish {
  std::string_view ceiling;       // the listener's grant: nothing else may be used
  std::string_view header;        // X-Postern-Grant
  std::string_view organization;  // slug or id in the path
};

// Fixed after start. Loop thread.
class Registry final {
 public:
  explicit Registry(std::vector<GrantOptions> grants);

  // The ceiling bounds the choice; within it the header, else the organization in the path, else
  // the only grant there is. An organization that no grant has falls through to the only one.
  Selection select(const Wish& wish) const;
  Grant* find(std::string_view name) const;
  const std::vector<std::unique_ptr<Grant>>& all() const { return grants_; }
  std::string names() const;  // "acme, globex", for messages

 private:
  std::vector<std::unique_ptr<Grant>> grants_;
};

}  // namespace postern::grants
