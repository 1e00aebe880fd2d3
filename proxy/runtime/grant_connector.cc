#include "runtime/grant_connector.h"

#include <cstdint>
#include <optional>
#include <thread>
#include <utility>

#include "base/printable.h"
#include "grants/documents.h"
#include "grants/keeping.h"
#include "grants/login.h"
#include "grants/organization.h"
#include "grants/remedy.h"
#include "runtime/calls.h"
#include "runtime/store.h"

namespace postern::runtime {
namespace {

const config::GrantSetup* find_setup(const config::Options& options, const std::string& grant) {
  for (const config::GrantSetup& setup : options.grants)
    if (setup.grant.name == grant) return &setup;
  return nullptr;
}

tl::unexpected<grants::NotKept> not_kept(std::string why) {
  return tl::unexpected(grants::NotKept{false, std::move(why)});
}

// All that `postern login` does with a code. Blocks.
Result<grants::StoredGrant, grants::NotKept> exchange_and_keep(const config::Options& options,
                                                               const admin::ConnectOrder& order,
                                                               const Clock& clock) {
  const config::GrantSetup* setup = find_setup(options, order.grant);
  if (setup == nullptr) return not_kept("the grant is not configured any more");
  grants::GrantOptions grant = setup->grant;
  grant.scopes = order.scopes;
  const grants::SentryCalls calls{
      [&](const grants::EndpointRequest& request) { return call(options, *setup, request); },
      [&](const Secret& token, std::string_view path) { return get(options, *setup, token, path); },
      [](Duration duration) { std::this_thread::sleep_for(duration); }};
  auto answer = grants::exchange_code(
      grant, calls, grants::code_request(grant, order.code, order.pkce, order.redirect_uri));
  if (!answer) return not_kept(answer.error().what);
  auto organization = grants::verify_organization(grant, calls, *answer);
  if (!organization) return not_kept(organization.error().what);
  answer->organization_id = organization->id;
  auto store = open_store(options);
  if (!store) return not_kept(store.error().what);
  return grants::keep(**store, grant, *answer, order.replace, {clock, calls.sleep});
}

std::string words_of(const grants::User& user) {
  if (user.name.empty() && user.email.empty()) return user.id.empty() ? "" : "user " + user.id;
  if (user.email.empty() || user.email == user.name) return user.name;
  return user.name.empty() ? user.email : user.name + " (" + user.email + ")";
}

// What an answer says about the grant; empty: all is well.
std::string fault_of(const InnerAnswer& answer, const grants::GrantOptions& grant) {
  if (answer.status >= 200 && answer.status <= 299) return {};
  if (answer.status == 0) return "The answer broke off; try again.";
  const std::string said = text::printable(grants::read_error_code(answer.body), 400);
  std::string fault = said.empty() ? "" : said + ". ";
  if (const std::string own = grants::read_action(answer.body); !own.empty())
    return fault + "What to do: " + text::printable(own, 400) + ".";
  const std::string_view advice = grants::advice_on(answer.status);
  return fault + "What to do: " +
         (advice.empty() ? grants::doctor_command(grant) + " says which link of the chain is broken"
                         : std::string(advice)) +
         ".";
}

}  // namespace

GrantConnector::GrantConnector(ConnectorTools tools) : tools_(tools) {}

std::vector<const grants::GrantOptions*> GrantConnector::grants() const {
  std::vector<const grants::GrantOptions*> all;
  for (const config::GrantSetup& setup : tools_.options.grants)
    if (setup.grant.kind == grants::Kind::kOauth) all.push_back(&setup.grant);
  return all;
}

std::string GrantConnector::api_url() const {
  for (const std::string& address : tools_.runtime.listen)
    if (!address.starts_with("unix:"))
      return (config::speaks_tls(tools_.runtime, address) ? "https://" : "http://") + address;
  return {};
}

void GrantConnector::connect(admin::ConnectOrder order,
                             std::function<void(Result<admin::Connected, grants::NotKept>)> done) {
  struct Job {
    const config::Options options;  // as they are now: they may change meanwhile
    const admin::ConnectOrder order;
    std::optional<Stored> outcome;  // written by the lane, read after it
  };
  if (!lane_) lane_ = std::make_unique<LaneBackground>(tools_.loop);
  ++connecting_;
  auto job = std::make_shared<Job>(Job{tools_.options, std::move(order), std::nullopt});
  lane_->post(
      [job, clock = &tools_.clock] {
        job->outcome.emplace(exchange_and_keep(job->options, job->order, *clock));
      },
      [this, job, done = std::move(done)] { adopt(*job->outcome, job->order.grant, done); });
}

void GrantConnector::adopt(const Stored& outcome, const std::string& grant,
                           std::function<void(Result<admin::Connected, grants::NotKept>)> done) {
  if (!outcome) {
    --connecting_;
    tools_.logger.warn("connect_failed").str("grant", grant).str("reason", outcome.error().what);
    return done(tl::unexpected(outcome.error()));
  }
  tools_.logger.info("connected")
      .str("grant", grant)
      .num("generation", static_cast<int64_t>(outcome->generation));
  admin::Connected connected{words_of(outcome->user), outcome->scopes};
  auto finish = [this, connected = std::move(connected), done = std::move(done)] {
    --connecting_;
    done(connected);
  };
  for (const auto& keeper : tools_.keepers.all())
    if (keeper->grant().options().name == grant) return keeper->look(std::move(finish));
  finish();
}

void GrantConnector::test(const std::string& grant, std::function<void(admin::Trial)> done) {
  const config::GrantSetup* setup = find_setup(tools_.options, grant);
  if (setup == nullptr) return;
  const grants::GrantOptions& options = setup->grant;
  const auto place = calls_.emplace(calls_.end());
  InnerCall::Question question{"/api/0/organizations/" + options.organization + "/", grant,
                               tools_.options.relay.guard.require_header};
  *place = std::make_unique<InnerCall>(
      std::move(question), tools_.timers, tools_.clock,
      [this, place, &options, done = std::move(done)](const InnerAnswer& answer) {
        admin::Trial trial{answer.status, answer.took, fault_of(answer, options)};
        spent_ = std::move(*place);
        calls_.erase(place);
        done(std::move(trial));
      });
  (*place)->begin(tools_.relay);
}

}  // namespace postern::runtime
