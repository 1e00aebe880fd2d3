#include "redis/client.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "redis/script_line.h"

namespace postern::redis {
namespace {

struct Refusal {
  std::string_view code;
  std::string_view advice;
};

constexpr std::array<Refusal, 9> kRefusals{{
    {"LOADING", "it is reading its data from disk; commands will work once it is done"},
    {"READONLY", "it is a replica: name the master, or use Sentinel or a cluster"},
    {"MASTERDOWN", "it is a replica that has lost its master"},
    {"CLUSTERDOWN", "some slots have no node: see `redis-cli cluster info`"},
    {"TRYAGAIN", "slots are being moved; commands will work once that is done"},
    {"NOREPLICAS", "it has fewer replicas than its min-replicas-to-write asks for"},
    {"OOM", "its memory is used up: raise maxmemory, or give Postern a Redis of its own"},
    {"MISCONF", "it cannot save its data to disk: see its log"},
    {"BUSY", "somebody's script does not end: see `SCRIPT KILL`"},
}};

// "EVAL" of "… to run the 'eval' command"; empty: an error inside a script names its line only.
std::string forbidden_command(std::string_view said) {
  const size_t begin = said.find('\'');
  if (begin == std::string_view::npos) return {};
  const std::string_view rest = said.substr(begin + 1);
  const size_t end = rest.find("' command");
  return end == std::string_view::npos ? std::string() : text::uppered(rest.substr(0, end));
}

std::string permission_advice(std::string_view said, const Asker& asker) {
  const std::string acl = "the ACL does not allow the user " +
                          std::string(asker.user.empty() ? "default" : asker.user) + " ";
  const std::string all = "README.md, More than one, has all that it needs";
  const bool is_channel = said.find(" channel") != std::string_view::npos;
  if (is_channel || said.find(" key") != std::string_view::npos) {
    const std::string names = std::string(asker.prefix) + ":*";
    return acl + (is_channel ? "the channels " : "the keys ") + names + ": it needs ~" + names +
           " &" + names + "; " + all;
  }
  std::string command = command_of_line(asker.script, said);
  if (command.empty()) command = forbidden_command(said);
  return acl + (command.empty() ? "a command" : "the command " + command) + ": " + all;
}

// Empty: it is an error about the command itself.
std::string advice_of(const Reply& reply, const Asker& asker) {
  const std::string_view code = reply.error_code();
  if (code == "NOPERM" || is_forbidden_in_script(reply))
    return permission_advice(reply.text, asker);
  if (code == "NOAUTH")
    return "it asks for a password: name a file that holds it by " +
           std::string(asker.password_setting);
  const auto* const refusal = std::find_if(kRefusals.begin(), kRefusals.end(),
                                           [code](auto& one) { return one.code == code; });
  return refusal == kRefusals.end() ? std::string() : std::string(refusal->advice);
}

// What ends a script half way may come after writes of it; a replica refuses the first already.
Fate fate_of(const Reply& refusal) {
  const bool is_in_script = refusal.text.find("@user_script:") != std::string::npos;
  return is_in_script && refusal.error_code() != "READONLY" ? Fate::kMaybeExecuted
                                                            : Fate::kNotExecuted;
}

}  // namespace

std::optional<Failure> refusal_of(const Reply& reply, std::string_view where, const Asker& asker) {
  const std::string advice = advice_of(reply, asker);
  if (advice.empty()) return std::nullopt;
  return Failure{
      std::string(where) + " takes no commands: " + advice + " (it said: " + reply.shown() + ")",
      fate_of(reply)};
}

}  // namespace postern::redis
