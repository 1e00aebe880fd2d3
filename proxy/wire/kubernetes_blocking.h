// KubernetesBlocking: the API server for threads that may wait.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/log.h"
#include "base/result.h"
#include "event/loop.h"
#include "http/collector.h"
#include "kubernetes/options.h"
#include "kubernetes/server.h"
#include "wire/h1_pool.h"
#include "wire/resolver.h"

namespace postern::wire {

// A pool driven by a loop of its own, which turns while somebody waits. The token is read for each
// call, and once more when it is not accepted; the authorities are read anew after TLS has failed.
// After a failure calls fail at once for a moment, or for as long as the server asked for, so that
// nothing queues behind timeouts. May be made by one thread and used by another, one at a time.
class KubernetesBlocking final : public kubernetes::Server {
 public:
  // Connects to nothing yet. The error says which setting or file cannot be used and why.
  static Result<std::unique_ptr<KubernetesBlocking>> make(const kubernetes::Options& options);

  kubernetes::Answer call(const kubernetes::Request& request) override;

 private:
  explicit KubernetesBlocking(const kubernetes::Options& options);
  Result<void> make_pool();
  kubernetes::Answer ask(const kubernetes::Request& request);
  http::Collected exchange(const kubernetes::Request& request, const Secret& authorization);
  kubernetes::Answer judge(http::Collected collected);
  kubernetes::Answer rest(Duration pause, std::string why);

  const kubernetes::Options options_;
  SystemClock clock_;
  log::Logger silent_;
  event::Loop loop_;
  Resolver resolver_;
  std::unique_ptr<H1Pool> pool_;  // null: to be made anew
  Instant rest_until_{};
  std::string rest_why_;
};

}  // namespace postern::wire
