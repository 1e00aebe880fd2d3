#include "runtime/store_watch.h"

#include <utility>

namespace postern::runtime {
namespace {

constexpr Duration kPeriod = std::chrono::seconds(1);

}  // namespace

StoreWatch::StoreWatch(event::Loop& loop, grants::Store& store, grants::Registry& registry,
                       log::Logger& logger)
    : store_(store),
      registry_(registry),
      logger_(logger),
      next_(loop, [this] { poll(); }),
      lane_(loop) {}

void StoreWatch::load_now() {
  adopt(load_all());
}

void StoreWatch::start() {
  next_.set_after(kPeriod);
}

StoreWatch::Loaded StoreWatch::load_all() {
  Loaded loaded;
  for (const auto& grant : registry_.all()) loaded.push_back(store_.load(grant->options().name));
  return loaded;
}

void StoreWatch::poll() {
  auto loaded = std::make_shared<Loaded>();
  // The registry's list is fixed after start, so its names may be read on the other thread.
  job_ = lane_.post([this, loaded] { *loaded = load_all(); },
                    [this, loaded] {
                      adopt(*loaded);
                      next_.set_after(kPeriod);
                    });
}

void StoreWatch::adopt(const Loaded& loaded) {
  for (size_t i = 0; i < loaded.size(); ++i) adopt(*registry_.all()[i], loaded[i]);
}

void StoreWatch::adopt(grants::Grant& grant,
                       const Result<std::optional<grants::StoredGrant>>& loaded) {
  // What cannot be read leaves the token in memory as it is: a grant is never lost to a bad disk.
  if (!loaded) return say(grant, log::Level::kError, "store_unreadable", loaded.error().what);
  if (!*loaded) {
    grant.adopt(nullptr);
    return say(grant, log::Level::kWarn, "grant_missing",
               "no token in " + store_.where(grant.options().name) +
                   "; run: postern login --import FILE --grant " + grant.options().name);
  }
  const grants::StoredGrant& stored = **loaded;
  if (stored.sentry != grant.options().sentry_url) {
    grant.adopt(nullptr);
    return say(
        grant, log::Level::kError, "grant_foreign",
        "the stored token is for " + stored.sentry + ", not for " + grant.options().sentry_url);
  }
  // The generation alone would miss a backup that was put back.
  bool same = grant.token() && grant.token()->generation == stored.generation &&
              grant.token()->access == stored.access_token;
  if (!same) grant.adopt(grants::make_token(stored, SystemClock()));
  say(grant, log::Level::kInfo, "grant_ready", "generation " + std::to_string(stored.generation));
}

void StoreWatch::say(const grants::Grant& grant, log::Level level, std::string_view event,
                     const std::string& text) {
  std::string& before = said_[&grant];
  if (before == text) return;
  before = text;
  logger_.line(level, event).str("grant", grant.options().name).str("detail", text);
}

}  // namespace postern::runtime
