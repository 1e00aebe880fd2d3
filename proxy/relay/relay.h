// Relay: answers the requests of a server by carrying them to Sentry with a grant's token.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/timer.h"
#include "grants/registry.h"
#include "http/service.h"
#include "http/upstream.h"
#include "policy/catalogue.h"
#include "policy/rules.h"
#include "policy/target.h"
#include "policy/unlisted_routes.h"
#include "relay/admission.h"
#include "relay/body_urls.h"
#include "relay/explanation.h"
#include "relay/ingest_slots.h"
#include "relay/limits_log.h"
#include "relay/observer.h"
#include "relay/options.h"
#include "relay/region.h"
#include "relay/request_id.h"
#include "relay/rewrite.h"
#include "relay/settings.h"

namespace postern::relay {

class Caching;

struct Counters {
  uint64_t requests = 0;   // heads seen, refused ones included
  uint64_t generated = 0;  // answered by Postern itself
  uint64_t retries = 0;    // sent again after a connection had died
  uint64_t replays = 0;    // sent again after Sentry had refused the token
  uint64_t limited = 0;    // sent again after a rate limit had turned it away
  uint64_t refused = 0;    // by the governor: no room in time, queue full, upstream resting
  uint64_t gone = 0;       // the client left before its answer was complete
  uint32_t active = 0;
};

// Where the requests of one grant go.
struct Route {
  Destination sentry;  // what sentry.url names
  UrlRewriter rewriter;
  Region region;  // uploads go there instead, once it is known
};

// What all exchanges share; must outlive them. Loop thread.
class Relay final : public http::Service {
 public:
  Relay(const Options& options, grants::Registry& registry, const Clock& clock, Timers& timers,
        log::Logger& logger, uint64_t id_seed);
  ~Relay() override;

  // Once for each grant, before the first request. `sentry_url` is an origin. With `reach` uploads
  // go straight to the organization's region, if that is one of `regions`.
  void add_route(const grants::Grant& grant, http::Upstream& upstream,
                 const std::string& sentry_url, const std::vector<std::string>& regions,
                 Region::Reach reach = {});

  // For requests that come from now on; those under way keep what they began with, but for their
  // limits' bounds. REQUIRES: the options have been checked. The endpoint table stays as it is.
  void set_options(const Options& options);

  std::unique_ptr<http::RequestHandler> handle(const http::RequestHead& head,
                                               const http::Caller& caller,
                                               http::Responder& responder) override;
  std::unique_ptr<http::RequestHandler> refuse(const http::ParseError& error,
                                               const http::Caller& caller,
                                               http::Responder& responder) override;

  // `observer` must outlive this, and all its requests.
  void add_observer(Observer& observer) { observers_.push_back(&observer); }

  // From the next request on observers are given the beginnings of both bodies, so many bytes of
  // each; 0, as without a call: none.
  void keep_bodies(size_t most) { kept_bodies_ = most; }

  // Requests that wait for a rate limit are answered now: the process ends.
  void refuse_waiting();

  // The one that holds requests back while limits are on, for sharing them. Before the first
  // request.
  Admission& admission_to_share();

  const Counters& counters() const { return counters_; }
  const Caching* caching() const { return settings_->caching.get(); }  // null: there is no cache
  const Admission* admission() const {
    return admission_.get();
  }  // null: nothing was held back yet

  // What would become of such a request now, if a caller that has none waiting sent it without a
  // word about urgency and patience. Starts and remembers nothing. Errors: what the request would
  // be refused with for its target, or because it means no grant; an unknown method.
  Result<Explanation, Problem> explain(const Question& question);
  // The buckets used most recently, at most `most`.
  std::vector<BucketView> buckets(size_t most) const;

 private:
  friend class Exchange;
  std::optional<PolicyView> policy_of(const policy::Call& call) const;
  Route* route_of_ingest(std::string_view ceiling);
  std::optional<Problem> refuse_call(const policy::Call& call, const grants::Grant& grant) const;
  Explanation explain_ingest(const Question& question, const policy::Target& target);
  Prospect prospect_of(const grants::Grant& grant, http::Method method, const policy::Match& match);
  http::Fields take_fields();  // empty, with the memory of an earlier request
  void give_fields(http::Fields fields);

  std::shared_ptr<const Settings> make_settings(const Options& options);
  limits::Options limits_of(const Options& options) const;
  void make_admission(const Options& options);

  grants::Registry& registry_;
  const Clock& clock_;
  Timers& timers_;
  log::Logger& logger_;
  const uint64_t seed_;
  LimitsLog limits_log_;
  std::unique_ptr<Admission> admission_;  // null: nothing was ever held back
  const policy::Catalogue catalogue_;
  const BodyUrlRoutes body_url_routes_;
  std::shared_ptr<const Settings> settings_;  // of the requests that come now
  policy::UnlistedRoutes unlisted_;
  RequestIds request_ids_;
  std::vector<Observer*> observers_;
  size_t kept_bodies_ = 0;  // bytes of each body that observers are given
  std::unordered_map<const grants::Grant*, Route> routes_;
  Counters counters_;
  http::Fields scratch_;  // fields of the answer being sent
  std::vector<http::Fields> spare_fields_;
  BlockPool blocks_;  // of request bodies kept for another attempt
  IngestSlots ingest_slots_;
  uint64_t whole_total_ = 0;  // bytes of answers that are read whole to be changed
  uint64_t kept_total_ = 0;   // memory of request bodies kept for another attempt, in bytes
};

}  // namespace postern::relay
