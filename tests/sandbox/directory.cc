#include "directory.h"

#include <array>

namespace postern::sandbox {
namespace {

constexpr std::array<std::string_view, 4> kPlatforms = {"python", "javascript", "go", "native"};

std::vector<Project> make_projects(int organization, int count) {
  static constexpr std::array<std::string_view, 3> kNames = {"backend", "frontend", "worker"};
  std::vector<Project> projects;
  for (int i = 0; i < count; ++i) {
    const auto index = static_cast<std::size_t>(i);
    const std::string slug =
        index < kNames.size() ? std::string(kNames[index]) : "project-" + std::to_string(i + 1);
    projects.push_back({std::to_string(organization * 100000 + i + 1), slug, slug,
                        std::string(kPlatforms[index % kPlatforms.size()])});
  }
  return projects;
}

std::string_view host_of(std::string_view host_and_port) {
  return host_and_port.substr(0, host_and_port.rfind(':'));
}

}  // namespace

Directory::Directory(const Options& options) {
  std::vector<std::string> slugs = options.organizations;
  slugs.emplace_back("umbrella");
  for (std::size_t i = 0; i < slugs.size(); ++i) {
    const int number = static_cast<int>(i) + 1;
    Organization organization;
    organization.id = std::to_string(4500000 + number);
    organization.slug = slugs[i];
    organization.name = slugs[i];
    organization.member = i + 1 < slugs.size();
    organization.projects = make_projects(number, options.projects);
    organizations_.push_back(std::move(organization));
  }
}

const Organization* Directory::find(std::string_view organization) const {
  for (const Organization& candidate : organizations_) {
    if (candidate.slug == organization || candidate.id == organization) return &candidate;
  }
  return nullptr;
}

const Project* Directory::find(const Organization& organization, std::string_view project) {
  for (const Project& candidate : organization.projects) {
    if (candidate.slug == project || candidate.id == project) return &candidate;
  }
  return nullptr;
}

PublicHosts::PublicHosts(std::string_view base) {
  while (!base.empty() && base.back() == '/') base.remove_suffix(1);
  const auto colon = base.find("://");
  const auto host = colon == std::string_view::npos ? 0 : colon + 3;
  scheme_ = base.substr(0, host);
  root_ = base.substr(host);
  regions_ = root_.rfind("us.", 0) == 0;
  if (regions_) root_.erase(0, 3);
}

std::string PublicHosts::named(std::string_view label) const {
  return scheme_ + std::string(label) + "." + root_;
}

std::vector<std::string> PublicHosts::certificate_names(
    const std::vector<std::string>& organizations) const {
  const std::string host(host_of(root_));
  std::vector<std::string> names = {host, "*." + host, "us." + host, "de." + host};
  for (const std::string& organization : organizations) names.push_back(organization + "." + host);
  return names;
}

std::optional<std::string> PublicHosts::label_of(std::string_view host) const {
  const std::string below = "." + root_;
  if (host.size() <= below.size() || host.substr(host.size() - below.size()) != below) {
    return std::nullopt;
  }
  return std::string(host.substr(0, host.size() - below.size()));
}

}  // namespace postern::sandbox
