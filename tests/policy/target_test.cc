// What may be judged, what is the API's, and whose it is: each row is a path and the answer.
#include "policy/target.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace postern::policy {
namespace {

using namespace std::string_view_literals;

struct Plain {
  std::string_view path;
  std::string_view organization;
};

TEST(Target, ApiPathsPassAndNameTheirOrganization) {
  constexpr Plain kRows[] = {
      {"/api/0/", ""},
      {"/api/0/organizations/", ""},
      {"/api/0/organizations/acme/", "acme"},
      {"/api/0/organizations/acme", "acme"},
      {"/api/0/organizations/4500000000000001/issues/", "4500000000000001"},
      {"/api/0/organizations/acme-inc_2/releases/web%401.0/", "acme-inc_2"},
      {"/api/0/projects/", ""},
      {"/api/0/projects/acme/web/keys/", "acme"},
      {"/api/0/teams/acme/core/", "acme"},
      {"/api/0/customers/acme/", "acme"},
      {"/api/0/users/me/regions/", ""},
      {"/api/0/issues/123/", ""},
      {"/api/0/issues/organizations/acme/", ""},
      {"/api/0/organization/acme/", ""},
      {"/api/0/organizations-x/acme/", ""},
      {"/api/0/Organizations/acme/", ""},
      {"/api/0/organizations;x/acme/", ""},
      {"/api/0/organizations/acme;x/", "acme;x"},
      {"/api/0/organizations/%C3%A9/", "%C3%A9"},
      {"/api/0/a:b@c!$&'()*+,;=/", ""},
      {"/api/0/-._~/", ""},
      {"/api/0/.../", ""},
      {"/api/0/.hidden/", ""},
      {"/api/0/..x/", ""},
      {"/api/0/x../", ""},
      {"/api/0/x;y=..;z/", ""},
      {"/api/0/a%20b/", ""},
      {"/api/0/100%25/", ""},
      {"/api/0/100%25x/", ""},
      {"/api/0/%3A%40%3B%3D%2C%2B/", ""},
      {"/api/0/%3a%40%3b%22%3c%7b%7c/", ""},
      {"/api/0/%C2%80/%E0%A0%80/%ED%9F%BF/%EE%80%80/%F0%90%80%80/%F4%8F%BF%BF/", ""},
  };
  for (const Plain& row : kRows) {
    const Target target = classify(row.path);
    EXPECT_EQ(target.kind, TargetKind::kApi) << row.path << ": " << target.detail;
    EXPECT_EQ(target.organization, row.organization) << row.path;
    EXPECT_EQ(target.detail, "") << row.path;
  }
}

TEST(Target, OtherPathsAreOutsideAndNameNobody) {
  constexpr std::string_view kRows[] = {
      "/",
      "/api",
      "/api/",
      "/api/0",
      "/api/1/",
      "/api/00/",
      "/api/0x/",
      "/API/0/",
      "/Api/0/",
      "/api;x/0/",
      "/api/0;x/",
      "/auth/login/",
      "/oauth/token/",
      "/x/api/0/",
      "/api/organizations/acme/",
      "/_admin/",
      "/organizations/acme/",
  };
  for (const std::string_view path : kRows) {
    const Target target = classify(path);
    EXPECT_EQ(target.kind, TargetKind::kOutside) << path << ": " << target.detail;
    EXPECT_EQ(target.organization, "") << path;
  }
}

TEST(Target, WhatGoesByADsnIsToldApart) {
  for (const std::string_view path : {"/api/42/envelope/", "/api/4507123456789012/store/",
                                      "/api/1/minidump", "/api/42/cron/x/y/"})
    EXPECT_EQ(classify(path).kind, TargetKind::kIngest) << path;
  for (const std::string_view path :
       {"/api/42", "/api/42/", "/api/042/envelope/", "/api/4x/envelope/", "/api//envelope/",
        "/api/embed/error-page/", "/API/42/envelope/", "/x/api/42/envelope/"})
    EXPECT_NE(classify(path).kind, TargetKind::kIngest) << path;
  EXPECT_EQ(classify("/api/0/envelope/").kind, TargetKind::kApi);
  EXPECT_EQ(classify("/api/42/../0/organizations/").kind, TargetKind::kUnsafe);
}

// One row per trick; the word must be in the reason, so that no row passes for the wrong one.
struct Attack {
  std::string_view path;
  std::string_view reason;
};

constexpr Attack kAttacks[] = {
    // no path at all
    {"", "start"},
    {"api/0/", "start"},
    {"*", "start"},
    {"@evil.example/api/0/", "start"},
    {"http://localhost/api/0/", "start"},
    {"\\api\\0\\", "start"},
    // dot segments
    {"/..", "dot"},
    {"/.", "dot"},
    {"/./api/0/", "dot"},
    {"/../api/0/", "dot"},
    {"/api/./0/", "dot"},
    {"/api/0/..", "dot"},
    {"/api/0/.", "dot"},
    {"/api/0/../", "dot"},
    {"/api/0/../../auth/login/", "dot"},
    {"/api/0/organizations/acme/../other/", "dot"},
    {"/api/0/organizations/./acme/", "dot"},
    {"/auth/../api/0/", "dot"},
    // dot segments with a path parameter
    {"/api/0/..;/auth/", "dot"},
    {"/api/0/..;x=y/auth/", "dot"},
    {"/api/0/.;/auth/", "dot"},
    {"/api/0/..%3b/auth/", "dot"},
    {"/api/0/..%3Bx/auth/", "dot"},
    // and with what ends the path for a gateway that decodes it
    {"/api/0/x/..%3F", "dot"},
    {"/api/0/x/..%3fy/z/", "dot"},
    {"/api/0/x/.%3F/", "dot"},
    {"/api/0/x/..%23/", "dot"},
    // escaped dots
    {"/api/0/%2e%2e/", "no escape"},
    {"/api/0/%2E%2e/", "no escape"},
    {"/api/0/.%2e/", "no escape"},
    {"/api/0/%2e./", "no escape"},
    {"/api/0/%2e/", "no escape"},
    {"/%2e%2e/api/0/", "no escape"},
    {"/api/0/x%2ey/", "no escape"},
    // escaped slashes and backslashes
    {"/api/0/..%2f..%2fadmin", "slash"},
    {"/api/0/..%2Fadmin", "slash"},
    {"/api/0/a%2fb/", "slash"},
    {"/api/0/organizations%2facme/", "slash"},
    {"/api/0%2f", "slash"},
    {"/api%2f0/", "slash"},
    {"/%2fapi/0/", "slash"},
    {"/api/0/..%5cadmin", "slash"},
    {"/api/0/..%5Cadmin", "slash"},
    {"/api/0/%2e%2e%2fadmin", "no escape"},
    // other escaped unreserved characters
    {"/%61pi/0/", "no escape"},
    {"/api/%30/", "no escape"},
    {"/api/0/%6frganizations/acme/", "no escape"},
    {"/api/0/organizations/acm%65/", "no escape"},
    {"/api/0/organizations/%41cme/", "no escape"},
    {"/api/0/x%2Dy/", "no escape"},
    {"/api/0/x%5Fy/", "no escape"},
    {"/api/0/%7Euser/", "no escape"},
    // escaped control characters
    {"/api/0/%00", "control"},
    {"/api/0/x%00.json", "control"},
    {"/api/0/organizations/acme%00/", "control"},
    {"/api/0/%0a", "control"},
    {"/api/0/%0D%0AX-Evil:1/", "control"},
    {"/api/0/%09/", "control"},
    {"/api/0/%1f/", "control"},
    {"/api/0/%7f/", "control"},
    // empty segments
    {"//", "empty"},
    {"//evil.example/api/0/", "empty"},
    {"//api/0/", "empty"},
    {"/api//0/", "empty"},
    {"/api/0//", "empty"},
    {"/api/0//organizations/acme/", "empty"},
    {"/api/0/organizations//acme/", "empty"},
    {"/api/0/organizations/acme///", "empty"},
    // escaped twice
    {"/api/0/%252e%252e/", "twice"},
    {"/api/0/%252fadmin", "twice"},
    {"/api/0/%25252e/", "twice"},
    {"/api/0/%255c/", "twice"},
    {"/api/0/%2500/", "twice"},
    {"/api/0/%25%32%65/", "no escape"},
    // overlong and broken UTF-8
    {"/api/0/%c0%ae%c0%ae/", "UTF-8"},
    {"/api/0/%c0%af/", "UTF-8"},
    {"/api/0/%C1%9C/", "UTF-8"},
    {"/api/0/%e0%80%ae/", "UTF-8"},
    {"/api/0/%e0%9f%bf/", "UTF-8"},
    {"/api/0/%f0%80%80%ae/", "UTF-8"},
    {"/api/0/%f0%8f%bf%bf/", "UTF-8"},
    {"/api/0/%ed%a0%80/", "UTF-8"},
    {"/api/0/%f4%90%80%80/", "UTF-8"},
    {"/api/0/%f5%80%80%80/", "UTF-8"},
    {"/api/0/%ff/", "UTF-8"},
    {"/api/0/%80/", "UTF-8"},
    {"/api/0/%c3/", "UTF-8"},
    {"/api/0/%c3%28/", "UTF-8"},
    {"/api/0/%c3x%a9/", "UTF-8"},
    {"/api/0/%e2%82/%ac/", "UTF-8"},
    {"/api/0/%e2%82", "UTF-8"},
    {"/api/0/%c3%2e/", "UTF-8"},
    // broken escapes
    {"/api/0/%", "broken"},
    {"/api/0/%2", "broken"},
    {"/api/0/%2/", "broken"},
    {"/api/0/%zz/", "broken"},
    {"/api/0/%u002e/", "broken"},
    {"/api/0/%-1/", "broken"},
    {"/api/0/% 2f/", "broken"},
    // bytes that may not stand in a path
    {"/api/0/a\\b/", "must be escaped"},
    {"/api/0/..\\..\\admin", "must be escaped"},
    {"/api/0/#x", "must be escaped"},
    {"/api/0/?x=1", "must be escaped"},
    {"/api/0/a?b/../c", "must be escaped"},
    {"/api/0/a b/", "must be escaped"},
    {"/api/0/a\tb/", "must be escaped"},
    {"/api/0/a\r\nX: 1", "must be escaped"},
    {"/api/0/\"x\"/", "must be escaped"},
    {"/api/0/<x>/", "must be escaped"},
    {"/api/0/{x}/", "must be escaped"},
    {"/api/0/x|y/", "must be escaped"},
    {"/api/0/x^y/", "must be escaped"},
    {"/api/0/x`y/", "must be escaped"},
    {"/api/0/[x]/", "must be escaped"},
    {"/api/0/\x7f/", "must be escaped"},
    {"/api/0/\xc3\xa9/", "must be escaped"},
    {"/api/0/\xff/", "must be escaped"},
    {"/api/0/\xef\xbc\x8e\xef\xbc\x8e/", "must be escaped"},
    {"/api/0/x\0y/"sv, "must be escaped"},
    {"/api/0/organizations/acme\0/"sv, "must be escaped"},
};

TEST(Target, PathsThatServersReadDifferentlyAreUnsafeAndNameNobody) {
  for (const Attack& row : kAttacks) {
    const Target target = classify(row.path);
    EXPECT_EQ(target.kind, TargetKind::kUnsafe) << row.path;
    EXPECT_NE(target.detail.find(row.reason), std::string_view::npos)
        << row.path << ": " << target.detail;
    EXPECT_EQ(target.organization, "") << row.path;
  }
}

// The same tricks must not become harmless by standing deeper or before the API's prefix.
TEST(Target, AnAttackIsUnsafeWhereverItStands) {
  for (const Attack& row : kAttacks) {
    if (row.path.substr(0, 7) != "/api/0/") continue;
    const std::string deeper =
        "/api/0/organizations/acme/issues/" + std::string(row.path.substr(7));
    EXPECT_EQ(classify(deeper).kind, TargetKind::kUnsafe) << deeper;
    const std::string outside = "/auth/" + std::string(row.path.substr(7));
    EXPECT_EQ(classify(outside).kind, TargetKind::kUnsafe) << outside;
  }
}

// Exactly the bytes of RFC 3986's pchar, '/' and well-formed escapes may pass.
TEST(Target, EachByteAloneIsJudgedAsTheRfcHasIt) {
  constexpr std::string_view kAllowed =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~!$&'()*+,;=:@/";
  for (int byte = 0; byte < 256; ++byte) {
    const char c = static_cast<char>(byte);
    const std::string path = std::string("/api/0/x") + c + "y/";
    const bool allowed = kAllowed.find(c) != std::string_view::npos;
    EXPECT_EQ(classify(path).kind, allowed ? TargetKind::kApi : TargetKind::kUnsafe) << byte;
  }
}

// What an escape hides must be neither needless nor dangerous.
TEST(Target, EachEscapedAsciiByteIsJudgedOnItsOwn) {
  constexpr std::string_view kHex = "0123456789abcdef";
  constexpr std::string_view kHarmless = " !\"#$%&'()*+,:;<=>?@[]^`{|}";
  for (size_t byte = 0; byte < 128; ++byte) {
    const std::string path = std::string("/api/0/x%") + kHex[byte >> 4] + kHex[byte & 15] + "y/";
    const bool allowed = kHarmless.find(static_cast<char>(byte)) != std::string_view::npos;
    EXPECT_EQ(classify(path).kind, allowed ? TargetKind::kApi : TargetKind::kUnsafe) << path;
  }
}

TEST(Target, TheOrganizationPointsIntoThePath) {
  const std::string path = "/api/0/projects/acme/web/";
  EXPECT_EQ(classify(path).organization.data(), path.data() + 16);
}

}  // namespace
}  // namespace postern::policy
