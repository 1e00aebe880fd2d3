// Control calls about tokens, applications and installations.
#include "orders.h"
#include "scopes.h"
#include "static_tokens.h"
#include "world.h"

namespace postern::sandbox {
namespace {

// The scopes of a field, or those of the ready grant; `problem` names one that does not exist.
std::vector<std::string> read_scopes(const Fields& fields, std::string_view otherwise,
                                     std::string& problem) {
  std::vector<std::string> scopes = split(fields.get_or("scope", otherwise), ' ');
  for (const std::string& scope : scopes) {
    if (!is_scope(scope)) problem = "no such scope: " + scope;
  }
  return scopes;
}

const Organization* read_organization(const World& world, const Fields& fields) {
  const auto named = fields.get("organization");
  return named ? world.directory.find(*named) : &world.directory.organizations().front();
}

Reply set_tokens(const Controls& controls, const Fields& fields) {
  Tokens& tokens = controls.world.tokens;
  TokenRules& rules = tokens.rules();
  rules.expires_in_s = fields.number("expires_in").value_or(rules.expires_in_s);
  rules.installation_expires_in_s =
      fields.number("installation_expires_in").value_or(rules.installation_expires_in_s);
  rules.replication_ms = fields.number("replication_ms").value_or(rules.replication_ms);
  const std::string replay = fields.get_or("replay", "");
  if (replay == "strict") {
    rules.replay = Replay::kStrict;
  } else if (replay == "family") {
    rules.replay = Replay::kFamily;
  } else if (replay == "grace") {
    rules.replay = Replay::kGrace;
  } else if (!replay.empty()) {
    return wrong("replay is `strict`, `family` or `grace`");
  }
  const std::string rotation = fields.get_or("rotation", "");
  if (!rotation.empty() && rotation != "pair" && rotation != "access-only") {
    return wrong("rotation is `pair` or `access-only`");
  }
  if (rotation == "pair") rules.rotation = Rotation::kPair;
  if (rotation == "access-only") rules.rotation = Rotation::kAccessOnly;
  return done();
}

Tokens::Choice read_choice(const Fields& fields) {
  return {fields.get_or("token", ""), fields.get_or("installation", "")};
}

Reply expire_tokens(const Controls& controls, const Fields& fields) {
  return done(controls.world.tokens.expire(read_choice(fields)));
}

Reply revoke_tokens(const Controls& controls, const Fields& fields) {
  return done(controls.world.tokens.revoke(read_choice(fields)));
}

void give_tokens(World& world, const Grant& grant, const Fields& fields) {
  world.tokens.give(grant, fields.get_or("access_token", ""), fields.get_or("refresh_token", ""));
}

Reply issue_grant(const Controls& controls, const Fields& fields) {
  World& world = controls.world;
  const std::string client = fields.get_or("client_id", world.options.client_id);
  std::string problem;
  const auto scopes = read_scopes(fields, world.options.scopes, problem);
  if (!problem.empty()) return wrong(problem);
  const Grant& grant = world.tokens.issue(world.oauth.make_grant(client, scopes));
  give_tokens(world, grant, fields);
  return json_reply(200, world.oauth.answer_for(grant));
}

Json json_of(const Grant& grant) {
  const GrantCounts& counts = grant.counts;
  return Json::object({{"id", grant.id},
                       {"kind", name_of(grant.kind)},
                       {"client_id", grant.client_id},
                       {"installation", grant.installation},
                       {"access_token", grant.access},
                       {"refresh_token", grant.refresh},
                       {"expires_at", grant.is_lasting() ? Json() : iso_time(grant.expires_at_ms)},
                       {"scope", joined(grant.scopes, ' ')},
                       {"organization_id", Json::optional(grant.organization_id)},
                       {"generations", counts.generations},
                       {"refresh_requests", counts.requests},
                       {"unauthorized", counts.unauthorized}});
}

Reply list_grants(const Controls& controls, const Fields&) {
  std::vector<Json> items;
  for (const Grant& grant : controls.world.tokens.grants()) items.push_back(json_of(grant));
  return json_reply(200, Json::array(items));
}

// A token made by hand.
Reply add_static(const Controls& controls, const Fields& fields) {
  World& world = controls.world;
  const auto kind = static_kind(fields.get_or("kind", "personal"));
  if (!kind) return wrong("kind is `personal`, `organization` or `internal`");
  const Organization* organization = read_organization(world, fields);
  if (organization == nullptr) return wrong("no such organization");
  std::string problem;
  // An organization's own tokens are for build machines and have no other scope.
  const bool build = *kind == TokenKind::kOrganization;
  const auto scopes = read_scopes(fields, build ? "org:ci" : world.options.scopes, problem);
  if (!problem.empty()) return wrong(problem);
  const Grant& grant = world.tokens.add(make_static_token(
      *kind, world.directory.user(), *organization, world.hosts, world.clock.now_s(), scopes));
  return json_reply(200, Json::object({{"token", grant.access},
                                       {"kind", name_of(grant.kind)},
                                       {"organization", organization->slug},
                                       {"scopes", Json(grant.scopes)}}));
}

Reply set_oauth(const Controls& controls, const Fields& fields) {
  Oauth& oauth = controls.world.oauth;
  OauthRules& rules = oauth.rules();
  rules.auto_approve = is_on(fields, "auto_approve", rules.auto_approve);
  rules.org_scoped = is_on(fields, "org_scoped", rules.org_scoped);
  rules.code_lifetime_s = fields.number("code_lifetime").value_or(rules.code_lifetime_s);
  rules.device_lifetime_s = fields.number("device_lifetime").value_or(rules.device_lifetime_s);
  rules.device_interval_s = fields.number("device_interval").value_or(rules.device_interval_s);
  const std::string client = fields.get_or("client_id", controls.world.options.client_id);
  Application* application = oauth.applications().find(client);
  if (application == nullptr) return wrong("no such client_id");
  application->active = is_on(fields, "active", application->active);
  application->version = static_cast<int>(fields.number("version").value_or(application->version));
  return done();
}

Reply decide_device(const Controls& controls, const Fields& fields) {
  const bool approve = fields.get_or("op", "approve") == "approve";
  const bool known = controls.world.oauth.decide_device(fields.get_or("user_code", ""), approve);
  return known ? done() : wrong("no such user_code");
}

Json json_of(const World& world, const Installation& installation) {
  const ExchangeCounts& counts = installation.counts;
  const Organization* organization = world.directory.find(installation.organization_id);
  const Grant* grant = world.tokens.of_installation(installation.uuid);
  return Json::object({{"uuid", installation.uuid},
                       {"client_id", installation.integration->client_id},
                       {"client_secret", installation.integration->client_secret},
                       {"organization", organization->slug},
                       {"organization_id", installation.organization_id},
                       {"code", installation.code.empty() ? Json() : Json(installation.code)},
                       {"exchanges", Json::object({{"code", counts.by_code},
                                                   {"refresh", counts.by_refresh},
                                                   {"assertion", counts.by_assertion},
                                                   {"refused", counts.refused}})},
                       {"grant", grant == nullptr ? Json() : json_of(*grant)}});
}

Reply list_installations(const Controls& controls, const Fields&) {
  std::vector<Json> items;
  for (const Installation& installation : controls.world.installations.all()) {
    items.push_back(json_of(controls.world, installation));
  }
  return json_reply(200, Json::array(items));
}

Reply install(const Controls& controls, const Fields& fields) {
  World& world = controls.world;
  const Organization* organization = read_organization(world, fields);
  if (organization == nullptr) return wrong("no such organization");
  std::string problem;
  const auto scopes = read_scopes(fields, world.options.scopes, problem);
  if (!problem.empty()) return wrong(problem);
  Installation& installation =
      world.installations.install(fields.get_or("client_id", ""), organization->id, scopes);
  installation.uuid = fields.get_or("uuid", installation.uuid);
  std::string& secret = installation.integration->client_secret;
  secret = fields.get_or("client_secret", secret);
  if (is_on(fields, "exchanged", false)) {
    give_tokens(world, world.installations.exchange(installation), fields);
  }
  return json_reply(200, json_of(world, installation));
}

Reply uninstall(const Controls& controls, const Fields& fields) {
  const bool known = controls.world.installations.uninstall(fields.get_or("installation", ""));
  return known ? done() : wrong("no such installation");
}

Reply set_integrations(const Controls& controls, const Fields& fields) {
  Installations& installations = controls.world.installations;
  InstallationRules& rules = installations.rules();
  rules.assertions = is_on(fields, "assertions", rules.assertions);
  rules.code_lifetime_s = fields.number("code_lifetime").value_or(rules.code_lifetime_s);
  rules.refreshes_a_minute = fields.number("refreshes_a_minute").value_or(rules.refreshes_a_minute);
  const auto client = fields.get("client_id");
  if (!client) return done();
  Integration* integration = installations.find_integration(*client);
  if (integration == nullptr) return wrong("no such client_id");
  integration->active = is_on(fields, "active", integration->active);
  return done();
}

}  // namespace

const std::vector<Order>& token_orders() {
  static const std::vector<Order> orders = {
      {"GET", "/_sandbox/grants", list_grants},
      {"POST", "/_sandbox/grants", issue_grant},
      {"POST", "/_sandbox/static", add_static},
      {"POST", "/_sandbox/tokens", set_tokens},
      {"POST", "/_sandbox/expire", expire_tokens},
      {"POST", "/_sandbox/revoke", revoke_tokens},
      {"POST", "/_sandbox/oauth", set_oauth},
      {"POST", "/_sandbox/device", decide_device},
      {"GET", "/_sandbox/installations", list_installations},
      {"POST", "/_sandbox/installations", install},
      {"POST", "/_sandbox/uninstall", uninstall},
      {"POST", "/_sandbox/integrations", set_integrations},
  };
  return orders;
}

}  // namespace postern::sandbox
