#include "relay/body_urls.h"

#include <gtest/gtest.h>

#include "policy/table_rows.h"

namespace postern::relay {
namespace {

constexpr std::string_view kHere = "http://127.0.0.1:7979";

std::string edited(BodyUrls kind, std::string_view json, std::string_view here = kHere) {
  const auto result = edit_body_urls(kind, json, here);
  if (!result) return "no JSON";
  EXPECT_EQ(result->changed, result->body != json);
  return result->body;
}

std::string region_in(BodyUrls kind, std::string_view json) {
  return edit_body_urls(kind, json, kHere)->region;
}

BodyUrls kind_of(http::Method method, std::string_view path,
                 const policy::Catalogue& catalogue = policy::test::built_in()) {
  return BodyUrlRoutes(catalogue).find(method, catalogue.match(method, path));
}

TEST(BodyUrls, AreLookedForAtAFewEndpointsOnly) {
  using http::Method;
  const struct {
    Method method;
    std::string_view path;
    BodyUrls kind;
  } rows[] = {
      {Method::kGet, "/api/0/organizations/acme/", BodyUrls::kOrganization},
      {Method::kHead, "/api/0/organizations/acme/", BodyUrls::kOrganization},
      {Method::kPut, "/api/0/organizations/acme/", BodyUrls::kOrganization},
      {Method::kDelete, "/api/0/organizations/acme/", BodyUrls::kNone},
      {Method::kGet, "/api/0/organizations/", BodyUrls::kOrganizations},
      {Method::kGet, "/api/0/users/me/regions/", BodyUrls::kRegions},
      {Method::kGet, "/api/0/organizations/acme/chunk-upload/", BodyUrls::kChunkUpload},
      {Method::kPost, "/api/0/organizations/acme/chunk-upload/", BodyUrls::kNone},
      {Method::kGet, "/api/0/organizations/acme/issues/", BodyUrls::kNone},
      {Method::kGet, "/api/0/organizations/acme", BodyUrls::kNone},
      {Method::kGet, "/api/0/organizations/acme/no-such-thing/", BodyUrls::kNone},
  };
  for (const auto& row : rows) EXPECT_EQ(kind_of(row.method, row.path), row.kind) << row.path;
}

TEST(BodyUrls, AreLookedForWhateverATableCallsItsParameters) {
  using http::Method;
  const auto catalogue = policy::Catalogue::load(
      policy::test::row("GET", "/api/0/organizations/{org}/") +
          policy::test::row("POST", "/api/0/organizations/{org}/chunk-upload/") +
          policy::test::row("GET", "/api/0/users/{who}/regions/"),
      "mine");
  const auto kind = [&](Method method, std::string_view path) {
    return kind_of(method, path, *catalogue);
  };
  EXPECT_EQ(kind(Method::kGet, "/api/0/organizations/acme/"), BodyUrls::kOrganization);
  EXPECT_EQ(kind(Method::kPut, "/api/0/organizations/acme/"), BodyUrls::kOrganization);
  EXPECT_EQ(kind(Method::kGet, "/api/0/organizations/acme/chunk-upload/"), BodyUrls::kChunkUpload);
  EXPECT_EQ(kind(Method::kGet, "/api/0/users/me/regions/"), BodyUrls::kRegions);
  EXPECT_EQ(kind(Method::kGet, "/api/0/organizations/"), BodyUrls::kNone) << "not in this table";
}

TEST(BodyUrls, AreNotLookedForWhereAnotherTemplateFitsTheirs) {
  const auto catalogue = policy::Catalogue::load(
      policy::test::row("GET", "/api/0/{kind}/") + policy::test::row("GET", "/api/0/{kind}/{id}/"),
      "mine");
  for (const std::string_view path : {"/api/0/organizations/", "/api/0/organizations/acme/"})
    EXPECT_EQ(kind_of(http::Method::kGet, path, *catalogue), BodyUrls::kNone) << path;
}

TEST(BodyUrls, AnOrganizationLosesItsRegionAndNothingElse) {
  EXPECT_EQ(edited(BodyUrls::kOrganization,
                   R"({"id":"1", "links":{"organizationUrl":"https://acme.sentry.io",)"
                   R"("regionUrl":"https://us.sentry.io"},"n":1.50e+3,"u":"\u00e9"})"),
            R"({"id":"1", "links":{"organizationUrl":"https://acme.sentry.io"},"n":1.50e+3,)"
            R"("u":"\u00e9"})");
  EXPECT_EQ(edited(BodyUrls::kOrganization, R"({"regionUrl":"https://us.sentry.io"})"),
            R"({"regionUrl":"https://us.sentry.io"})");
  EXPECT_EQ(edited(BodyUrls::kOrganization, R"({"links":{"regionUrl":null}})"), R"({"links":{}})");
}

TEST(BodyUrls, SoDoesEachOrganizationOfAList) {
  EXPECT_EQ(edited(BodyUrls::kOrganizations,
                   R"([{"links":{"regionUrl":"a"}},{"links":{"x":1,"regionUrl":"b"}},{}])"),
            R"([{"links":{}},{"links":{"x":1}},{}])");
}

TEST(BodyUrls, RegionsAreAllHere) {
  EXPECT_EQ(
      edited(BodyUrls::kRegions, R"({"regions": [{"name": "us", "url": "https://us.sentry.io"},)"
                                 R"( {"name": "de", "url": "https://de.sentry.io/"}]})"),
      R"({"regions": [{"name": "us", "url": "http://127.0.0.1:7979"},)"
      R"( {"name": "de", "url": "http://127.0.0.1:7979/"}]})");
}

TEST(BodyUrls, AChunkUploadKeepsItsPath) {
  EXPECT_EQ(edited(BodyUrls::kChunkUpload,
                   R"({"url":"https://us.sentry.io/api/0/organizations/acme/chunk-upload/","c":8})",
                   "http://[::1]:7979"),
            R"({"url":"http://[::1]:7979/api/0/organizations/acme/chunk-upload/","c":8})");
  EXPECT_EQ(edited(BodyUrls::kChunkUpload, R"({"url":"https:\/\/us.sentry.io\/api\/0\/x\/"})"),
            R"({"url":"http://127.0.0.1:7979/api/0/x/"})");
  EXPECT_EQ(edited(BodyUrls::kChunkUpload, R"({"url":"http://sentry.lan:9000/api/0/x/?a=\"b"})"),
            R"({"url":"http://127.0.0.1:7979/api/0/x/?a=\"b"})");
}

// Relative ones lead here already; what we do not carry had better not be sent here.
TEST(BodyUrls, WhatIsNoAddressOfTheApiStays) {
  for (const std::string_view value :
       {R"("/organizations/acme/chunk-upload/")", R"("")", "null", "7", R"({"url":"https://a"})",
        R"("https://storage.example/bucket")", R"("https://us.sentry.io/api/0/../x/")",
        R"("ftp://us.sentry.io/api/0/x/")", R"("https://")"}) {
    const std::string json = R"({"url":)" + std::string(value) + "}";
    EXPECT_EQ(edited(BodyUrls::kChunkUpload, json), json);
  }
}

TEST(BodyUrls, TheRegionIsToldWhereThereIsOne) {
  EXPECT_EQ(region_in(BodyUrls::kOrganization, R"({"links":{"regionUrl":"https://de.sentry.io"}})"),
            "https://de.sentry.io");
  EXPECT_EQ(region_in(BodyUrls::kChunkUpload, R"({"url":"https://us.sentry.io/api/0/x/"})"),
            "https://us.sentry.io/api/0/x/");
  EXPECT_EQ(region_in(BodyUrls::kOrganization, R"({"links":{}})"), "");
  EXPECT_EQ(region_in(BodyUrls::kChunkUpload, R"({"url":"https://us.a/","url":"https://de.a/"})"),
            "");
  EXPECT_EQ(region_in(BodyUrls::kRegions, R"({"regions":[{"url":"https://us.sentry.io"}]})"), "");
}

TEST(BodyUrls, WhatIsNoJsonIsNotTouched) {
  EXPECT_EQ(edited(BodyUrls::kChunkUpload, R"({"url":"https://us.sentry.io/api/0/x/")"), "no JSON");
  EXPECT_EQ(edited(BodyUrls::kChunkUpload, ""), "no JSON");
}

}  // namespace
}  // namespace postern::relay
