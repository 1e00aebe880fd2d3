// A pretend Redis between the replicas: takes its time, keeps a ShareTable per counter, and may
// stand still, forget everything, or both.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <random>
#include <string>

#include "events.h"
#include "limits/governor.h"
#include "limits/parts.h"
#include "limits/share_table.h"
#include "scenario.h"

namespace postern::bench {

class Engine final {
 public:
  using Done = std::function<void(const std::optional<limits::ShareAnswer>&)>;

  Engine(const Fleet& fleet, Events& events, std::mt19937_64& random)
      : fleet_(fleet), events_(events), random_(random) {}

  // `done` gets the answer, or nothing when none came in time; exactly once, later.
  void ask(const limits::ShareAsk& ask, Done done);
  void ask(const limits::PartsAsk& ask,
           std::function<void(const std::optional<limits::PartsAnswer>&)> done);
  int64_t commands() const { return commands_; }

 private:
  struct Kept {
    limits::ShareTable table;
    double until = 0;
  };
  limits::ShareAnswer answer(const limits::ShareAsk& ask);
  // Runs `there` when the question arrives, and what that returns when its answer does.
  void carry(const std::function<std::function<void()>()>& there);

  const Fleet& fleet_;
  Events& events_;
  std::mt19937_64& random_;
  std::map<std::string, Kept> tables_;
  std::map<std::string, limits::PartsTable> parts_;
  int64_t commands_ = 0;
  bool is_flushed_ = false;
};

}  // namespace postern::bench
