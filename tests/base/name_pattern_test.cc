#include "base/name_pattern.h"

#include <gtest/gtest.h>

namespace postern {
namespace {

TEST(NamePattern, ANameFitsItselfInAnyCase) {
  EXPECT_TRUE(fits_name("web.shop.svc", "web.shop.svc"));
  EXPECT_TRUE(fits_name("Web.shop.svc", "web.SHOP.svc"));
  EXPECT_FALSE(fits_name("web.shop.svc", "web.shop.svc.evil.example"));
  EXPECT_FALSE(fits_name("web.shop.svc", "evil-web.shop.svc"));
  EXPECT_FALSE(fits_name("web", ""));
}

TEST(NamePattern, AStarIsOneLabelInFront) {
  EXPECT_TRUE(fits_name("*.shop.svc", "web.shop.svc"));
  for (const char* name : {"shop.svc", ".shop.svc", "a.web.shop.svc", "web-shop.svc", "webshop.svc",
                           "web.shop.svc.", "web.shop.svcx", "spiffe://x/web.shop.svc", ""})
    EXPECT_FALSE(fits_name("*.shop.svc", name)) << name;
}

TEST(NamePattern, AUriFitsItselfTheHostInAnyCase) {
  const char* pattern = "spiffe://shop.example/ns/web/sa/api";
  EXPECT_TRUE(fits_name(pattern, "spiffe://shop.example/ns/web/sa/api"));
  EXPECT_TRUE(fits_name(pattern, "SPIFFE://Shop.example/ns/web/sa/api"));
  for (const char* name : {"spiffe://shop.example/ns/WEB/sa/api", "spiffe://shop.example",
                           "spiffe://shop.example/ns/web/sa/api/", "shop.example"})
    EXPECT_FALSE(fits_name(pattern, name)) << name;
}

TEST(NamePattern, AStarAtTheEndOfAUriIsTheRestOfItsPath) {
  const char* pattern = "spiffe://shop.example/ns/web/*";
  EXPECT_TRUE(fits_name(pattern, "spiffe://shop.example/ns/web/sa/api"));
  for (const char* name :
       {"spiffe://shop.example/ns/web/", "spiffe://shop.example/ns/webx/sa/api",
        "spiffe://shop.example.evil/ns/web/sa/api", "spiffe://shop.example/ns/web"})
    EXPECT_FALSE(fits_name(pattern, name)) << name;
}

TEST(NamePattern, OfNoPatternsNoneFits) {
  EXPECT_FALSE(fits_any({}, "web"));
  EXPECT_TRUE(fits_any({"api", "web"}, "web"));
}

TEST(NamePattern, WhatCouldFitNothingOrTooMuchIsAFault) {
  for (const char* good : {"web", "web.shop.svc", "*.shop.svc", "ci-runner@shop",
                           "spiffe://shop.example/ns/web", "spiffe://shop.example/*"})
    EXPECT_EQ(name_pattern_fault(good), std::nullopt) << good;
  for (const char* bad : {"", "*", "*.", "w*b", "web.*", "**.shop", "a b", "spiffe://*",
                          "spiffe:///*", "spiffe://*/x", "spiffe://shop.example/*/sa"})
    EXPECT_NE(name_pattern_fault(bad), std::nullopt) << bad;
  EXPECT_NE(name_pattern_fault(std::string(256, 'a')), std::nullopt);
}

}  // namespace
}  // namespace postern
