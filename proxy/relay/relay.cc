#include "relay/relay.h"

#include <utility>

#include "relay/caching.h"
#include "relay/exchange.h"

namespace postern::relay {
namespace {

constexpr size_t kUsualFields = 24;
constexpr size_t kSpareFields = 64;

// "https://sentry.io" → "sentry.io"; a port stays unless it is the scheme's own.
std::string authority_of(std::string_view origin) {
  std::string_view authority = origin.substr(origin.find("://") + 3);
  authority = authority.substr(0, authority.find('/'));
  if (authority.ends_with(":443")) authority.remove_suffix(4);
  return std::string(authority);
}

std::unique_ptr<Admission> make_admission(const Options& options, const Clock& clock,
                                          Timers& timers, uint64_t seed) {
  if (!options.limited) return nullptr;
  limits::Options limits = options.limits;
  limits.seed = seed;
  return std::make_unique<Admission>(limits, clock, timers);
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
      pin_(options.policy),
      caching_(make_caching(options, catalogue_, clock, timers)),
      request_ids_(id_seed) {}

Relay::~Relay() = default;

void Relay::add_route(const grants::Grant& grant, http::Upstream& upstream,
                      const std::string& sentry_url, std::vector<std::string> regions) {
  routes_.emplace(&grant,
                  Route{upstream, authority_of(sentry_url),
                        UrlRewriter(sentry_url, std::move(regions), grant.options().organization)});
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
