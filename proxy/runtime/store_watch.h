// StoreWatch: keeps the grants in memory equal to what the store holds.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/log.h"
#include "base/result.h"
#include "event/deadline.h"
#include "event/lane.h"
#include "grants/registry.h"
#include "grants/store.h"

namespace postern::runtime {

// Another process writes the store: `postern login`, or a second instance. Reads it once a second
// on a helper thread and adopts what is newer. Loop thread; all arguments must outlive it.
class StoreWatch final {
 public:
  StoreWatch(event::Loop& loop, grants::Store& store, grants::Registry& registry,
             log::Logger& logger);

  void load_now();  // blocks; for the start
  void start();

 private:
  using Loaded = std::vector<Result<std::optional<grants::StoredGrant>>>;
  Loaded load_all();
  void adopt(const Loaded& loaded);
  void adopt(grants::Grant& grant, const Result<std::optional<grants::StoredGrant>>& loaded);
  void say(const grants::Grant& grant, log::Level level, std::string_view event,
           const std::string& text);
  void poll();

  grants::Store& store_;
  grants::Registry& registry_;
  log::Logger& logger_;
  std::map<const grants::Grant*, std::string> said_;  // last word about a grant, to say it once
  event::Deadline next_;
  event::Job job_;
  event::Lane lane_;
};

}  // namespace postern::runtime
