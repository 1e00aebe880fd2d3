// Why a request is not carried, in the words that its caller gets. For the requests themselves, and
// for those that are only asked about (Relay::explain).
#pragma once

#include <optional>
#include <string_view>

#include "base/clock.h"
#include "grants/registry.h"
#include "limits/governor.h"
#include "policy/catalogue.h"
#include "policy/permission.h"
#include "policy/pin.h"
#include "policy/rules.h"
#include "policy/target.h"
#include "relay/problem.h"

namespace postern::relay {

// Nothing: it may be carried.
std::optional<Problem> refuse_target(const policy::Target& target);

// What an SDK sent names no organization, and there are grants for more than one Sentry.
Problem ambiguous_ingest();
Problem too_much_ingest();  // as many of these as may be are under way already

// REQUIRES: `failure` is not kNone. `ceiling`: the listener's grant, if it has one.
Problem from_selection(grants::SelectFailure failure, const grants::Registry& registry,
                       std::string_view ceiling);

policy::Home home_of(const grants::Grant& grant);  // a view of it

// A user's token opens every organization of that user; the grant is for one of them. Nothing: the
// request is tied to that one, as it is or in another form. `pin` is what was found about `asked`.
std::optional<Problem> refuse_pin(const policy::Pin& pin, const policy::PinQuestion& asked,
                                  const grants::Grant& grant, const policy::Catalogue& catalogue);

// May the grant's token pass this endpoint, going by its scopes? Without a token nobody knows.
policy::Permission permission_of(const policy::Match& match, const grants::Grant& grant);

// How a grant gets one more scope, for people. Where the configured list has to be changed for it,
// with the whole new list.
std::string scope_remedy(const grants::Grant& grant, std::string_view scope);

// The grant lacks what the endpoint takes. REQUIRES: kLacks, and that endpoint's.
Problem from_permission(const policy::Permission& permission, const policy::Endpoint& endpoint,
                        const grants::Grant& grant);

// REQUIRES: `verdict` is not allowed.
// `asked`: the path that is sent.
Problem from_verdict(const policy::Verdict& verdict, http::Method method, std::string_view asked,
                     const policy::Match& match);

// REQUIRES: the standing lets no request go, nor wait.
Problem from_standing(grants::Standing standing, const grants::Grant& grant, Instant now);

// `patience`: how long the request might have waited.
Problem from_refusal(const limits::Refusal& refusal, Duration patience);

}  // namespace postern::relay
