#include "redis/client.h"

#include <algorithm>
#include <array>

#include "redis/script_line.h"

namespace postern::redis {
namespace {

struct Refusal {
  std::string_view code;
  std::string_view advice;
};

constexpr std::array<Refusal, 11> kRefusals{{
    {"LOADING", "it is reading its data from disk; commands will work once it is done"},
    {"READONLY", "it is a replica: name the master, or use Sentinel or a cluster"},
    {"MASTERDOWN", "it is a replica that has lost its master"},
    {"CLUSTERDOWN", "some slots have no node: see `redis-cli cluster info`"},
    {"TRYAGAIN", "slots are being moved; commands will work once that is done"},
    {"NOREPLICAS", "it has fewer replicas than its min-replicas-to-write asks for"},
    {"NOAUTH", "it asks for a password: name a file that holds it by password_file"},
    {"NOPERM", "the ACL does not allow this user to: see `ACL LOG`"},
    {"OOM", "its memory is used up: raise maxmemory, or give Postern a Redis of its own"},
    {"MISCONF", "it cannot save its data to disk: see its log"},
    {"BUSY", "somebody's script does not end: see `SCRIPT KILL`"},
}};

// What ends a script half way may come after writes of it; a replica refuses the first already.
Fate fate_of(const Reply& refusal) {
  const bool is_in_script = refusal.text.find("@user_script:") != std::string::npos;
  return is_in_script && refusal.error_code() != "READONLY" ? Fate::kMaybeExecuted
                                                            : Fate::kNotExecuted;
}

}  // namespace

std::optional<Failure> refusal_of(const Reply& reply, std::string_view where) {
  std::string_view code = reply.error_code();
  if (is_forbidden_in_script(reply)) code = "NOPERM";
  const auto* const refusal = std::find_if(kRefusals.begin(), kRefusals.end(),
                                           [code](auto& one) { return one.code == code; });
  if (refusal == kRefusals.end()) return std::nullopt;
  return Failure{std::string(where) + " takes no commands: " + std::string(refusal->advice) +
                     " (it said: " + reply.shown() + ")",
                 fate_of(reply)};
}

}  // namespace postern::redis
