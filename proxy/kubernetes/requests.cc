#include "kubernetes/requests.h"

#include <utility>

#include "base/percent.h"

namespace postern::kubernetes {
namespace {

// So that the server ends a watch before anything between here and there may do.
constexpr const char* kWatchSeconds = "300";
constexpr const char* kManager = "?fieldManager=postern";

std::string secrets(const Options& options) {
  return "/api/v1/namespaces/" + options.namespace_name + "/secrets";
}

std::string secret(const Options& options) {
  return secrets(options) + "/" + options.secret;
}

std::string lease(const Options& options) {
  return "/apis/coordination.k8s.io/v1/namespaces/" + options.namespace_name + "/leases/" +
         options.lease;
}

}  // namespace

bool is_object_name(std::string_view name) {
  constexpr std::string_view kAllowed = "abcdefghijklmnopqrstuvwxyz0123456789-.";
  return !name.empty() && name.size() <= 253 && name.front() != '.' &&
         name.find_first_not_of(kAllowed) == std::string_view::npos;
}

Request get_secret(const Options& options) {
  return {Verb::kGet, secret(options), Secret()};
}

Request get_lease(const Options& options) {
  return {Verb::kGet, lease(options), Secret()};
}

Request patch_secret(const Options& options, Secret patch) {
  return {Verb::kPatch, secret(options) + kManager, std::move(patch)};
}

Request patch_lease(const Options& options, Secret patch) {
  return {Verb::kPatch, lease(options) + kManager, std::move(patch)};
}

Request try_secret(const Options& options) {
  return {Verb::kPatch, secret(options) + kManager + "&dryRun=All", Secret("{}")};
}

Request try_lease(const Options& options) {
  return {Verb::kPatch, lease(options) + kManager + "&dryRun=All", Secret("{}")};
}

std::string watch_target(const Options& options, const std::string& resource_version) {
  std::string target = secrets(options) +
                       "?watch=1&allowWatchBookmarks=true&timeoutSeconds=" + kWatchSeconds +
                       "&fieldSelector=metadata.name%3D" + options.secret;
  if (!resource_version.empty())
    target += "&resourceVersion=" + text::percent_encoded(resource_version);
  return target;
}

}  // namespace postern::kubernetes
