// Directory: who and what exists in the pretend Sentry (one user, organizations, projects), and the
// public addresses under which its answers name things.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "options.h"

namespace postern::sandbox {

struct User {
  std::string id = "1001";
  std::string name = "Jane Sand";
  std::string email = "jane@example.com";
};

struct Project {
  std::string id;
  std::string slug;
  std::string name;
  std::string platform;
};

struct Organization {
  std::string id;
  std::string slug;
  std::string name;
  bool member = true;  // the user is in it
  std::vector<Project> projects;
};

class Directory final {
 public:
  // The organizations of the options, and one more, `umbrella`, in which the user is no member.
  explicit Directory(const Options& options);

  const User& user() const { return user_; }
  const std::vector<Organization>& organizations() const { return organizations_; }
  // By slug or number; null when there is none.
  const Organization* find(std::string_view organization) const;
  static const Project* find(const Organization& organization, std::string_view project);

 private:
  User user_;
  std::vector<Organization> organizations_;
};

// A base of https://us.sentry.test:8443 gives https://sentry.test:8443 for the control silo,
// https://de.sentry.test:8443 for the other region and https://acme.sentry.test:8443 for acme. A
// base without `us.` is the address of everything, and the only region.
class PublicHosts final {
 public:
  explicit PublicHosts(std::string_view base);

  std::string control() const { return scheme_ + root_; }
  std::string region() const { return scheme_ + (regions_ ? "us." : "") + root_; }
  bool has_regions() const { return regions_; }
  std::string named(std::string_view label) const;  // a host below the root
  // Host names without a port, for certificates. A wildcard alone would not do: clients refuse one
  // right below a top-level name such as localhost.
  std::vector<std::string> certificate_names(const std::vector<std::string>& organizations) const;
  // The first label of a Host header below the root ("us", "acme"), or nothing.
  std::optional<std::string> label_of(std::string_view host) const;

 private:
  std::string scheme_;
  std::string root_;  // host and port
  bool regions_ = false;
};

}  // namespace postern::sandbox
