#include "engine.h"

#include <algorithm>
#include <memory>
#include <utility>

namespace postern::bench {
namespace {

constexpr double kTimeout = 0.25;  // after which the client of a real one gives up

std::string family_of(const limits::ShareKey& key) {
  return key.user + '\n' + key.host + '\n' + key.group;
}

// Whatever comes first is handed on, and nothing after it.
template <typename Answer>
std::function<void(const std::optional<Answer>&)> make_once(
    std::function<void(const std::optional<Answer>&)> done) {
  auto is_done = std::make_shared<bool>(false);
  return [is_done, done = std::move(done)](const std::optional<Answer>& given) {
    if (!std::exchange(*is_done, true)) done(given);
  };
}

}  // namespace

void Engine::carry(const std::function<std::function<void()>()>& there) {
  ++commands_;
  std::uniform_real_distribution<double> way(0.0001, 0.001);
  const double arrives = events_.now() + way(random_);
  const double back = way(random_);
  const bool stands_still = arrives >= fleet_.pause_from && arrives < fleet_.pause_to;
  events_.at(stands_still ? fleet_.pause_to : arrives,
             [this, there, back] { events_.in(back, there()); });
}

void Engine::ask(const limits::ShareAsk& ask, Done done) {
  const auto once = make_once<limits::ShareAnswer>(std::move(done));
  events_.in(kTimeout, [once] { once(std::nullopt); });
  carry([this, ask, once] { return [once, given = answer(ask)] { once(given); }; });
}

void Engine::ask(const limits::PartsAsk& ask,
                 std::function<void(const std::optional<limits::PartsAnswer>&)> done) {
  const auto once = make_once<limits::PartsAnswer>(std::move(done));
  events_.in(kTimeout, [once] { once(std::nullopt); });
  carry([this, ask, once] {
    return [once, given = parts_[family_of(ask.key)].answer(ask.question)] { once(given); };
  });
}

limits::ShareAnswer Engine::answer(const limits::ShareAsk& ask) {
  if (events_.now() >= fleet_.flush_at && !std::exchange(is_flushed_, true)) {
    tables_.clear();
    parts_.clear();
  }
  Kept& kept = tables_[family_of(ask.key) + '\n' + ask.key.bucket];
  const double now = events_.now();
  if (kept.until < now) kept = {limits::ShareTable(), now + 1};
  const double life = limits::ShareTable::life_of(ask.question);
  if (ask.question.reset != 0) kept.until = std::max(kept.until, now + life);
  limits::ShareAnswer given = kept.table.answer(ask.question);
  given.parts = parts_[family_of(ask.key)].version();
  return given;
}

}  // namespace postern::bench
