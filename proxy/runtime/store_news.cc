#include "runtime/store_news.h"

#include <utility>

#include "grants/redis_store.h"

namespace postern::runtime {
namespace {

bool is_shared(const grants::Keeper& keeper) {
  return keeper.grant().options().kind != grants::Kind::kStatic;
}

}  // namespace

StoreNews::StoreNews(event::Loop& loop, const config::Options& options, const Keepers& keepers,
                     log::Logger& logger)
    : prefix_(options.store.redis.prefix), keepers_(keepers), logger_(logger), resolver_(loop) {}

Result<std::unique_ptr<StoreNews>> StoreNews::make(event::Loop& loop,
                                                   const config::Options& options,
                                                   const Keepers& keepers, log::Logger& logger) {
  if (options.store.kind != config::StoreKind::kRedis) return std::unique_ptr<StoreNews>();
  std::unique_ptr<StoreNews> news(new StoreNews(loop, options, keepers, logger));
  std::vector<std::string> channels = news->channels();
  if (channels.empty()) return std::unique_ptr<StoreNews>();
  auto subscription = wire::RedisSubscription::make(
      loop, news->resolver_, config::redis_options(options.store), std::move(channels),
      static_cast<wire::RedisSubscriptionEvents&>(*news));
  if (!subscription) return fail("store.redis: " + subscription.error().what);
  news->subscription_ = std::move(*subscription);
  return news;
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
    if (is_meant) keeper->look([] {});
  }
}

void StoreNews::on_subscribed() {
  if (is_unheard_) logger_.info("store_heard");
  is_unheard_ = false;
  for (const auto& keeper : keepers_)
    if (is_shared(*keeper)) keeper->look([] {});
}

void StoreNews::on_unheard(const std::string& why) {
  if (is_unheard_) return;
  is_unheard_ = true;
  logger_.warn("store_unheard").str("reason", why);
}

}  // namespace postern::runtime
