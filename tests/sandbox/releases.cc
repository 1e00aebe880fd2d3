#include "releases.h"

#include <algorithm>

#include "digest.h"
#include "multipart.h"
#include "page.h"
#include "world.h"

namespace postern::sandbox {
namespace {

Reply not_found() {
  return detail_reply(404, "The requested resource does not exist");
}

Reply wrong_field(std::string_view field, std::string_view problem) {
  return json_reply(400, Json::object({{field, std::vector<std::string>{std::string(problem)}}}));
}

Json project_json(const Organization& organization, const std::string& slug) {
  const Project* project = Directory::find(organization, slug);
  return Json::object({{"id", project != nullptr ? Json(project->id) : Json()},
                       {"slug", slug},
                       {"name", slug},
                       {"platform", project != nullptr ? Json(project->platform) : Json()},
                       {"newGroups", 0}});
}

Json release_json(const Organization& organization, const Release& release) {
  std::vector<Json> projects;
  for (const std::string& slug : release.projects) {
    projects.push_back(project_json(organization, slug));
  }
  const std::string shown = release.version.substr(0, 64);
  return Json::object({{"version", release.version},
                       {"shortVersion", shown},
                       {"status", release.status},
                       {"ref", Json::optional(release.ref)},
                       {"url", Json::optional(release.url)},
                       {"dateCreated", iso_time(release.created_ms)},
                       {"dateReleased", Json::optional(release.released)},
                       {"firstEvent", Json()},
                       {"lastEvent", Json()},
                       {"newGroups", 0},
                       {"commitCount", static_cast<std::uint64_t>(release.commits)},
                       {"deployCount", static_cast<std::uint64_t>(release.deploys.size())},
                       {"data", Json::object({})},
                       {"authors", Json::array({})},
                       {"projects", Json::array(projects)}});
}

Release* named_release(Call& call) {
  return call.world.releases.find(call.organization->slug, call.match.parameter("version"));
}

Reply list_releases(Call& call) {
  std::vector<const Release*> found;
  const auto& all = call.world.releases.of[call.organization->slug];
  const std::string query = call.request.query.get_or("query", "");
  for (auto it = all.rbegin(); it != all.rend(); ++it) {
    const auto& projects = it->projects;
    const bool elsewhere =
        call.project != nullptr &&
        std::find(projects.begin(), projects.end(), call.project->slug) == projects.end();
    if (!elsewhere && it->version.rfind(query, 0) == 0) found.push_back(&*it);
  }
  return page_of(call, static_cast<std::int64_t>(found.size()), [&](std::int64_t index) {
    return release_json(*call.organization, *found[static_cast<std::size_t>(index)]);
  });
}

void update(Release& release, const JsonObject& body) {
  if (body.has("ref")) release.ref = body.text("ref");
  if (body.has("url")) release.url = body.text("url");
  release.status = body.text("status").value_or(release.status);
  if (body.has("dateReleased")) release.released = body.text("dateReleased");
  if (body.has("commits")) release.commits = body.length("commits");
}

// The project of the path, or the projects of the body, of which there may be none (archiving names
// none); nothing when one of them is unknown.
std::optional<std::vector<std::string>> projects_of(const Call& call, const JsonObject& body) {
  if (call.project != nullptr) return std::vector<std::string>{call.project->slug};
  std::vector<std::string> slugs;
  for (const std::string& name : body.texts("projects")) {
    const Project* project = Directory::find(*call.organization, name);
    if (project == nullptr) return std::nullopt;
    slugs.push_back(project->slug);
  }
  return slugs;
}

// 201 for a new release, 208 for one that was there; both update it.
Reply create_release(Call& call) {
  const auto body = JsonObject::parse(call.request.body);
  if (!body) return detail_reply(400, "JSON parse error");
  const auto version = body->text("version");
  if (!version || version->empty()) return wrong_field("version", "This field is required.");
  const bool bad = version->find_first_of("\n\r\t/\\") != std::string::npos || *version == "." ||
                   *version == ".." || *version == "latest";
  if (bad) return wrong_field("version", "Release with name " + *version + " is not allowed");
  const auto projects = projects_of(call, *body);
  if (!projects) return wrong_field("projects", "Invalid project slugs");
  if (call.project == nullptr && !body->has("projects")) {
    return wrong_field("projects", "This field is required.");
  }
  Releases& releases = call.world.releases;
  Release* release = releases.find(call.organization->slug, *version);
  const bool known = release != nullptr;
  if (!known) {
    Release fresh;
    fresh.version = *version;
    fresh.created_ms = call.world.clock.now_ms();
    auto& all = releases.of[call.organization->slug];
    all.push_back(std::move(fresh));
    release = &all.back();
  }
  for (const std::string& slug : *projects) {
    auto& slugs = release->projects;
    if (std::find(slugs.begin(), slugs.end(), slug) == slugs.end()) slugs.push_back(slug);
  }
  update(*release, *body);
  return json_reply(known ? 208 : 201, release_json(*call.organization, *release));
}

Reply show_release(Call& call) {
  const Release* release = named_release(call);
  return release == nullptr ? not_found()
                            : json_reply(200, release_json(*call.organization, *release));
}

Reply update_release(Call& call) {
  Release* release = named_release(call);
  if (release == nullptr) return not_found();
  const auto body = JsonObject::parse(call.request.body);
  if (!body) return detail_reply(400, "JSON parse error");
  update(*release, *body);
  return json_reply(200, release_json(*call.organization, *release));
}

Reply delete_release(Call& call) {
  const Release* release = named_release(call);
  if (release == nullptr) return not_found();
  auto& all = call.world.releases.of[call.organization->slug];
  all.erase(all.begin() + (release - all.data()));
  Reply reply;
  reply.status = 204;
  return reply;
}

Json deploy_json(const Deploy& deploy) {
  return Json::object({{"id", deploy.id},
                       {"environment", deploy.environment},
                       {"name", Json::optional(deploy.name)},
                       {"url", Json()},
                       {"dateStarted", Json()},
                       {"dateFinished", iso_time(deploy.finished_ms)}});
}

Reply list_deploys(Call& call) {
  const Release* release = named_release(call);
  if (release == nullptr) return not_found();
  std::vector<Json> items;
  for (const Deploy& deploy : release->deploys) items.push_back(deploy_json(deploy));
  return page_of(call, items);
}

Reply create_deploy(Call& call) {
  Release* release = named_release(call);
  if (release == nullptr) return not_found();
  const auto body = JsonObject::parse(call.request.body);
  const auto environment = body ? body->text("environment") : std::nullopt;
  if (!environment) return wrong_field("environment", "This field is required.");
  Deploy deploy;
  deploy.id = std::to_string(++call.world.releases.last_id);
  deploy.environment = *environment;
  deploy.name = body->text("name");
  deploy.finished_ms = call.world.clock.now_ms();
  release->deploys.push_back(deploy);
  return json_reply(201, deploy_json(deploy));
}

Json file_json(const ReleaseFile& file) {
  return Json::object({{"id", file.id},
                       {"name", file.name},
                       {"dist", Json()},
                       {"headers", Json::object({})},
                       {"size", file.size},
                       {"sha1", file.sha1}});
}

Reply list_files(Call& call) {
  const Release* release = named_release(call);
  if (release == nullptr) return not_found();
  std::vector<Json> items;
  for (const ReleaseFile& file : release->files) items.push_back(file_json(file));
  return page_of(call, items);
}

Reply create_file(Call& call) {
  Release* release = named_release(call);
  if (release == nullptr) return not_found();
  const auto parts = parts_of(call.request);
  const Part* content = find_part(parts, "file");
  if (content == nullptr) return detail_reply(400, "Missing uploaded file");
  const Part* name = find_part(parts, "name");
  ReleaseFile file;
  file.id = std::to_string(++call.world.releases.last_id);
  file.name = name != nullptr ? std::string(name->content) : content->file_name;
  file.size = content->content.size();
  file.sha1 = sha1_hex(content->content);
  release->files.push_back(file);
  return json_reply(201, file_json(file));
}

Reply no_previous(Call&) {
  return json_reply(200, Json::object({}));
}

}  // namespace

Release* Releases::find(const std::string& organization, std::string_view version) {
  for (Release& release : of[organization]) {
    if (release.version == version) return &release;
  }
  return nullptr;
}

const std::vector<Endpoint>& release_endpoints() {
  static const std::vector<Endpoint> endpoints = {
      {"OrganizationReleasesEndpoint", "GET", list_releases},
      {"OrganizationReleasesEndpoint", "POST", create_release},
      {"ProjectReleasesEndpoint", "GET", list_releases},
      {"ProjectReleasesEndpoint", "POST", create_release},
      {"OrganizationReleaseDetailsEndpoint", "GET", show_release},
      {"OrganizationReleaseDetailsEndpoint", "PUT", update_release},
      {"OrganizationReleaseDetailsEndpoint", "DELETE", delete_release},
      {"ProjectReleaseDetailsEndpoint", "GET", show_release},
      {"ProjectReleaseDetailsEndpoint", "PUT", update_release},
      {"ProjectReleaseDetailsEndpoint", "DELETE", delete_release},
      {"ReleaseDeploysEndpoint", "GET", list_deploys},
      {"ReleaseDeploysEndpoint", "POST", create_deploy},
      {"OrganizationReleaseFilesEndpoint", "GET", list_files},
      {"OrganizationReleaseFilesEndpoint", "POST", create_file},
      {"ProjectReleaseFilesEndpoint", "GET", list_files},
      {"ProjectReleaseFilesEndpoint", "POST", create_file},
      {"OrganizationReleasePreviousCommitsEndpoint", "GET", no_previous},
  };
  return endpoints;
}

}  // namespace postern::sandbox
