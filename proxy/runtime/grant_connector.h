// GrantConnector: connects grants and tries them, for the status page.
#pragma once

#include <functional>
#include <list>
#include <memory>
#include <string>
#include <vector>

#include "admin/connector.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/timer.h"
#include "config/options.h"
#include "config/runtime_file.h"
#include "event/loop.h"
#include "http/service.h"
#include "runtime/adapters.h"
#include "runtime/inner_call.h"
#include "runtime/keepers.h"

namespace postern::runtime {

// What it works with; all must outlive it.
struct ConnectorTools {
  event::Loop& loop;
  const config::Options& options;
  const Keepers& keepers;
  http::Service& relay;
  Timers& timers;
  const Clock& clock;
  log::Logger& logger;
  const config::RuntimeInfo& runtime;  // the addresses as bound, once they are
};

// Loop thread. What blocks runs one after the other in a lane of its own, so that a slow Sentry
// delays neither the store nor a request. Destroying it waits for what is under way there.
class GrantConnector final : public admin::Connector {
 public:
  explicit GrantConnector(ConnectorTools tools);

  std::vector<const grants::GrantOptions*> grants() const override;
  std::string api_url() const override;
  void connect(admin::ConnectOrder order,
               std::function<void(Result<admin::Connected, grants::NotKept>)> done) override;
  void test(const std::string& grant, std::function<void(admin::Trial)> done) override;

  // A code is being exchanged: ending now could lose what it brings.
  bool is_busy() const { return connecting_ > 0; }

 private:
  using Stored = Result<grants::StoredGrant, grants::NotKept>;
  void adopt(const Stored& outcome, const std::string& grant,
             std::function<void(Result<admin::Connected, grants::NotKept>)> done);

  ConnectorTools tools_;
  int connecting_ = 0;
  std::list<std::unique_ptr<InnerCall>> calls_;
  std::unique_ptr<InnerCall> spent_;      // the last one that is over, and may be on the stack
  std::unique_ptr<LaneBackground> lane_;  // from the first order on
};

}  // namespace postern::runtime
