#include "runtime/keepers.h"

#include <algorithm>
#include <utility>

#include "config/text_file.h"
#include "grants/remedy.h"
#include "grants/seed.h"
#include "grants/static_store.h"
#include "grants/upstream_source.h"
#include "runtime/store.h"

namespace postern::runtime {

Keepers::Keepers(event::Loop& loop, const config::Options& options, grants::Registry& registry,
                 Upstreams& upstreams, const Clock& clock, Timers& timers, log::Logger& logger)
    : loop_(loop),
      options_(options),
      registry_(registry),
      upstreams_(upstreams),
      clock_(clock),
      timers_(timers),
      logger_(logger),
      random_(std::random_device()()) {}

Result<void> Keepers::start() {
  auto store = open_store(options_, &logger_);
  if (!store) return tl::unexpected(store.error());
  store_ = std::move(*store);
  background_ = std::make_unique<LaneBackground>(loop_);
  for (const config::GrantSetup& setup : options_.grants) {
    if (auto added = add(setup); !added) return added;
  }
  const bool any_changes =
      std::any_of(options_.grants.begin(), options_.grants.end(),
                  [](const auto& setup) { return setup.grant.kind != grants::Kind::kStatic; });
  if (any_changes) {
    watch_.emplace(*background_, timers_, clock_, *store_, logger_);
    watch_->look_now();
  }
  for (const auto& keeper : keepers_) {
    keeper->load_now();
    keeper->start();
  }
  auto news = StoreNews::make(loop_, options_, keepers_, logger_);
  if (!news) return tl::unexpected(news.error());
  news_ = std::move(*news);
  return {};
}

Result<void> Keepers::add(const config::GrantSetup& setup) {
  grants::Grant& grant = *registry_.find(setup.grant.name);
  grants::Store* store = store_.get();
  grants::TokenSource* source = nullptr;
  if (setup.grant.kind == grants::Kind::kStatic) {
    static_stores_.push_back(std::make_unique<grants::StaticStore>(setup.grant));
    store = static_stores_.back().get();
  } else {
    if (!setup.grant.seed_file.empty()) plant(setup);
    auto upstream = upstreams_.get_for_tokens(config::upstream_for(options_, setup));
    if (!upstream) return tl::unexpected(upstream.error());
    sources_.push_back(grants::make_token_source(setup.grant, **upstream,
                                                 setup.sentry.url.substr(8), timers_, clock_,
                                                 options_.refresh.timeout));
    source = sources_.back().get();
  }
  auto random = [this] { return std::uniform_real_distribution<double>()(random_); };
  grants::KeeperTools tools{
      clock_,       timers_,
      *background_, *store,
      source,       logger_,
      random,       options_.store.when_unreachable == config::WhenUnreachable::kRefreshAlone};
  keepers_.push_back(std::make_unique<grants::Keeper>(grant, options_.refresh, std::move(tools)));
  return {};
}

// A seed of no use leaves the grant as it is: the store may have all that is needed.
void Keepers::plant(const config::GrantSetup& setup) {
  auto text = config::read_text_file(setup.grant.seed_file);
  auto done = text ? grants::seed(*store_, setup.grant, *text, clock_.wall())
                   : Result<std::string>(tl::unexpected(text.error()));
  if (text) wipe_memory(text->data(), text->size());
  auto line = done ? logger_.info("seed") : logger_.warn("seed_unusable");
  line.str("grant", setup.grant.name)
      .str("file", setup.grant.seed_file)
      .str("detail", done ? *done : done.error().what);
}

void Keepers::stop_renewing() {
  for (const auto& keeper : keepers_) keeper->stop_renewing();
}

bool Keepers::report_unsaved() {
  bool found = false;
  for (const auto& keeper : keepers_) {
    if (!keeper->unsaved()) continue;
    found = true;
    const grants::GrantOptions& grant = keeper->grant().options();
    logger_.error("grant_lost")
        .str("grant", grant.name)
        .str("detail",
             "its newest pair of tokens could not be stored and ends with this process; " +
                 grants::remedy(grant));
  }
  return found;
}

std::string Keepers::summary() const {
  std::string without;
  for (const auto& keeper : keepers_) {
    const grants::KeeperStatus status = keeper->status();
    if (status.usable) continue;
    without += (without.empty() ? "" : ", ") + keeper->grant().options().name + " (" +
               std::string(to_string(status.state)) + ")";
  }
  if (!without.empty()) return "no usable token: " + without;
  return std::to_string(keepers_.size()) + (keepers_.size() == 1 ? " grant" : " grants") +
         " usable";
}

bool Keepers::is_busy() const {
  return std::any_of(keepers_.begin(), keepers_.end(),
                     [](const auto& keeper) { return keeper->busy(); });
}

}  // namespace postern::runtime
