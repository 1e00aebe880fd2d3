#include "cli/stored_explanation.h"

#include <array>
#include <map>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>

#include "base/log.h"
#include "event/loop.h"
#include "grants/registry.h"
#include "grants/static_store.h"
#include "grants/stored_grant.h"
#include "http/upstream.h"
#include "relay/relay.h"
#include "runtime/store.h"
#include "runtime/timers.h"

namespace postern::cli {
namespace {

// Stands for a Sentry that nothing is sent to.
class SilentUpstream final : public http::Upstream {
  http::CallId open(const http::OutgoingRequest& /*request*/,
                    http::UpstreamEvents& /*events*/) override {
    return {};
  }
  size_t write(http::CallId /*call*/, std::string_view /*bytes*/) override { return 0; }
  void finish(http::CallId /*call*/) override {}
  void credit(http::CallId /*call*/, size_t /*size*/) override {}
  void cancel(http::CallId /*call*/) override {}
  void warm() override {}
};

// A relay that is never asked to carry anything: it has no listener, and no loop turns.
class IdleRelay final {
 public:
  IdleRelay(const config::Options& options, const Clock& clock, Context& context)
      : options_(options),
        clock_(clock),
        context_(context),
        registry_(config::grant_options(options)),
        timers_(loop_),
        relay_(options.relay, registry_, clock, timers_, logger_, 0) {
    fill();
  }

  Result<relay::Explanation, relay::Problem> explain(const relay::Question& question) {
    return relay_.explain(question);
  }

 private:
  void fill() {
    Result<std::unique_ptr<grants::Store>> store = fail("there is no store " + options_.store.path);
    if (runtime::has_store(options_.store)) store = runtime::open_store(options_);
    for (const config::GrantSetup& setup : options_.grants) {
      grants::Grant& grant = *registry_.find(setup.grant.name);
      const config::SentryOptions& sentry = setup.sentry;
      SilentUpstream& upstream = upstreams_[{sentry.url, sentry.ca_file, sentry.egress_proxy}];
      relay_.add_route(grant, upstream, sentry.url, sentry.regions);
      if (setup.grant.kind == grants::Kind::kStatic) {
        grants::StaticStore fixed(setup.grant);
        adopt(grant, fixed.load(setup.grant.name));
      } else if (store) {
        adopt(grant, (*store)->load(setup.grant.name));
      } else {
        say(grant, store.error().what);
      }
    }
  }

  void adopt(grants::Grant& grant,
             const grants::StoreResult<std::optional<grants::StoredGrant>>& stored) {
    if (!stored) return say(grant, stored.error().what);
    if (!*stored) return say(grant, "nothing is stored");
    const bool is_foreign = (*stored)->sentry != grant.options().sentry_url &&
                            grant.options().kind != grants::Kind::kStatic;
    if (is_foreign) return say(grant, "what is stored is for " + (*stored)->sentry);
    grant.set_identity((*stored)->organization.id, (*stored)->user.id);
    grant.adopt(grants::make_token(**stored, clock_));
  }

  void say(const grants::Grant& grant, const std::string& why) {
    context_.err << "grant " << printable(grant.options().name)
                 << ": its scopes are not known: " << printable(why, 400) << '\n';
  }

  const config::Options& options_;
  const Clock& clock_;
  Context& context_;
  log::Logger logger_{log::Options{}};
  event::Loop loop_;
  grants::Registry registry_;
  std::map<std::array<std::string, 3>, SilentUpstream> upstreams_;  // as runtime/upstreams has them
  runtime::LoopTimers timers_;
  relay::Relay relay_;
};

// What only a running instance knows is taken back.
void forget_the_present(relay::Explanation& explanation) {
  explanation.live = false;
  relay::Prospect& now = explanation.now;
  now.grant_state.clear();
  const bool is_by_state = now.reason == relay::name(relay::Code::kGrantMissing) ||
                           now.reason == relay::name(relay::Code::kReauthorizationRequired);
  if (now.outcome == "refused" && !is_by_state) return;
  now.outcome = "not_known";
  now.reason.clear();
  now.refusal.reset();
}

}  // namespace

Result<relay::Explanation, relay::Problem> explain_stored(const config::Options& options,
                                                          const relay::Question& question,
                                                          const Clock& clock, Context& context) {
  auto explanation = IdleRelay(options, clock, context).explain(question);
  if (explanation) forget_the_present(*explanation);
  return explanation;
}

}  // namespace postern::cli
