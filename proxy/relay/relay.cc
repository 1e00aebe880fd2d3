#include "relay/relay.h"

#include <cassert>
#include <utility>

#include "relay/caching.h"
#include "relay/exchange.h"

namespace postern::relay {
namespace {

constexpr size_t kUsualFields = 24;
constexpr size_t kSpareFields = 64;

std::unique_ptr<Admission> make_admission(const Options& options, const Clock& clock,
                                          Timers& timers, uint64_t seed) {
  if (!options.limited) return nullptr;
  limits::Options limits = options.limits;
  limits.seed = seed;
  return std::make_unique<Admission>(limits, clock, timers);
}

// Whoever made the options has checked them. Rules that cannot be read let nothing through.
policy::Rules make_rules(const policy::Options& options, const policy::Catalogue& catalogue) {
  auto rules = policy::Rules::compile(options, catalogue);
  assert(rules.has_value());
  return rules ? std::move(*rules) : policy::Rules::none_allowed(catalogue);
}

std::unique_ptr<Caching> make_caching(const Options& options, const policy::Catalogue& catalogue,
                                      const Clock& clock, Timers& timers) {
  if (!options.cache.enabled) return nullptr;
  return std::make_unique<Caching>(options.cache, catalogue, clock, timers);
}

}  // namespace

Relay::Relay(const Options& options, grants::Registry& registry, const Clock& clock, Timers& timers,
             log::Logger& logger, uint64_t id_seed)
    : options_(options),
      guard_(options.guard),
      registry_(registry),
      clock_(clock),
      timers_(timers),
      logger_(logger),
      admission_(make_admission(options, clock, timers, id_seed)),
      catalogue_(policy::Catalogue::of(options.policy)),
      body_url_routes_(catalogue_),
      pin_(options.policy),
      rules_(make_rules(options.policy, catalogue_)),
      caching_(make_caching(options, catalogue_, clock, timers)),
      request_ids_(id_seed),
      timeouts_(options.route_timeouts),
      ingest_slots_(options.ingest_connections) {}

Relay::~Relay() = default;

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
  if (caching_ != nullptr) caching_->part_all();  // who follows may have to wait on its own
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
