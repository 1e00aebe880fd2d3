#include "runtime/ending.h"

#include <chrono>
#include <cstdint>
#include <string>

namespace postern::runtime {
namespace {

constexpr Duration kLookAgain = std::chrono::milliseconds(20);

}  // namespace

Ending::Ending(const Parts& parts, const config::DrainOptions& options)
    : parts_(parts),
      options_(options),
      delay_(parts.loop, [this] { drain("after drain.delay"); }),
      timeout_(parts.loop, [this] { end("drain_timeout"); }),
      next_look_(parts.loop, [this] { on_drained(); }) {}

void Ending::on_signal(int signal) {
  if (++signals_ > 1) return hurry();
  parts_.logger.info("signal").num("signal", signal);
  if (is_draining_) return;  // asked for: a preStop hook comes before the signal
  if (options_.delay == Duration::zero()) return drain("signal");
  parts_.service_manager.stopping("ending after drain.delay");
  parts_.logger.info("drain_delayed").ms("delay_ms", options_.delay);
  delay_.set_after(options_.delay);
}

void Ending::begin_now() {
  if (!is_draining_) drain("asked for");
}

void Ending::drain(std::string_view why) {
  is_draining_ = true;
  delay_.clear();
  const uint32_t active = parts_.relay.counters().active;
  parts_.service_manager.stopping("ending; requests under way: " + std::to_string(active));
  parts_.logger.info("draining")
      .str("reason", why)
      .num("active", active)
      .ms("timeout_ms", options_.timeout);
  parts_.keepers.stop_renewing();
  timeout_.set_after(options_.timeout);
  parts_.server.drain([this] { on_drained(); });
}

// Signals come in pairs easily (a supervisor passes on what the terminal has sent to all), and a
// refresh that is broken off may cost the grant: requests are given up at the second, that at the
// third.
void Ending::hurry() {
  exit_code_ = 1;
  if (signals_ > 2 || !is_storing()) return end("second_signal");
  parts_.logger.warn("waiting_for_refresh")
      .str("detail", "one more signal ends without its answer");
  on_drained();
}

// A refresh under way has used up the old pair already: its answer is waited for and stored, as is
// that of a login.
bool Ending::is_storing() const {
  return parts_.keepers.is_busy() || parts_.connector.is_busy();
}

void Ending::on_drained() {
  if (!is_storing()) return end(exit_code_ == 0 ? "drained" : "second_signal");
  next_look_.set_after(kLookAgain);
}

void Ending::end(std::string_view why) {
  parts_.relay.refuse_waiting();
  if (parts_.keepers.report_unsaved()) exit_code_ = 1;
  parts_.logger.info("ending").str("reason", why).num("active", parts_.relay.counters().active);
  parts_.loop.stop();
}

}  // namespace postern::runtime
