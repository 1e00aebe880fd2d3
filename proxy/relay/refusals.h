// Why a request is not carried, in the words that its caller gets. For the requests themselves, and
// for those that are only asked about (Relay::explain).
#pragma once

#include <optional>
#include <string_view>

#include "base/clock.h"
#include "grants/registry.h"
#include "limits/governor.h"
#include "policy/rules.h"
#include "policy/target.h"
#include "relay/problem.h"

namespace postern::relay {

// Nothing: it may be carried.
std::optional<Problem> refuse_target(const policy::Target& target);

// REQUIRES: `failure` is not kNone. `ceiling`: the listener's grant, if it has one.
Problem from_selection(grants::SelectFailure failure, const grants::Registry& registry,
                       std::string_view ceiling);

// A user's token opens every organization of that user; the grant is for one of them. Nothing: the
// path names that one, or none.
std::optional<Problem> refuse_organization(const grants::Grant& grant,
                                           std::string_view organization);

// REQUIRES: `verdict` is not allowed.
Problem from_verdict(const policy::Verdict& verdict, http::Method method,
                     const policy::Match& match);

// `patience`: how long the request might have waited.
Problem from_refusal(const limits::Refusal& refusal, Duration patience);

}  // namespace postern::relay
