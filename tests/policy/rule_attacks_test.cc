// What an attacker who knows Sentry's routes, Django and the gateways does to a denied call. Each
// row is one request that must not get through, whatever turns it away.
#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "policy/rule_builders.h"

namespace postern::policy {
namespace {

using namespace std::string_view_literals;
using test::allow;
using test::compiled;
using test::deny;
using test::passes;
using test::rules_of;

struct Attack {
  std::string_view method;
  std::string_view path;
};

// An operator who forbids some things.
Rules forbidding() {
  RuleOptions operation = deny({});
  operation.operation = "deleteOrganizationRelease";
  return compiled(rules_of({
      deny({"PUT", "DELETE"}, "/api/0/organizations/{organization_id_or_slug}/issues/{issue_id}/"),
      deny({"GET"}, "/api/0/organizations/{organization_id_or_slug}/audit-logs/"), operation,
      deny({}, "/api/0/projects/acme/secret/*"),
      deny({"POST"}, "/api/0/organizations/{organization}/issues/{issue}/notes/*"),
      deny({"DELETE"},
           "/api/0/organizations/{organization_id_or_slug}/monitors/{monitor_id_or_slug}/"
           "environments/{environment}"),
      deny({"DELETE"}, "/api/0/organizations/{organization_id_or_slug}/"),
      deny({}, "/api/0/issues/{issue}/hashes/*"),
      deny({}, "/api/0/organizations/{organization}/sso-secrets/*"),  // the catalogue has no such
  }));
}

constexpr Attack kAgainstForbidding[] = {
    // as they are
    {"PUT", "/api/0/organizations/acme/issues/1/"},
    {"GET", "/api/0/organizations/acme/audit-logs/"},
    {"DELETE", "/api/0/organizations/acme/releases/1.0/"},
    {"GET", "/api/0/projects/acme/secret/keys/"},
    {"GET", "/api/0/organizations/acme/sso-secrets/1/"},
    // another path of the same class, another word for the same
    {"PUT", "/api/0/issues/1/"},
    {"PUT", "/api/0/groups/1/"},
    {"PUT", "/api/0/organizations/acme/groups/1/"},
    {"POST", "/api/0/organizations/acme/issues/1/comments/"},
    {"POST", "/api/0/organizations/acme/groups/1/notes/"},
    {"POST", "/api/0/issues/1/notes/"},
    {"POST", "/api/0/issues/1/comments/"},
    {"POST", "/api/0/groups/1/comments/x/y/"},
    {"GET", "/api/0/organizations/acme/issues/1/hashes/"},
    {"GET", "/api/0/organizations/acme/groups/1/hashes/"},
    {"GET", "/api/0/organizations/acme/groups/1/hashes/not-yet-known/"},
    // an id in the place of a slug, another kind of id
    {"PUT", "/api/0/organizations/4500000000000001/issues/1/"},
    {"PUT", "/api/0/organizations/acme/issues/ACME-1/"},
    {"GET", "/api/0/projects/acme/4500000000000007/keys/"},
    {"GET", "/api/0/projects/4500000000000001/4500000000000007/keys/"},
    {"GET", "/api/0/projects/4500000000000001/secret/keys/"},
    {"GET", "/api/0/projects/ACME/Secret/keys/"},
    {"GET", "/api/0/projects/acme/%EF%BC%91%EF%BC%92/keys/"},  // a full-width 12 is a decimal
    {"GET", "/api/0/projects/acme/secret%20/keys/"},
    {"GET", "/api/0/projects/acme/secret;x/keys/"},
    {"GET", "/api/0/projects/acme/secret./keys/"},
    {"GET", "/api/0/projects/acme/secret"},
    {"GET", "/api/0/projects/acme/secret%3F/keys/"},
    // the method
    {"HEAD", "/api/0/organizations/acme/audit-logs/"},
    {"HEAD", "/api/0/projects/acme/secret/keys/"},
    {"delete", "/api/0/organizations/acme/releases/1.0/"},
    // the slash at the end
    {"PUT", "/api/0/organizations/acme/issues/1"},
    {"GET", "/api/0/organizations/acme/audit-logs"},
    {"DELETE", "/api/0/organizations/acme"},
    {"DELETE", "/api/0/organizations/acme/monitors/m/environments/prod/"},
    {"GET", "/api/0/organizations/acme/audit-logs//"},
    // case
    {"GET", "/api/0/organizations/acme/Audit-Logs/"},
    {"GET", "/api/0/organizations/acme/AUDIT-LOGS/"},
    {"GET", "/api/0/Organizations/acme/audit-logs/"},
    {"PUT", "/api/0/organizations/acme/ISSUES/1/"},
    {"PUT", "/API/0/organizations/acme/issues/1/"},
    {"GET", "/api/0/organizations/acme/SSO-secrets/1/"},
    // escapes of what needs none
    {"GET", "/api/0/organizations/acme/%61udit-logs/"},
    {"PUT", "/api/0/organizations/acme/%69ssues/1/"},
    {"PUT", "/api/0/organizations/acme/%49ssues/1/"},
    {"PUT", "/api/0/%6frganizations/acme/issues/1/"},
    {"GET", "/api/0/organizations/acme/audit%2dlogs/"},
    {"PUT", "/%61pi/0/organizations/acme/issues/1/"},
    {"GET", "/api/0/projects/acme/%73ecret/keys/"},
    // escapes of what parts segments
    {"GET", "/api/0/organizations/acme%2faudit-logs/"},
    {"GET", "/api/0/organizations/acme%2Faudit-logs/"},
    {"GET", "/api/0/organizations/acme/audit-logs%2f"},
    {"GET", "/api/0/organizations/acme%5caudit-logs/"},
    {"GET", "/api/0/organizations/acme\\audit-logs/"},
    {"GET", "/api/0/organizations%252facme/audit-logs/"},
    {"PUT", "/api/0/organizations/acme/%2569ssues/1/"},
    {"GET", "/api/0/organizations/acme/audit%252dlogs/"},
    {"GET", "/api/0/organizations/acme/%u0061udit-logs/"},
    {"GET", "/api/0/organizations/acme/audit-log%/"},
    // dot segments and empty ones
    {"GET", "/api/0/organizations/acme/x/../audit-logs/"},
    {"GET", "/api/0/organizations/acme/x/%2e%2e/audit-logs/"},
    {"GET", "/api/0/organizations/acme/x/.%2e/audit-logs/"},
    {"GET", "/api/0/organizations/acme/x/..;/audit-logs/"},
    {"GET", "/api/0/organizations/acme/x/..%3b/audit-logs/"},
    {"GET", "/api/0/organizations/acme/x/%252e%252e/audit-logs/"},
    {"GET", "/api/0/organizations/acme/x/%c0%ae%c0%ae/audit-logs/"},
    {"GET", "/api/0/organizations/acme/x/%e0%80%ae./audit-logs/"},
    {"GET", "/api/0/organizations/acme/./audit-logs/"},
    {"GET", "/api/0/organizations/acme/audit-logs/."},
    {"GET", "/api/0/organizations/acme//audit-logs/"},
    {"GET", "/api/0//organizations/acme/audit-logs/"},
    {"GET", "//api/0/organizations/acme/audit-logs/"},
    {"GET", "/api/./0/organizations/acme/audit-logs/"},
    {"GET", "/api/0/organizations/acme/x/..\\audit-logs/"},
    // what some servers cut off
    {"GET", "/api/0/organizations/acme/audit-logs;/"},
    {"GET", "/api/0/organizations/acme/audit-logs;jsessionid=1/"},
    {"GET", "/api/0/organizations/acme/audit-logs%3b/"},
    {"GET", "/api/0/organizations/acme/audit-logs;a=b"},
    {"GET", "/api/0/organizations;x/acme/audit-logs/"},
    {"GET", "/api/0/organizations/acme/audit-logs./"},
    {"GET", "/api/0/organizations/acme/audit-logs..."},
    {"GET", "/api/0/organizations/acme/audit-logs%20/"},
    {"GET", "/api/0/organizations/acme/audit-logs%20"},
    {"GET", "/api/0/organizations/acme/%20audit-logs/"},
    {"GET", "/api/0/organizations/acme/audit-logs%20.%20/"},
    {"GET", "/api/0/organizations/acme/audit-logs%00/"},
    {"GET", "/api/0/organizations/acme/audit-logs%00.json"},
    {"GET", "/api/0/organizations/acme/audit-logs%09/"},
    {"GET", "/api/0/organizations/acme/audit-logs%0a/"},
    {"GET", "/api/0/organizations/acme/audit-logs%0d%0a/"},
    {"GET", "/api/0/organizations/acme/audit-logs%c2%/"},
    {"GET", "/api/0/organizations/acme/audit-logs\0/"sv},
    {"GET", "/api/0/organizations/acme/audit logs/"},
    // an end that only a decoding gateway sees
    {"GET", "/api/0/organizations/acme/audit-logs/%3Fx/y/"},
    {"GET", "/api/0/organizations/acme/audit-logs%3F"},
    {"GET", "/api/0/organizations/acme/audit-logs%3fx=1/"},
    {"GET", "/api/0/organizations/acme/audit-logs/%23/"},
    {"DELETE", "/api/0/organizations/acme/%3F/members/1/"},
    {"DELETE", "/api/0/organizations/acme/members/..%3F"},
    {"GET", "/api/0/organizations/acme/audit-logs/x/..%23/y/"},
    {"DELETE", "/api/0/organizations/acme/releases/1.0/%3F/files/2/"},
    {"DELETE", "/api/0/organizations/acme/releases/1.0%3F/files/2/"},
    {"DELETE", "/api/0/organizations/acme/releases/1.0%23/files/2/"},
    {"PUT", "/api/0/organizations/acme/issues/1/%3F%3F"},
    // targets that are no path
    {"GET", "http://localhost/api/0/organizations/acme/audit-logs/"},
    {"GET", "api/0/organizations/acme/audit-logs/"},
    {"GET", "/api/0/organizations/acme/audit-logs/?x=1"},
    {"GET", "/api/0/organizations/acme/audit-logs/#x"},
};

TEST(RuleAttacks, NothingGetsAroundWhatIsDenied) {
  const Rules rules = forbidding();
  for (const Attack& row : kAgainstForbidding)
    EXPECT_FALSE(passes(rules, row.method, row.path)) << row.method << ' ' << row.path;
}

// The same rules do not forbid what only looks a little like it.
TEST(RuleAttacks, NeighboursOfTheDeniedPass) {
  const Rules rules = forbidding();
  constexpr Attack kRows[] = {
      {"GET", "/api/0/organizations/acme/issues/1/"},
      {"PUT", "/api/0/organizations/acme/issues/"},
      {"POST", "/api/0/organizations/acme/issues/1/integrations/2/"},
      {"OPTIONS", "/api/0/organizations/acme/audit-logs/"},
      {"GET", "/api/0/organizations/acme/audit-logs-2/"},
      {"GET", "/api/0/organizations/acme/audit/"},
      {"GET", "/api/0/organizations/acme/releases/1.0/"},
      {"DELETE", "/api/0/organizations/acme/releases/1.0/files/2/"},
      {"DELETE", "/api/0/organizations/acme/releases/app%401.0%2B5/files/2/"},
      {"GET", "/api/0/organizations/acme/releases/what%3F/files/"},
      {"GET", "/api/0/projects/acme/web/keys/"},
      {"GET", "/api/0/projects/acme/secrets/keys/"},
      {"GET", "/api/0/projects/globex/secret/keys/"},
      {"PUT", "/api/0/organizations/acme/"},
      {"GET", "/api/0/organizations/acme/%C3%A9t%C3%A9/"},
  };
  for (const Attack& row : kRows)
    EXPECT_TRUE(passes(rules, row.method, row.path)) << row.method << ' ' << row.path;
}

// An operator who allows some things.
Rules allowing() {
  return compiled(rules_of(
      {
          allow({"GET"}, "/api/0/organizations/acme/issues/*"),
          allow({"POST"},
                "/api/0/organizations/{organization_id_or_slug}/issues/{issue_id}/comments/"),
          allow(
              {"DELETE"},
              "/api/0/organizations/{organization_id_or_slug}/releases/{version}/files/{file_id}/"),
          allow({"GET"}, "/api/0/projects/acme/web/*"),
      },
      Effect::kDeny));
}

constexpr Attack kAgainstAllowing[] = {
    {"PUT", "/api/0/organizations/acme/issues/1/"},
    {"GET", "/api/0/organizations/acme/"},
    {"GET", "/api/0/organizations/acme"},
    {"GET", "/api/0/organizations/globex/issues/"},
    {"GET", "/api/0/organizations/acme/issues-count/"},
    {"GET", "/api/0/organizations/acme/issues/../members/"},
    {"GET", "/api/0/organizations/acme/issues/%2e%2e/members/"},
    {"GET", "/api/0/organizations/acme/issues/..%2fmembers/"},
    {"GET", "/api/0/organizations/acme/issues/..;/members/"},
    {"GET", "/api/0/organizations/acme/issues/%252e%252e/members/"},
    {"GET", "/api/0/organizations/acme/issues//../members/"},
    {"GET", "/api/0/organizations/acme/issues\\..\\members/"},
    {"GET", "/api/0/organizations/acme/issues;/1/"},
    {"GET", "/api/0/organizations/acme/ISSUES/1/"},
    {"GET", "/api/0/organizations/acme/%3F/issues/"},
    {"GET", "/api/0/organizations/acme%3F/issues/"},
    {"GET", "/api/0/organizations/acme;globex/issues/"},
    {"GET", "/api/0/organizations/acme%20/issues/"},
    {"GET", "/api/0/organizations/Acme/issues/"},
    {"DELETE", "/api/0/organizations/acme/releases/1.0/"},
    {"DELETE", "/api/0/organizations/acme/releases/1.0%3F/files/2/"},
    {"DELETE", "/api/0/organizations/acme/releases/1.0%23/files/2/"},
    {"DELETE", "/api/0/organizations/acme/releases/1.0/files%3F/2/"},
    {"DELETE", "/api/0/organizations/acme/releases/1.0/files/2%2f..%2f..%2f/"},
    {"DELETE", "/api/0/organizations/acme/releases/1.0/files/"},
    {"DELETE", "/api/0/organizations/acme/releases/1.0/files/2/x/"},
    {"POST", "/api/0/organizations/acme/issues/1/comments/2/"},
    {"POST", "/api/0/organizations/acme/issues/1/"},
    {"POST", "/api/0/organizations/acme/issues/comments/"},
    {"DELETE", "/api/0/organizations/acme/issues/1/comments/2/"},
    {"GET", "/api/0/projects/acme/secret/keys/"},
    {"GET", "/api/0/projects/acme/web%3F/keys/"},
    {"GET", "/api/0/projects/acme/%3F/web/"},
    {"GET", "/api/0/projects/acme/web2/keys/"},
    {"GET", "/api/0/projects/acme/"},
    {"GET", "/api/0/projects/globex/web/keys/"},
};

TEST(RuleAttacks, NothingHidesBehindWhatIsAllowed) {
  const Rules rules = allowing();
  for (const Attack& row : kAgainstAllowing)
    EXPECT_FALSE(passes(rules, row.method, row.path)) << row.method << ' ' << row.path;
}

TEST(RuleAttacks, WhatIsAllowedPasses) {
  const Rules rules = allowing();
  constexpr Attack kRows[] = {
      {"GET", "/api/0/organizations/acme/issues/"},
      {"HEAD", "/api/0/organizations/acme/issues/"},
      {"GET", "/api/0/organizations/acme/groups/1/hashes/"},
      {"POST", "/api/0/organizations/acme/issues/1/comments/"},
      {"POST", "/api/0/organizations/acme/issues/1/notes/"},
      {"DELETE", "/api/0/organizations/acme/releases/app%401.0%2B5/files/2/"},
      {"GET", "/api/0/projects/acme/web/keys/"},
      {"GET", "/api/0/projects/acme/web/releases/what%3F/"},
  };
  for (const Attack& row : kRows)
    EXPECT_TRUE(passes(rules, row.method, row.path)) << row.method << ' ' << row.path;
}

}  // namespace
}  // namespace postern::policy
