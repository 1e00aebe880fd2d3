#include "issues.h"

#include <array>

#include "digest.h"
#include "page.h"
#include "world.h"

namespace postern::sandbox {
namespace {

constexpr std::int64_t kFirstSeenMs = 1700000000000;  // of issue 0
constexpr std::int64_t kPerOrganization = 1000000;    // issue numbers are this far apart

struct Issue {
  std::int64_t number;  // its id
  const Organization* organization;
  const Project* project;
};

std::int64_t organization_index(const World& world, const Organization& organization) {
  return &organization - world.directory.organizations().data();
}

Issue issue_at(const World& world, const Organization& organization, std::int64_t index) {
  const std::int64_t number =
      (organization_index(world, organization) + 1) * kPerOrganization + index;
  const auto& projects = organization.projects;
  return {number, &organization, &projects[static_cast<std::size_t>(index) % projects.size()]};
}

std::string short_id(const Issue& issue) {
  std::string prefix = issue.project->slug;
  for (char& c : prefix) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return prefix + "-" + std::to_string(issue.number % kPerOrganization + 1);
}

// By number or short id; within `within` when that is given.
std::optional<Issue> find_issue(const World& world, const std::string& id,
                                const Organization* within) {
  for (const Organization& organization : world.directory.organizations()) {
    if (within != nullptr ? within != &organization : !organization.member) continue;
    for (int i = 0; i < world.issues.per_organization(); ++i) {
      const Issue issue = issue_at(world, organization, i);
      const bool named = within != nullptr && short_id(issue) == id;
      if (named || std::to_string(issue.number) == id) return issue;
    }
  }
  return std::nullopt;
}

Json project_json(const Project& project) {
  return Json::object({{"id", project.id},
                       {"name", project.name},
                       {"slug", project.slug},
                       {"platform", project.platform}});
}

Json issue_json(const World& world, const Issue& issue) {
  static constexpr std::array<const char*, 4> kTypes = {"ValueError", "TimeoutError",
                                                        "ConnectionResetError", "KeyError"};
  const auto index = static_cast<std::size_t>(issue.number % kPerOrganization);
  const IssueChange change = world.issues.change(issue.number);
  const std::string id = std::to_string(issue.number);
  const std::string type = kTypes[index % kTypes.size()];
  const std::string value = "something went wrong in step " + std::to_string(index);
  const std::string where = "app.steps.step_" + std::to_string(index % 97) + " in run";
  const std::int64_t first = kFirstSeenMs + static_cast<std::int64_t>(index) * 60000;
  return Json::object(
      {{"id", id},
       {"shareId", Json()},
       {"shortId", short_id(issue)},
       {"title", type + ": " + value},
       {"culprit", where},
       {"permalink", world.hosts.named(issue.organization->slug) + "/issues/" + id + "/"},
       {"logger", Json()},
       {"level", index % 7 == 0 ? "warning" : "error"},
       {"status", change.status},
       {"statusDetails", Json::object({})},
       {"substatus", change.status == "unresolved" ? Json("ongoing") : Json()},
       {"isPublic", false},
       {"platform", issue.project->platform},
       {"project", project_json(*issue.project)},
       {"type", "error"},
       {"metadata", Json::object({{"type", type}, {"value", value}, {"filename", "app/steps.py"}})},
       {"numComments", 0},
       {"assignedTo", Json::optional(change.assigned_to)},
       {"isBookmarked", change.bookmarked},
       {"isSubscribed", false},
       {"hasSeen", change.seen},
       {"annotations", Json::array({})},
       {"count", std::to_string(index * 3 + 1)},
       {"userCount", static_cast<std::int64_t>(index % 50)},
       {"firstSeen", iso_time(first)},
       {"lastSeen", iso_time(first + 3600000)}});
}

// The status that a search asks for; `is:unresolved` when there is no query at all, any status when
// the query is empty.
std::string wanted_status(const Request& request) {
  const std::string query = request.query.get_or("query", "is:unresolved");
  for (const char* status : {"unresolved", "resolved", "ignored"}) {
    const std::string term = std::string("is:") + status;
    for (const std::string& word : split(query, ' ')) {
      if (word == term) return status;
    }
  }
  return "";
}

bool is_wanted_project(const Request& request, const Project& project) {
  const auto wanted = request.query.all("project");
  if (wanted.empty() || wanted.front() == "-1") return true;
  for (const std::string& id : wanted) {
    if (id == project.id || id == project.slug) return true;
  }
  return false;
}

Reply list_issues(Call& call) {
  const std::string status = wanted_status(call.request);
  std::vector<Issue> found;
  for (int i = 0; i < call.world.issues.per_organization(); ++i) {
    const Issue issue = issue_at(call.world, *call.organization, i);
    if (call.project != nullptr && call.project != issue.project) continue;
    if (call.project == nullptr && !is_wanted_project(call.request, *issue.project)) continue;
    if (!status.empty() && call.world.issues.change(issue.number).status != status) continue;
    found.push_back(issue);
  }
  const auto total = static_cast<std::int64_t>(found.size());
  Reply reply = page_of(call, total, [&](std::int64_t index) {
    return issue_json(call.world, found[static_cast<std::size_t>(index)]);
  });
  if (reply.status == 200) {
    reply.headers.add("X-Hits", std::to_string(total));
    reply.headers.add("X-Max-Hits", "1000");
  }
  return reply;
}

Reply not_found() {
  return detail_reply(404, "The requested resource does not exist");
}

std::optional<Issue> named_issue(const Call& call) {
  return find_issue(call.world, std::string(call.match.parameter("issue_id")), call.organization);
}

Reply show_issue(Call& call) {
  const auto issue = named_issue(call);
  return issue ? json_reply(200, issue_json(call.world, *issue)) : not_found();
}

// The same event by whatever name it is asked for: `latest`, `recommended` or an id.
Reply show_event(Call& call) {
  const auto issue = named_issue(call);
  if (!issue) return not_found();
  const std::string id = sha256_hex("event of " + std::to_string(issue->number)).substr(0, 32);
  const auto index = static_cast<std::int64_t>(issue->number % kPerOrganization);
  const std::string when = iso_time(kFirstSeenMs + index * 60000);
  return json_reply(200, Json::object({{"id", id},
                                       {"eventID", id},
                                       {"groupID", std::to_string(issue->number)},
                                       {"projectID", issue->project->id},
                                       {"type", "error"},
                                       {"title", "an event of " + short_id(*issue)},
                                       {"message", ""},
                                       {"culprit", "app.steps"},
                                       {"platform", issue->project->platform},
                                       {"dateCreated", when},
                                       {"dateReceived", when},
                                       {"entries", Json::array({})},
                                       {"tags", Json::array({})},
                                       {"contexts", Json::object({})},
                                       {"metadata", Json::object({})},
                                       {"errors", Json::array({})},
                                       {"user", Json()}}));
}

Reply look_up_short_id(Call& call) {
  const auto issue = named_issue(call);
  if (!issue) return not_found();
  return json_reply(200, Json::object({{"organizationSlug", issue->organization->slug},
                                       {"projectSlug", issue->project->slug},
                                       {"groupId", std::to_string(issue->number)},
                                       {"group", issue_json(call.world, *issue)},
                                       {"shortId", short_id(*issue)}}));
}

// Empty when all is well, else the field that is wrong.
std::optional<Reply> apply(const JsonObject& body, IssueChange& change) {
  if (const auto status = body.text("status")) {
    const std::string meant = *status == "muted"                   ? "ignored"
                              : *status == "resolvedInNextRelease" ? "resolved"
                                                                   : *status;
    if (meant != "resolved" && meant != "unresolved" && meant != "ignored") {
      const std::vector<std::string> problem = {"\"" + *status + "\" is not a valid choice."};
      return json_reply(400, Json::object({{"status", problem}}));
    }
    change.status = meant;
  }
  if (body.has("assignedTo")) change.assigned_to = body.text("assignedTo");
  if (body.has("isBookmarked")) change.bookmarked = body.flag("isBookmarked");
  if (body.has("hasSeen")) change.seen = body.flag("hasSeen");
  return std::nullopt;
}

Reply malformed() {
  return detail_reply(400, "JSON parse error - Expecting value: line 1 column 1 (char 0)");
}

Reply update_issue(Call& call) {
  const auto issue = named_issue(call);
  if (!issue) return not_found();
  const auto body = JsonObject::parse(call.request.body);
  if (!body) return malformed();
  IssueChange change = call.world.issues.change(issue->number);
  if (auto refused = apply(*body, change)) return *refused;
  call.world.issues.changes()[issue->number] = change;
  return json_reply(200, issue_json(call.world, *issue));
}

// PUT on a list changes the issues that `id` parameters name.
Reply update_issues(Call& call) {
  const auto body = JsonObject::parse(call.request.body);
  if (!body) return malformed();
  for (const std::string& id : call.request.query.all("id")) {
    const auto issue = find_issue(call.world, id, call.organization);
    if (!issue) continue;
    IssueChange change = call.world.issues.change(issue->number);
    if (auto refused = apply(*body, change)) return *refused;
    call.world.issues.changes()[issue->number] = change;
  }
  return text_reply(200, "application/json", std::string(call.request.body));
}

}  // namespace

IssueChange Issues::change(std::int64_t issue) const {
  const auto found = changes_.find(issue);
  return found == changes_.end() ? IssueChange() : found->second;
}

const std::vector<Endpoint>& issue_endpoints() {
  static const std::vector<Endpoint> endpoints = {
      {"OrganizationGroupIndexEndpoint", "GET", list_issues},
      {"OrganizationGroupIndexEndpoint", "PUT", update_issues},
      {"ProjectGroupIndexEndpoint", "GET", list_issues},
      {"ProjectGroupIndexEndpoint", "PUT", update_issues},
      {"GroupDetailsEndpoint", "GET", show_issue},
      {"GroupDetailsEndpoint", "PUT", update_issue},
      {"GroupEventDetailsEndpoint", "GET", show_event},
      {"ShortIdLookupEndpoint", "GET", look_up_short_id},
  };
  return endpoints;
}

}  // namespace postern::sandbox
