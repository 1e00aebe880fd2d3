#include "access.h"

#include <algorithm>

#include "world.h"

namespace postern::sandbox {
namespace {

Reply unauthorized(std::string_view detail) {
  Reply reply = detail_reply(401, detail);
  reply.headers.add("WWW-Authenticate", "xBasic realm=\"api\"");
  return reply;
}

Reply forbidden() {
  return detail_reply(403, "You do not have permission to perform this action.");
}

Reply not_found() {
  return detail_reply(404, "The requested resource does not exist");
}

// What is wrong with the header itself; the token otherwise.
std::optional<Reply> read_token(const std::optional<std::string>& header, std::string& token) {
  const std::string text = header.value_or("");
  const auto space = text.find(' ');
  if (!same_without_case(text.substr(0, space), "bearer")) {
    return unauthorized("Authentication credentials were not provided.");
  }
  const std::vector<std::string> words = split(text, ' ');
  if (words.size() < 2) {
    return unauthorized("Invalid token header. No credentials provided.");
  }
  if (words.size() > 2) {
    return unauthorized("Invalid token header. Token string should not contain spaces.");
  }
  token = words[1];
  return std::nullopt;
}

bool holds_one_of(const Grant& grant, const std::vector<std::string>& scopes) {
  return std::any_of(scopes.begin(), scopes.end(), [&](const std::string& scope) {
    return std::find(grant.scopes.begin(), grant.scopes.end(), scope) != grant.scopes.end();
  });
}

bool is_granted(const Grant& grant, const Operation* operation) {
  if (operation == nullptr) return false;  // a method without scopes is refused to tokens
  const std::string& first = operation->scopes.front();
  if (first == "any-auth" || first == "unknown") return true;
  return first != "session" && holds_one_of(grant, operation->scopes);
}

// Each project was once called `old-` and its present slug.
std::optional<Reply> moved_project(const Call& call, const std::string& slug) {
  const std::string fresh = slug.substr(0, 4) == "old-" ? slug.substr(4) : "";
  if (Directory::find(*call.organization, fresh) == nullptr) return std::nullopt;
  std::string target = call.request.target;
  const std::string segment = "/" + slug + "/";
  const auto at = target.find(segment, target.find(call.organization->slug));
  if (at == std::string::npos) return std::nullopt;
  target.replace(at, segment.size(), "/" + fresh + "/");
  const Json extra = Json::object({{"url", target}, {"slug", fresh}});
  const Json detail = Json::object(
      {{"code", "resource-moved"}, {"message", "Resource has been moved"}, {"extra", extra}});
  Reply reply = json_reply(302, Json::object({{"detail", detail}}));
  reply.headers.add("Location", target);
  return reply;
}

std::optional<Reply> refuse_organization(Call& call) {
  const auto& parameters = call.match.parameters;
  const auto named = parameters.find("organization");
  const auto& bound = call.grant->organization_id;
  // Only applications have tokens that authentication itself binds to one organization; the others
  // belong to an organization as members do.
  const bool scoped = bound && call.grant->kind == TokenKind::kOauth;
  if (named == parameters.end()) {
    const bool list = call.match.route->view == "OrganizationIndexEndpoint";
    if (!scoped || list) return std::nullopt;
    return unauthorized("This token access is limited to organization endpoints.");
  }
  call.organization = call.world.directory.find(named->second);
  if (call.organization == nullptr) return not_found();
  if (bound && *bound != call.organization->id) {
    return scoped ? unauthorized("Unauthorized organization access.") : forbidden();
  }
  if (!bound && !call.organization->member) return forbidden();
  const auto project = parameters.find("project");
  if (project == parameters.end()) return std::nullopt;
  if (auto moved = moved_project(call, project->second)) return moved;
  call.project = Directory::find(*call.organization, project->second);
  return call.project == nullptr ? std::optional<Reply>(not_found()) : std::nullopt;
}

// Whose bucket a live token draws on.
void count_as(Caller& caller) {
  const Grant& grant = *caller.credential.grant;
  switch (grant.kind) {
    case TokenKind::kOauth:
    case TokenKind::kPersonal:
      caller.category = "user";
      caller.id = grant.user_id;
      break;
    case TokenKind::kIntegration:
    case TokenKind::kInternal:
      caller.category = "org";
      caller.id = *grant.organization_id;
      break;
    case TokenKind::kOrganization:
      break;  // counted by address, like no token at all
  }
}

}  // namespace

Caller identify(const World& world, const Request& request) {
  Caller caller{"ip", request.peer, "", {}, std::nullopt};
  caller.refused = read_token(request.headers.header("Authorization"), caller.token);
  if (caller.refused) return caller;
  caller.credential = world.tokens.find(caller.token);
  if (caller.credential.standing == Standing::kLive) {
    count_as(caller);
  } else if (caller.credential.standing == Standing::kExpired) {
    caller.refused = unauthorized("Token expired");
  } else {
    const bool of_organization = caller.token.rfind("sntrys_", 0) == 0;
    caller.refused = unauthorized(of_organization ? "Invalid org token" : "Invalid token");
  }
  return caller;
}

std::optional<Reply> refuse(Call& call, const Caller& caller) {
  const Operation* operation = call.match.route->find(call.request.method);
  const bool open = operation != nullptr && operation->scopes.front() == "public";
  const bool anonymous = !call.request.headers.header("Authorization");
  if (open && anonymous) return std::nullopt;
  // The endpoint finds out itself who is asking.
  if (operation != nullptr && operation->scopes.front() == "client-secret") return std::nullopt;
  if (caller.refused) return caller.refused;
  call.grant = caller.credential.grant;
  // An application's list of allowed origins is empty unless someone fills it.
  if (const auto origin = call.request.headers.header("Origin")) {
    return json_reply(400, "Invalid origin: " + *origin);
  }
  if (open) return std::nullopt;
  if (!is_granted(*call.grant, operation)) return forbidden();
  return refuse_organization(call);
}

}  // namespace postern::sandbox
