#include "runtime/fleet_limits.h"

#include <cstdint>
#include <utility>

#include "limits/share_script.h"

namespace postern::runtime {
namespace {

std::string fault_of(const redis::Reply& reply, const std::string& key) {
  if (reply.error_code() == "NOSCRIPT")
    return "Redis has lost Postern's script for the key " + key +
           ", which the next question brings";
  if (reply.is_error()) return "Redis does not work on the key " + key + ": " + reply.shown();
  return "what Redis answered for the key " + key + " is no answer of Postern's script";
}

}  // namespace

FleetLimits::FleetLimits(std::unique_ptr<redis::Client> client, std::string prefix,
                         limits::FleetListener& listener, const Clock& clock, log::Logger& logger)
    : prefix_(std::move(prefix)),
      listener_(listener),
      clock_(clock),
      health_(clock, logger),
      share_(limits::share_script()),
      parts_(limits::parts_script()),
      client_(std::move(client)) {}

// `read` makes an answer of fields, or none; `tell` is given what came of it.
template <class Read, class Tell>
void FleetLimits::run(wire::RedisScript& script, std::vector<std::string> keys,
                      std::vector<std::string> arguments, Read read, Tell tell) {
  auto on_answer = [this, key = keys.front(), asked = clock_.now(), read,
                    tell](const redis::Answer& answer) {
    if (!answer) {
      health_.on_failure(asked, answer.error().what);
      return tell({});
    }
    const auto texts = redis::texts_of(*answer);
    auto found = texts ? read(*texts) : std::nullopt;
    found ? health_.on_answer(asked) : health_.on_failure(asked, fault_of(*answer, key));
    tell(found);
  };
  script.run(*client_, std::move(keys), std::move(arguments), std::move(on_answer));
}

void FleetLimits::ask(const limits::ShareAsk& ask) {
  std::vector<std::string> keys{named(limits::share_key_name(ask.key)),
                                named(limits::parts_key_name(ask.key))};
  const auto tell = [this, id = ask.id](const std::optional<limits::ShareAnswer>& answer) {
    if (answer) health_.on_replicas(answer->replicas);
    listener_.on_share_answer(id, answer);
  };
  run(share_, std::move(keys), limits::share_arguments(ask.question), limits::read_share_answer,
      tell);
}

void FleetLimits::ask(const limits::PartsAsk& ask) {
  const auto tell = [this, id = ask.id](const std::optional<limits::PartsAnswer>& answer) {
    listener_.on_parts_answer(id, answer);
  };
  run(parts_, {named(limits::parts_key_name(ask.key))}, limits::parts_arguments(ask.question),
      limits::read_parts_answer, tell);
}

}  // namespace postern::runtime
