// The scripts that the store in Redis runs there, each one step that nobody comes between. Their
// texts, with what they take and return, are in scripts/.
#pragma once

#include <string_view>

namespace postern::grants::scripts {

extern const std::string_view kLoad;
extern const std::string_view kLock;
extern const std::string_view kRenew;
extern const std::string_view kRelease;
extern const std::string_view kSave;
extern const std::string_view kRestore;
extern const std::string_view kForget;
extern const std::string_view kProbe;
extern const std::string_view kSurvey;

}  // namespace postern::grants::scripts
