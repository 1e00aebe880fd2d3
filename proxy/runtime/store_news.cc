#include "runtime/store_news.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "grants/redis_store.h"
#include "runtime/store.h"

namespace postern::runtime {
namespace {

constexpr Duration kBetweenReasons = std::chrono::seconds(10);

bool is_shared(const grants::Keeper& keeper) {
  return keeper.grant().options().kind != grants::Kind::kStatic;
}

}  // namespace

StoreNews::StoreNews(event::Loop& loop, const config::Options& options, const Keepers& keepers,
                     log::Logger& logger)
    : loop_(loop),
      prefix_(options.store.redis.prefix),
      keepers_(keepers),
      logger_(logger),
      resolver_(loop) {}

Result<std::unique_ptr<StoreNews>> StoreNews::make(event::Loop& loop,
                                                   const config::Options& options,
                                                   const Keepers& keepers, log::Logger& logger) {
  const config::StoreKind kind = options.store.kind;
  const bool is_any_shared =
      std::any_of(keepers.begin(), keepers.end(), [](const auto& one) { return is_shared(*one); });
  if (kind == config::StoreKind::kFile || !is_any_shared) return std::unique_ptr<StoreNews>();
  std::unique_ptr<StoreNews> news(new StoreNews(loop, options, keepers, logger));
  auto begun = kind == config::StoreKind::kRedis ? news->subscribe(options) : news->watch(options);
  if (!begun) return tl::unexpected(begun.error());
  return news;
}

Result<void> StoreNews::subscribe(const config::Options& options) {
  auto subscription =
      wire::RedisSubscription::make(loop_, resolver_, config::redis_options(options.store),
                                    channels(), static_cast<wire::RedisSubscriptionEvents&>(*this));
  if (!subscription) return fail("store.redis: " + subscription.error().what);
  subscription_ = std::move(*subscription);
  return {};
}

Result<void> StoreNews::watch(const config::Options& options) {
  auto cluster = cluster_of(options.store);
  if (!cluster) return tl::unexpected(cluster.error());
  auto watch = wire::KubernetesWatch::make(loop_, resolver_, *cluster,
                                           static_cast<wire::KubernetesWatchEvents&>(*this));
  if (!watch) return fail("store.kubernetes: " + watch.error().what);
  watch_ = std::move(*watch);
  return {};
}

std::vector<std::string> StoreNews::channels() const {
  std::vector<std::string> names;
  for (const auto& keeper : keepers_)
    if (is_shared(*keeper))
      names.push_back(grants::redis_channel(prefix_, keeper->grant().options().name));
  return names;
}

void StoreNews::on_message(std::string_view channel, std::string_view /*payload*/) {
  for (const auto& keeper : keepers_) {
    const bool is_meant = is_shared(*keeper) &&
                          grants::redis_channel(prefix_, keeper->grant().options().name) == channel;
    if (is_meant) keeper->look();
  }
}

// What was published before may have been missed.
void StoreNews::on_subscribed() {
  note_heard();
  look_at_all();
}

void StoreNews::look_at_all() {
  for (const auto& keeper : keepers_)
    if (is_shared(*keeper)) keeper->look();
}

void StoreNews::note_heard() {
  if (is_unheard_) logger_.info("store_heard");
  is_unheard_ = false;
}

// Another reason is news: who is back may have forbidden it.
void StoreNews::note_unheard(const std::string& why) {
  const Instant now = loop_.now();
  const bool is_told = is_unheard_ && (why == told_ || now - told_at_ < kBetweenReasons);
  if (is_told) return;
  is_unheard_ = true;
  told_ = why;
  told_at_ = now;
  logger_.warn("store_unheard").str("reason", why);
}

}  // namespace postern::runtime
