#include "policy/catalogue.h"

#include <cassert>
#include <map>
#include <optional>
#include <utility>

#include "policy/endpoint_table.h"
#include "policy/faults.h"

namespace postern::policy {
namespace {

constexpr std::string_view kDefaultGroup = "default";
constexpr std::string_view kNoView = "-";

size_t index_of(http::Method method) {
  return static_cast<size_t>(method);
}

// The path that a counter of its own is known by: of those that lead to the same class, the
// published one, else the first.
class Namesakes final {
 public:
  void add(const Endpoint& endpoint) {
    if (!has_own_counter(endpoint)) return;
    const Endpoint*& chosen = chosen_[{endpoint.view, endpoint.method}];
    if (chosen == nullptr || (is_alias(*chosen) && !is_alias(endpoint))) chosen = &endpoint;
  }
  std::string_view path_of(const Endpoint& endpoint) const {
    if (!has_own_counter(endpoint)) return endpoint.path;
    return chosen_.at({endpoint.view, endpoint.method})->path;
  }

 private:
  static bool has_own_counter(const Endpoint& endpoint) {
    return endpoint.counter == Counter::kOwn && endpoint.view != kNoView;
  }
  static bool is_alias(const Endpoint& endpoint) { return endpoint.status == Status::kAlias; }

  std::map<std::pair<std::string_view, http::Method>, const Endpoint*> chosen_;
};

}  // namespace

Catalogue Catalogue::built_in() {
  Result<Catalogue> made = make(built_in_table(), "sentry-endpoints.tsv");
  assert(made.has_value());  // the tests read the same bytes
  return std::move(*made);
}

Result<Catalogue> Catalogue::load(std::string text, std::string_view name) {
  auto kept = std::make_unique<const std::string>(std::move(text));
  Result<Catalogue> made = make(*kept, name);
  if (made) made->text_ = std::move(kept);
  return made;
}

Catalogue Catalogue::of(const Options& options) {
  if (options.table.empty()) return built_in();
  Result<Catalogue> made = load(options.table, options.catalogue);
  assert(made.has_value());  // whoever filled the settings has tried
  return std::move(*made);
}

Result<Catalogue> Catalogue::make(std::string_view text, std::string_view name) {
  Result<std::vector<Endpoint>> endpoints = read_endpoints(text, name);
  if (!endpoints) return tl::unexpected(std::move(endpoints).error());
  Catalogue catalogue;
  catalogue.endpoints_ = std::move(*endpoints);
  if (Result<void> planted = catalogue.plant(name); !planted)
    return tl::unexpected(std::move(planted).error());
  catalogue.name_all();
  return catalogue;
}

Result<void> Catalogue::plant(std::string_view name) {
  Faults faults(name);
  for (size_t i = 0; i < endpoints_.size(); ++i) {
    const Endpoint& endpoint = endpoints_[i];
    Route& route = tree_.add(endpoint.path);
    uint16_t& slot = route.endpoints[index_of(endpoint.method)];
    if (route.path != endpoint.path) {
      faults.add(endpoint.line, "fits the same paths as " + std::string(route.path));
    } else if (slot != 0) {
      faults.add(endpoint.line, "is the same as line " + std::to_string(endpoints_[slot - 1].line));
    } else {
      slot = static_cast<uint16_t>(i + 1);
    }
  }
  if (faults.any()) return std::move(faults).error();
  return {};
}

void Catalogue::name_all() {
  Namesakes namesakes;
  for (const Endpoint& endpoint : endpoints_) namesakes.add(endpoint);
  namings_.reserve(endpoints_.size());
  for (const Endpoint& endpoint : endpoints_)
    namings_.push_back({group_of(endpoint), namesakes.path_of(endpoint)});
  for (size_t i = 0; i < http::kMethods; ++i) {
    const std::string method(http::to_string(static_cast<http::Method>(i)));
    unlisted_groups_[i] = *groups_.insert(method + " unlisted").first;
    slashless_groups_[i] = *groups_.insert(method + " without slash").first;
  }
}

// A counter of its own is one by the table only, whose buckets are first guesses: the limits part
// routes by what the answers say, and what starts together is never counted too low. A named group
// is a part of Sentry's key.
std::string_view Catalogue::group_of(const Endpoint& endpoint) {
  const std::string_view method = http::to_string(endpoint.method);
  if (endpoint.counter != Counter::kGroup || endpoint.counter_group == kDefaultGroup) return method;
  return *groups_.insert(std::string(method).append(" ").append(endpoint.counter_group)).first;
}

Match Catalogue::match(http::Method method, std::string_view path) const {
  Match match;
  match.group = unlisted_groups_[index_of(method)];
  match.route = "*";
  const std::optional<ApiPath> split = split_api_path(path);
  if (!split) return match;
  const RouteTree::Found found = tree_.find(*split);
  const Owner& owner = found.route != nullptr ? found.route->owner : found.owner;
  match.organization = owner.organization.in(*split);
  match.project = owner.project.in(*split);
  match.route = found.beginning;
  if (found.route == nullptr) {
    match.unlisted = split->behind(found.known, path);
    return match;
  }

  match.route = found.route->path;
  match.template_index = static_cast<int>(found.route - tree_.routes().data());
  if (found.needs_slash) {
    match.kind = MatchKind::kMissingSlash;
    match.group = slashless_groups_[index_of(method)];
    match.route.remove_suffix(1);
    return match;
  }
  match.kind = MatchKind::kOtherMethod;
  match.group = http::to_string(method);
  const uint16_t slot = found.route->endpoints[index_of(method)];
  if (slot == 0) return match;
  match.kind = MatchKind::kEndpoint;
  match.endpoint = &endpoints_[slot - 1];
  match.group = namings_[slot - 1].group;
  match.route = namings_[slot - 1].route;
  return match;
}

}  // namespace postern::policy
