#include "grants/store_watch.h"

#include <chrono>
#include <utility>

namespace postern::grants {
namespace {

constexpr Duration kPeriod = std::chrono::seconds(10);

}  // namespace

StoreWatch::StoreWatch(Background& background, Timers& timers, const Clock& clock, Store& store,
                       log::Logger& logger)
    : background_(background),
      clock_(clock),
      store_(store),
      logger_(logger),
      timer_(timers.make([this] { look(); })) {}

void StoreWatch::look_now() {
  note(store_.check_writable());
}

void StoreWatch::look() {
  auto outcome = std::make_shared<Result<void>>();
  background_.post([store = &store_, outcome] { *outcome = store->check_writable(); },
                   [this, outcome] { note(*outcome); });
}

void StoreWatch::note(const Result<void>& outcome) {
  timer_->set(clock_.now() + kPeriod);
  std::string fault = outcome ? std::string() : outcome.error().what;
  if (fault == fault_) return;
  fault_ = std::move(fault);
  if (fault_.empty()) {
    logger_.info("store_writable");
  } else {
    logger_.error("store_not_writable")
        .str("reason", fault_)
        .str("detail", "a token obtained now would be lost with this process");
  }
}

}  // namespace postern::grants
