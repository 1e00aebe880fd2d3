#include "admin/metrics_page.h"

#include <memory>
#include <string>

#include "admin/metrics_text.h"

namespace postern::admin {

Response MetricsPage::answer() {
  return Response::deferred([this](const Deferred& deferred) { return begin(deferred); });
}

Work MetricsPage::begin(const Deferred& deferred) {
  if (!lane_) lane_.emplace(loop_);
  auto snapshot = std::make_shared<MetricsSnapshot>(take_());
  auto text = std::make_shared<std::string>();
  auto write = [snapshot, text]() mutable {
    *text = format_metrics(*snapshot, read_process_figures());
    snapshot.reset();  // here, not on the loop
  };
  auto answer = [text, deferred] {
    deferred.answer(Response::of(200, std::string(kMetricsType), std::move(*text)));
  };
  snapshot.reset();
  return std::make_shared<event::Job>(lane_->post(std::move(write), std::move(answer)));
}

}  // namespace postern::admin
