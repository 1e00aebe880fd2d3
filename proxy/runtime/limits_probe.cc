#include "runtime/limits_probe.h"

#include <array>
#include <optional>
#include <string_view>

#include "base/printable.h"
#include "grants/digest.h"
#include "limits/share_script.h"
#include "redis/client.h"
#include "redis/command.h"
#include "runtime/store.h"
#include "wire/redis_blocking.h"

namespace postern::runtime {
namespace {

constexpr size_t kLongestVersion = 40;
constexpr std::string_view kUnknownScript = "0000000000000000000000000000000000000000";

// Why no command is carried out; nothing: it is about this command.
std::optional<std::string> obstacle_of(const redis::Answer& answer, const std::string& place) {
  if (!answer) return answer.error().what;
  redis::Asker asker;
  asker.script = limits::probe_script();
  const auto refusal = redis::refusal_of(*answer, place, asker);
  if (!refusal) return std::nullopt;
  return refusal->what;
}

}  // namespace

Result<std::string> probe_limits(redis::Server& server, const std::string& prefix,
                                 const std::string& place) {
  const std::string tag = "{" + grants::base64url(grants::random_bytes(12)) + "}";
  const std::string share = prefix + ":" + tag + ":share:";
  const std::string parts = prefix + ":" + tag + ":parts:";
  const std::array<std::string_view, 2> keys{share, parts};
  const redis::Answer by_digest = server.call(redis::Command::evalsha(kUnknownScript, keys, {}));
  if (const auto obstacle = obstacle_of(by_digest, place)) return fail(*obstacle);
  const redis::Answer answer = server.call(redis::Command::eval(limits::probe_script(), keys, {}));
  if (const auto obstacle = obstacle_of(answer, place)) return fail(*obstacle);
  const bool is_told = answer->is_array() && answer->elements.size() == 2 &&
                       answer->elements[0].is_text() && answer->elements[1].is_text();
  if (!is_told) return fail(place + " answered to a script of Postern's with " + answer->shown());
  const std::string version = text::printable(answer->elements[1].text, kLongestVersion);
  const std::string what = version.empty() ? "Redis" : "Redis " + version;
  if (answer->elements[0].text != "usable")
    return fail(place + " is older than Redis 6, which shared limits need");
  return what + " at " + place;
}

Result<std::string> probe_limits(const config::Options& options) {
  const redis::Options redis = config::redis_options(options.store);
  auto server = wire::RedisBlocking::make(redis);
  if (!server) return fail("store.redis: " + server.error().what);
  return probe_limits(**server, redis.prefix, place_of(redis));
}

}  // namespace postern::runtime
