#include "organizations.h"

#include <algorithm>

#include "page.h"
#include "world.h"

namespace postern::sandbox {
namespace {

constexpr std::int64_t kCreatedMs = 1600000000000;

Json links_of(const World& world, const Organization& organization) {
  return Json::object({{"organizationUrl", world.hosts.named(organization.slug)},
                       {"regionUrl", world.hosts.region()}});
}

Json organization_json(const World& world, const Organization& organization) {
  return Json::object({{"id", organization.id},
                       {"slug", organization.slug},
                       {"name", organization.name},
                       {"status", Json::object({{"id", "active"}, {"name", "active"}})},
                       {"dateCreated", iso_time(kCreatedMs)},
                       {"isEarlyAdopter", false},
                       {"require2FA", false},
                       {"avatar", Json::object({{"avatarType", "letter_avatar"}})},
                       {"features", std::vector<std::string>{"event-attachments"}},
                       {"links", links_of(world, organization)}});
}

Json project_json(const Organization& organization, const Project& project) {
  const Json owner = Json::object(
      {{"id", organization.id}, {"slug", organization.slug}, {"name", organization.name}});
  return Json::object({{"id", project.id},
                       {"slug", project.slug},
                       {"name", project.name},
                       {"platform", project.platform},
                       {"dateCreated", iso_time(kCreatedMs)},
                       {"isMember", true},
                       {"hasAccess", true},
                       {"status", "active"},
                       {"team", Json()},
                       {"teams", Json::array({})},
                       {"features", std::vector<std::string>{"releases"}},
                       {"organization", owner}});
}

// What the user and the token may see.
std::vector<const Organization*> visible(const Call& call) {
  std::vector<const Organization*> found;
  for (const Organization& organization : call.world.directory.organizations()) {
    const bool bound = call.grant != nullptr && call.grant->organization_id &&
                       *call.grant->organization_id != organization.id;
    if (organization.member && !bound) found.push_back(&organization);
  }
  return found;
}

Reply show_index(Call& call) {
  std::vector<Json::Member> members = {{"version", "0"}};
  if (call.grant != nullptr) {
    const User& user = call.world.directory.user();
    members.emplace_back("auth", Json::object({{"scopes", call.grant->scopes}}));
    members.emplace_back("user", Json::object({{"id", user.id},
                                               {"name", user.name},
                                               {"email", user.email},
                                               {"username", user.email}}));
  } else {
    members.emplace_back("auth", Json());
    members.emplace_back("user", Json());
  }
  return json_reply(200, Json::object(members));
}

// `query=slug:acme`, `query=id:7` or words of the name, as Sentry's list takes them.
bool is_asked_for(const Request& request, const Organization& organization) {
  const std::vector<std::string> terms = split(request.query.get_or("query", ""), ' ');
  return std::all_of(terms.begin(), terms.end(), [&](const std::string& term) {
    if (term.rfind("slug:", 0) == 0) return term.substr(5) == organization.slug;
    if (term.rfind("id:", 0) == 0) return term.substr(3) == organization.id;
    return organization.name.find(term) != std::string::npos;
  });
}

Reply list_organizations(Call& call) {
  std::vector<Json> items;
  for (const Organization* organization : visible(call)) {
    if (!is_asked_for(call.request, *organization)) continue;
    items.push_back(organization_json(call.world, *organization));
  }
  return page_of(call, items);
}

Reply show_organization(Call& call) {
  return json_reply(200, organization_json(call.world, *call.organization));
}

Reply list_projects(Call& call) {
  std::vector<Json> items;
  for (const Organization* organization : visible(call)) {
    if (call.organization != nullptr && call.organization != organization) continue;
    for (const Project& project : organization->projects) {
      items.push_back(project_json(*organization, project));
    }
  }
  return page_of(call, items);
}

Reply show_project(Call& call) {
  return json_reply(200, project_json(*call.organization, *call.project));
}

Reply show_user(Call& call) {
  const User& user = call.world.directory.user();
  return json_reply(200, Json::object({{"id", user.id},
                                       {"name", user.name},
                                       {"email", user.email},
                                       {"username", user.email},
                                       {"isActive", true},
                                       {"isSuperuser", false}}));
}

// One, as an integration with a code host would have brought it.
Reply list_repositories(Call& call) {
  const Json provider = Json::object({{"id", "integrations:github"}, {"name", "GitHub"}});
  const std::string name = call.organization->slug + "/monorepo";
  const std::vector<Json> items = {Json::object({{"id", "1"},
                                                 {"name", name},
                                                 {"url", "https://github.test/" + name},
                                                 {"provider", provider},
                                                 {"status", "active"},
                                                 {"integrationId", "1"},
                                                 {"externalSlug", name},
                                                 {"externalId", "1"},
                                                 {"dateCreated", iso_time(kCreatedMs)}})};
  return page_of(call, items);
}

Reply list_regions(Call& call) {
  const PublicHosts& hosts = call.world.hosts;
  std::vector<Json> regions = {Json::object({{"name", "us"}, {"url", hosts.region()}})};
  if (hosts.has_regions()) {
    regions.push_back(Json::object({{"name", "de"}, {"url", hosts.named("de")}}));
  }
  return json_reply(200, Json::object({{"regions", Json::array(regions)}}));
}

}  // namespace

const std::vector<Endpoint>& organization_endpoints() {
  static const std::vector<Endpoint> endpoints = {
      {"IndexEndpoint", "GET", show_index},
      {"AuthIndexEndpoint", "GET", show_user},
      {"OrganizationIndexEndpoint", "GET", list_organizations},
      {"OrganizationDetailsEndpoint", "GET", show_organization},
      {"OrganizationProjectsEndpoint", "GET", list_projects},
      {"OrganizationRepositoriesEndpoint", "GET", list_repositories},
      {"ProjectIndexEndpoint", "GET", list_projects},
      {"ProjectDetailsEndpoint", "GET", show_project},
      {"UserRegionsEndpoint", "GET", list_regions},
  };
  return endpoints;
}

}  // namespace postern::sandbox
