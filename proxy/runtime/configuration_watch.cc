#include "runtime/configuration_watch.h"

#include <chrono>
#include <optional>
#include <utility>

namespace postern::runtime {
namespace {

constexpr Duration kBetweenLooks = std::chrono::seconds(1);

}  // namespace

ConfigurationWatch::ConfigurationWatch(ConfigurationSource source, Background& background,
                                       Timers& timers, const Clock& clock,
                                       ConfigurationHolder& holder)
    : source_(std::move(source)),
      background_(background),
      clock_(clock),
      holder_(holder),
      timer_(timers.make([this] { look(); })),
      in_force_(source_.mark),
      latest_(source_.mark) {}

void ConfigurationWatch::start() {
  if (source_.read) timer_->set(clock_.now() + kBetweenLooks);
}

void ConfigurationWatch::reload() {
  if (is_stopped_) return;
  if (!source_.read) return holder_.on_refused({"what came from standard input is read once"});
  read_again_ = is_reading_;
  if (!is_reading_) load();
}

void ConfigurationWatch::stop() {
  is_stopped_ = true;
  timer_->clear();
}

void ConfigurationWatch::look() {
  auto mark = std::make_shared<std::string>();
  background_.post([mark, look = source_.look] { *mark = look(); },
                   [this, mark] { on_looked(*mark); });
}

void ConfigurationWatch::on_looked(const std::string& mark) {
  if (is_stopped_) return;
  const bool has_rested = mark == std::exchange(latest_, mark);
  if (mark != in_force_ && has_rested && !is_reading_) load();
  timer_->set(clock_.now() + kBetweenLooks);
}

void ConfigurationWatch::load() {
  struct Result {
    std::string mark;
    std::optional<Reading> reading;
  };
  is_reading_ = true;
  holder_.on_loading();
  auto result = std::make_shared<Result>();
  background_.post(
      [result, look = source_.look, read = source_.read] {
        result->mark = look();  // before: what changes while it is read is seen at the next look
        result->reading.emplace(read());
      },
      [this, result] { on_read(result->mark, *result->reading); });
}

void ConfigurationWatch::on_read(const std::string& mark, const Reading& reading) {
  is_reading_ = false;
  if (is_stopped_) return;
  in_force_ = mark;
  reading ? holder_.on_loaded(*reading) : holder_.on_refused(reading.error());
  if (std::exchange(read_again_, false)) load();
}

}  // namespace postern::runtime
