// LimitsLog: puts into the log what becomes of limits and hosts, with what to do about it.
#pragma once

#include "base/log.h"
#include "limits/watcher.h"

namespace postern::relay {

// Loop thread; the logger must outlive it.
class LimitsLog final : public limits::Watcher {
 public:
  explicit LimitsLog(log::Logger& logger) : logger_(logger) {}

  void on_full(const limits::LimitNews& news) override;
  void on_room(const limits::LimitNews& news) override;
  void on_resting(std::string_view host, Duration rest) override;
  void on_back(std::string_view host, Duration lasted) override;

 private:
  log::Logger& logger_;
};

}  // namespace postern::relay
