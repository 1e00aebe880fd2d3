// StoreNews: hears when another instance has written to the store that they share.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/log.h"
#include "base/result.h"
#include "config/options.h"
#include "event/loop.h"
#include "grants/keeper.h"
#include "wire/kubernetes_watch.h"
#include "wire/redis_subscription.h"
#include "wire/resolver.h"

namespace postern::runtime {

// Has the keeper of a changed grant look at once. While nothing is heard, keepers find out by
// looking now and then. Loop thread; all arguments must outlive it.
class StoreNews final : private wire::RedisSubscriptionEvents, private wire::KubernetesWatchEvents {
 public:
  using Keepers = std::vector<std::unique_ptr<grants::Keeper>>;

  // Null for a store that tells nothing.
  static Result<std::unique_ptr<StoreNews>> make(event::Loop& loop, const config::Options& options,
                                                 const Keepers& keepers, log::Logger& logger);

 private:
  StoreNews(event::Loop& loop, const config::Options& options, const Keepers& keepers,
            log::Logger& logger);
  Result<void> subscribe(const config::Options& options);
  Result<void> watch(const config::Options& options);
  std::vector<std::string> channels() const;
  void look_at_all();
  void note_heard();
  void note_unheard(const std::string& why);
  void on_message(std::string_view channel, std::string_view payload) override;
  void on_subscribed() override;
  void on_unheard(const std::string& why) override { note_unheard(why); }
  void on_secret_changed() override { look_at_all(); }
  void on_watch_heard() override { note_heard(); }
  void on_watch_unheard(const std::string& why) override { note_unheard(why); }

  event::Loop& loop_;
  const std::string prefix_;
  const Keepers& keepers_;
  log::Logger& logger_;
  bool is_unheard_ = false;  // and that has been said:
  std::string told_;         // why
  Instant told_at_{};
  wire::Resolver resolver_;
  std::unique_ptr<wire::RedisSubscription> subscription_;
  std::unique_ptr<wire::KubernetesWatch> watch_;
};

}  // namespace postern::runtime
