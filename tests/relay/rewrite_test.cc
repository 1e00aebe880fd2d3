#include "relay/rewrite.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace postern::relay {
namespace {

constexpr std::string_view kHere = "http://localhost:7979";

UrlRewriter sentry() {
  return UrlRewriter("https://sentry.io", {"us", "de"}, "acme");
}

// As a sandbox is set up: its public name is no part of the address that is called.
UrlRewriter sandbox() {
  return UrlRewriter("https://127.0.0.1:8443", {"us.sentry.test:9443", "de.sentry.test"}, "acme");
}

std::string location(const UrlRewriter& rewriter, std::string_view value) {
  std::string out;
  const bool replaced = rewriter.rewrite_location(value, kHere, out);
  EXPECT_EQ(replaced, out != value) << value;
  return out;
}

bool is_rewritten(const UrlRewriter& rewriter, std::string_view url) {
  return location(rewriter, url) != url;
}

std::string link(std::string_view value) {
  std::string out;
  const bool replaced = sentry().rewrite_link(value, kHere, out);
  EXPECT_EQ(replaced, out != value) << value;
  return out;
}

struct Row {
  std::string_view url;
  std::string_view rest;  // what stands behind our own origin
};

TEST(Rewrite, UrlsOfTheUpstreamPointToTheCaller) {
  constexpr Row kRows[] = {
      {"https://sentry.io/api/0/", "/api/0/"},
      {"https://us.sentry.io/api/0/x/", "/api/0/x/"},
      {"https://de.sentry.io/api/0/x/", "/api/0/x/"},
      {"https://acme.sentry.io/api/0/x/", "/api/0/x/"},
      {"https://sentry.io:443/api/0/x/", "/api/0/x/"},
      {"https://sentry.io:/api/0/x/", "/api/0/x/"},
      {"HTTPS://SENTRY.IO/api/0/x/", "/api/0/x/"},
      {"https://US.Sentry.io/api/0/x/", "/api/0/x/"},
      {"https://sentry.io/api/0/x/?&cursor=0:100:0", "/api/0/x/?&cursor=0:100:0"},
      {"https://sentry.io/api/0/x/?u=https://evil.example/../#y",
       "/api/0/x/?u=https://evil.example/../#y"},
      {"https://sentry.io/api/0/x/#part", "/api/0/x/#part"},
      {"https://sentry.io/api/0/%C3%A9/", "/api/0/%C3%A9/"},
  };
  for (const Row& row : kRows)
    EXPECT_EQ(location(sentry(), row.url), "http://localhost:7979" + std::string(row.rest));
}

TEST(Rewrite, OtherUrlsStayAsTheyAre) {
  constexpr std::string_view kUrls[] = {
      // another host that looks alike
      "https://evil.example/api/0/x/",
      "https://sentry.io.evil.example/api/0/x/",
      "https://evilsentry.io/api/0/x/",
      "https://sentry.io./api/0/x/",
      "https://sentry.iox/api/0/x/",
      "https://sentry.i/api/0/x/",
      "https://sentry%2eio/api/0/x/",
      "https://sentry%00.io/api/0/x/",
      "https://s\xd0\xb5ntry.io/api/0/x/",
      "https://[sentry.io]/api/0/x/",
      // a subdomain that is not listed, or more than one label
      "https://fr.sentry.io/api/0/x/",
      "https://us.us.sentry.io/api/0/x/",
      "https://a.us.sentry.io/api/0/x/",
      "https://other.sentry.io/api/0/x/",
      "https://xacme.sentry.io/api/0/x/",
      "https://acme.us.sentry.io/api/0/x/",
      "https://.sentry.io/api/0/x/",
      "https://us..sentry.io/api/0/x/",
      "https://us-sentry.io/api/0/x/",
      // user information
      "https://user@sentry.io/api/0/x/",
      "https://user:pass@sentry.io/api/0/x/",
      "https://sentry.io@evil.example/api/0/x/",
      "https://sentry.io:443@evil.example/api/0/x/",
      "https://@sentry.io/api/0/x/",
      "https://sentry.io%40evil.example/api/0/x/",
      // another port
      "https://sentry.io:444/api/0/x/",
      "https://sentry.io:4430/api/0/x/",
      "https://sentry.io:0443/api/0/x/",
      "https://sentry.io:443:443/api/0/x/",
      "https://sentry.io:x/api/0/x/",
      // another scheme, or none
      "http://sentry.io/api/0/x/",
      "https:/sentry.io/api/0/x/",
      "https:sentry.io/api/0/x/",
      "https:///sentry.io/api/0/x/",
      "ftp://sentry.io/api/0/x/",
      "//sentry.io/api/0/x/",
      "/api/0/x/",
      "sentry.io/api/0/x/",
      " https://sentry.io/api/0/x/",
      "xhttps://sentry.io/api/0/x/",
      "",
      "https://",
      "https:///api/0/x/",
      // another path
      "https://sentry.io",
      "https://sentry.io/",
      "https://sentry.io/api/0",
      "https://sentry.io/api/1/x/",
      "https://sentry.io/API/0/x/",
      "https://sentry.io/auth/login/",
      "https://sentry.io/organizations/acme/issues/1/",
      "https://sentry.io?/api/0/x/",
      "https://sentry.io#/api/0/x/",
      "https://sentry.io\\api\\0\\x/",
      "https://sentry.io\\@evil.example/api/0/x/",
      "https://evil.example\\@sentry.io/api/0/x/",
      "https://evil.example#@sentry.io/api/0/x/",
      "https://evil.example?@sentry.io/api/0/x/",
      "https://evil.example/@sentry.io/api/0/x/",
      // a path that leaves the API again
      "https://sentry.io/api/0/../../auth/",
      "https://sentry.io/api/0/%2e%2e/auth/",
      "https://sentry.io//api/0/x/",
      "https://sentry.io/api/0/x\\y/",
  };
  for (const std::string_view url : kUrls) EXPECT_EQ(location(sentry(), url), url);
}

TEST(Rewrite, ALocationThatIsNotOneUrlStays) {
  EXPECT_EQ(location(sentry(), "https://us.sentry.io/api/0/x/ , https://evil.example/"),
            "https://us.sentry.io/api/0/x/ , https://evil.example/");
}

TEST(Rewrite, AnUpstreamWithAPortOwnsThatPortOnly) {
  const UrlRewriter rewriter = sandbox();
  EXPECT_EQ(location(rewriter, "https://127.0.0.1:8443/api/0/x/"),
            "http://localhost:7979/api/0/x/");
  EXPECT_EQ(location(rewriter, "https://127.0.0.1/api/0/x/"), "https://127.0.0.1/api/0/x/");
  EXPECT_EQ(location(rewriter, "https://127.0.0.1:443/api/0/x/"), "https://127.0.0.1:443/api/0/x/");
}

TEST(Rewrite, ARegionMayBeAHostOfItsOwnWithAPortOrWithTheUpstreams) {
  const UrlRewriter rewriter = sandbox();
  EXPECT_EQ(location(rewriter, "https://us.sentry.test:9443/api/0/x/"),
            "http://localhost:7979/api/0/x/");
  EXPECT_EQ(location(rewriter, "https://de.sentry.test:8443/api/0/x/"),
            "http://localhost:7979/api/0/x/");
  for (const std::string_view url :
       {"https://us.sentry.test:8443/api/0/x/", "https://us.sentry.test/api/0/x/",
        "https://sentry.test:9443/api/0/x/", "https://x.us.sentry.test:9443/api/0/x/",
        "https://us.sentry.test.127.0.0.1:8443/api/0/x/"}) {
    EXPECT_EQ(location(rewriter, url), url);
  }
}

TEST(Rewrite, AnIpv6UpstreamIsKnownByItsBrackets) {
  const UrlRewriter rewriter("https://[::1]:8443", {}, "");
  EXPECT_TRUE(is_rewritten(rewriter, "https://[::1]:8443/api/0/"));
  EXPECT_FALSE(is_rewritten(rewriter, "https://[::1]/api/0/"));
  EXPECT_FALSE(is_rewritten(rewriter, "https://[::2]:8443/api/0/"));
}

TEST(Rewrite, WithoutAnOrganizationNoEmptyLabelIsKnown) {
  const UrlRewriter rewriter("https://sentry.io/", {}, "");
  EXPECT_TRUE(is_rewritten(rewriter, "https://sentry.io/api/0/"));
  EXPECT_FALSE(is_rewritten(rewriter, "https://.sentry.io/api/0/"));
  EXPECT_FALSE(is_rewritten(rewriter, "https://us.sentry.io/api/0/"));
}

TEST(Rewrite, TheCallersOwnWordForUsIsUsed) {
  for (const std::string_view here :
       {"http://127.0.0.1", "http://127.0.0.1:80", "https://[::1]:7979", "http://LOCALHOST"}) {
    std::string out = "kept ";
    EXPECT_TRUE(sentry().rewrite_location("https://sentry.io/api/0/", here, out));
    EXPECT_EQ(out, "kept " + std::string(here) + "/api/0/");
  }
}

TEST(RewriteLink, BothRelationsOfAPageAreRewrittenAndNothingElse) {
  EXPECT_EQ(
      link(
          "<https://us.sentry.io/api/0/organizations/acme/issues/?&cursor=0:0:1>; rel=\"previous\";"
          " results=\"false\"; cursor=\"0:0:1\", "
          "<https://us.sentry.io/api/0/organizations/acme/issues/?&cursor=0:100:0>; rel=\"next\";"
          " results=\"true\"; cursor=\"0:100:0\""),
      "<http://localhost:7979/api/0/organizations/acme/issues/?&cursor=0:0:1>; rel=\"previous\";"
      " results=\"false\"; cursor=\"0:0:1\", "
      "<http://localhost:7979/api/0/organizations/acme/issues/?&cursor=0:100:0>; rel=\"next\";"
      " results=\"true\"; cursor=\"0:100:0\"");
}

TEST(RewriteLink, WellFormedValues) {
  constexpr std::pair<std::string_view, std::string_view> kRows[] = {
      {"<https://sentry.io/api/0/x/>", "<http://localhost:7979/api/0/x/>"},
      // foreign links among ours
      {"<https://evil.example/api/0/>; rel=help,<https://sentry.io/api/0/x/>;rel=next",
       "<https://evil.example/api/0/>; rel=help,<http://localhost:7979/api/0/x/>;rel=next"},
      // commas in a URL, in quotes, in place of elements
      {"<https://sentry.io/api/0/x/?a=1,2>; rel=\"a\"",
       "<http://localhost:7979/api/0/x/?a=1,2>; rel=\"a\""},
      {"<https://sentry.io/api/0/x/>; title=\"a, <https://sentry.io/api/0/y/>\"",
       "<http://localhost:7979/api/0/x/>; title=\"a, <https://sentry.io/api/0/y/>\""},
      {" , <https://sentry.io/api/0/x/> ,, <https://sentry.io/api/0/y/> , ",
       " , <http://localhost:7979/api/0/x/> ,, <http://localhost:7979/api/0/y/> , "},
      // escaped quotes
      {"<https://sentry.io/api/0/x/>; title=\"a\\\", <https://sentry.io/api/0/y/>\"; rel=b",
       "<http://localhost:7979/api/0/x/>; title=\"a\\\", <https://sentry.io/api/0/y/>\"; rel=b"},
      {"<https://sentry.io/api/0/x/>; title=\"a\\\\\", <https://sentry.io/api/0/y/>",
       "<http://localhost:7979/api/0/x/>; title=\"a\\\\\", <http://localhost:7979/api/0/y/>"},
      // parameters are not ours to touch
      {"<https://sentry.io/api/0/x/>; anchor=\"https://sentry.io/api/0/y/\"",
       "<http://localhost:7979/api/0/x/>; anchor=\"https://sentry.io/api/0/y/\""},
      {"<https://sentry.io/api/0/x/>\t ;\trel=next",
       "<http://localhost:7979/api/0/x/>\t ;\trel=next"},
      {"<https://sentry.io/api/0/x/>;", "<http://localhost:7979/api/0/x/>;"},
      // relative links already point here
      {"</api/0/x/>; rel=next", "</api/0/x/>; rel=next"},
      {"<>; rel=next", "<>; rel=next"},
  };
  for (const auto& [value, rewritten] : kRows) EXPECT_EQ(link(value), rewritten);
}

// Each of these holds a URL of ours: it must not be touched, since what it means is anyone's guess.
TEST(RewriteLink, MalformedValuesPassUntouched) {
  constexpr std::string_view kGood = "<https://sentry.io/api/0/x/>";
  for (const std::string_view bad : {
           "nonsense",
           "<https://sentry.io/api/0/y/",
           "https://sentry.io/api/0/y/",
           "\"<https://sentry.io/api/0/y/>\"",
           "<https://sentry.io/api/0/y/> rel=next",
           "<https://sentry.io/api/0/y/><https://sentry.io/api/0/z/>",
           "<https://sentry.io/api/0/y/>; title=\"open",
           "<https://sentry.io/api/0/y/>; title=\"open\\",
           "<https://sentry.io/api/0/y/>; title=\"open\\\"",
           "<<https://sentry.io/api/0/y/>>",
           "<https://sentry.io/api/0/y/ z>",
           "<https://sentry.io/api/0/\"y/>",
           "<https://sentry.io/api/0/y/>; rel=<next>",
           "; rel=next",
           "<",
       }) {
    EXPECT_EQ(link(bad), bad);
    const std::string behind_good = std::string(kGood) + ", " + std::string(bad);
    EXPECT_EQ(link(behind_good), behind_good);
  }
}

TEST(RewriteLink, EmptyAndBlankValuesStay) {
  for (const std::string_view value : {"", " ", ",", ", ,\t"}) EXPECT_EQ(link(value), value);
}

TEST(RewriteLink, WhatWasAppendedBeforeIsKept) {
  std::string out = "kept ";
  EXPECT_FALSE(sentry().rewrite_link("<https://sentry.io/api/0/x/>, <", kHere, out));
  EXPECT_EQ(out, "kept <https://sentry.io/api/0/x/>, <");
}

}  // namespace
}  // namespace postern::relay
