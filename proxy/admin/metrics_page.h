// MetricsPage: GET /metrics, written on a helper thread.
#pragma once

#include <functional>
#include <optional>
#include <utility>

#include "admin/metrics_snapshot.h"
#include "admin/page.h"
#include "event/lane.h"
#include "event/loop.h"

namespace postern::admin {

// Loop thread; `loop` must outlive it. The thread is started by the first request.
class MetricsPage final {
 public:
  // `take` makes the snapshot, on the loop thread, at each request.
  MetricsPage(event::Loop& loop, std::function<MetricsSnapshot()> take)
      : loop_(loop), take_(std::move(take)) {}

  Response answer();

 private:
  Work begin(const Deferred& deferred);

  event::Loop& loop_;
  std::function<MetricsSnapshot()> take_;
  std::optional<event::Lane> lane_;
};

}  // namespace postern::admin
