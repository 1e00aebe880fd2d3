#include "relay/explanation.h"

#include <algorithm>

namespace postern::relay {
namespace {

std::string_view name_of(policy::Access access) {
  switch (access) {
    case policy::Access::kScopes:
      return "scopes";
    case policy::Access::kPublic:
      return "public";
    case policy::Access::kAnyToken:
      return "any_token";
    case policy::Access::kSession:
      return "session";
    case policy::Access::kClientSecret:
      return "client_secret";
    case policy::Access::kUnknown:
      break;
  }
  return "unknown";
}

std::string_view name_of(policy::Status status) {
  switch (status) {
    case policy::Status::kPublished:
      return "published";
    case policy::Status::kDeprecated:
      return "deprecated";
    case policy::Status::kAlias:
      return "alias";
    case policy::Status::kExperimental:
      return "experimental";
    case policy::Status::kPrivate:
      return "private";
    case policy::Status::kClosed:
      break;
  }
  return "closed";
}

}  // namespace

std::string_view name_of(policy::MatchKind kind) {
  switch (kind) {
    case policy::MatchKind::kEndpoint:
      return "endpoint";
    case policy::MatchKind::kOtherMethod:
      return "other_method";
    case policy::MatchKind::kMissingSlash:
      return "missing_slash";
    case policy::MatchKind::kUnknown:
      break;
  }
  return "unknown";
}

std::string_view name_of(limits::Blocker blocker) {
  switch (blocker) {
    case limits::Blocker::kNone:
      return "";
    case limits::Blocker::kFirstAnswer:
      return "first_answer";
    case limits::Blocker::kInFlight:
      return "in_flight";
    case limits::Blocker::kLost:
      return "clock_lost";
    case limits::Blocker::kBudget:
      return "budget";
    case limits::Blocker::kPace:
      return "pace";
    case limits::Blocker::kRate:
      return "rate";
  }
  return "";
}

std::string_view name_of(policy::Clearance clearance) {
  switch (clearance) {
    case policy::Clearance::kPasses:
      return "passes";
    case policy::Clearance::kLacks:
      return "lacks";
    case policy::Clearance::kNoToken:
      return "no_token";
    case policy::Clearance::kNotKnown:
      break;
  }
  return "not_known";
}

EndpointView view_of(const policy::Match& match, std::string_view route) {
  EndpointView view;
  view.match = name_of(match.kind);
  view.group = match.group;
  view.route = route;
  if (match.endpoint == nullptr) return view;
  const policy::Endpoint& endpoint = *match.endpoint;
  view.operation = endpoint.operation;
  view.path = endpoint.path;
  view.status = name_of(endpoint.status);
  view.published = policy::is_published(endpoint.status);
  view.access = name_of(endpoint.access);
  view.scopes.assign(endpoint.scopes.begin(), endpoint.scopes.end());
  view.least_scope = policy::least_of(endpoint.scopes);
  view.accepts_dsn = endpoint.accepts_dsn;
  view.limits = endpoint.limits;
  return view;
}

BucketView view_of(const limits::BucketStatus& status, size_t queued) {
  BucketView view;
  view.limit = status.limit;
  view.remaining = status.remaining;
  view.concurrent_limit = status.concurrent_limit;
  view.window_s = status.window;
  view.in_flight = status.in_flight;
  view.in_flight_allowed = status.in_flight_allowed;
  view.queued = queued;
  view.share = status.share;
  for (size_t kind = 0; kind < status.answers.size(); ++kind)
    view.answers[std::string(limits::to_string(static_cast<limits::AnswerKind>(kind)))] =
        status.answers[kind];
  return view;
}

BucketView view_of(const limits::BucketReport& report) {
  BucketView view = view_of(report.bucket, report.queued);
  view.user = report.user;
  view.host = report.host;
  view.group = report.group;
  const size_t shown = std::min(report.routes.size(), BucketView::kMostRoutes);
  view.routes.assign(report.routes.begin(),
                     report.routes.begin() + static_cast<std::ptrdiff_t>(shown));
  view.routes_left_off = report.routes.size() - shown;
  view.oldest_wait = report.oldest_wait;
  view.refusals = report.refusals;
  return view;
}

}  // namespace postern::relay
