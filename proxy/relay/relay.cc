#include "relay/relay.h"

#include <utility>

#include "relay/caching.h"
#include "relay/exchange.h"

namespace postern::relay {
namespace {

constexpr size_t kUsualFields = 24;
constexpr size_t kSpareFields = 64;

}  // namespace

Relay::Relay(const Options& options, grants::Registry& registry, const Clock& clock, Timers& timers,
             log::Logger& logger, uint64_t id_seed)
    : registry_(registry),
      clock_(clock),
      timers_(timers),
      logger_(logger),
      seed_(id_seed),
      limits_log_(logger),
      catalogue_(policy::Catalogue::of(options.policy)),
      body_url_routes_(catalogue_),
      request_ids_(id_seed) {
  settings_ = make_settings(options);
}

Relay::~Relay() = default;

// The governor stays whatever happens: what answers have taught it does not depend on settings. So
// does a cache, but not over a time without one, when it would have missed what was written.
std::shared_ptr<const Settings> Relay::make_settings(const Options& options) {
  auto settings = std::make_shared<Settings>(options, catalogue_);
  if (admission_ != nullptr) admission_->set_options(limits_of(options));
  if (admission_ == nullptr && options.limited) make_admission(options);
  if (options.limited) settings->admission = admission_.get();
  if (settings_ != nullptr && options.cache.enabled) settings->caching = settings_->caching;
  if (settings->caching != nullptr) {
    settings->caching->set_options(options.cache);
  } else if (options.cache.enabled) {
    settings->caching = std::make_shared<Caching>(options.cache, catalogue_, clock_, timers_);
  }
  return settings;
}

limits::Options Relay::limits_of(const Options& options) const {
  limits::Options limits = options.limits;
  limits.seed = seed_;
  return limits;
}

void Relay::make_admission(const Options& options) {
  admission_ = std::make_unique<Admission>(limits_of(options), clock_, timers_);
  admission_->watch(limits_log_);
}

// Limits that are off now may be on after a reload.
Admission& Relay::admission_to_share() {
  if (admission_ == nullptr) make_admission(settings_->options);
  return *admission_;
}

void Relay::set_options(const Options& options) {
  const std::shared_ptr<const Settings> before = settings_;
  settings_ = make_settings(options);
  // Whoever follows a call in a cache that is given up goes on alone.
  if (before->caching != nullptr && before->caching != settings_->caching)
    before->caching->part_all();
}

void Relay::add_route(const grants::Grant& grant, http::Upstream& upstream,
                      const std::string& sentry_url, const std::vector<std::string>& regions,
                      Region::Reach reach) {
  routes_.emplace(&grant, Route{{&upstream, origin_of(sentry_url).authority()},
                                UrlRewriter(sentry_url, regions, grant.options().organization),
                                Region(sentry_url, regions, std::move(reach))});
}

// The listener's grant's Sentry, or the only one there is; null: there are several.
Route* Relay::route_of_ingest(std::string_view ceiling) {
  if (!ceiling.empty()) return &routes_.at(registry_.find(ceiling));
  Route* first = nullptr;
  for (auto& [grant, route] : routes_) {
    if (first != nullptr && route.sentry.upstream != first->sentry.upstream) return nullptr;
    first = &route;
  }
  return first;
}

void Relay::refuse_waiting() {
  if (admission_ == nullptr) return;
  if (settings_->caching != nullptr)
    settings_->caching->part_all();  // who follows may have to wait on its own
  admission_->refuse_all();
}

http::Fields Relay::take_fields() {
  http::Fields fields;
  if (spare_fields_.empty()) {
    fields.reserve(kUsualFields);
  } else {
    fields = std::move(spare_fields_.back());
    spare_fields_.pop_back();
  }
  return fields;
}

void Relay::give_fields(http::Fields fields) {
  fields.clear();
  if (fields.capacity() > 0 && spare_fields_.size() < kSpareFields)
    spare_fields_.push_back(std::move(fields));
}

std::unique_ptr<http::RequestHandler> Relay::handle(const http::RequestHead& head,
                                                    const http::Caller& caller,
                                                    http::Responder& responder) {
  auto exchange = std::make_unique<Exchange>(*this, head, caller, responder);
  exchange->begin();
  return exchange;
}

std::unique_ptr<http::RequestHandler> Relay::refuse(const http::ParseError& error,
                                                    const http::Caller& caller,
                                                    http::Responder& responder) {
  static const http::RequestHead nothing;
  auto exchange = std::make_unique<Exchange>(*this, nothing, caller, responder);
  exchange->refuse(from_parse_error(error));
  return exchange;
}

}  // namespace postern::relay
