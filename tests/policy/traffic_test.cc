#include "policy/traffic.h"

#include <gtest/gtest.h>

#include "policy/catalogue.h"

namespace postern::policy {
namespace {

using http::Method;

Traffic traffic(Method method, std::string_view path) {
  static const Catalogue catalogue = Catalogue::built_in();
  return traffic_of(method, catalogue.match(method, path).route);
}

TEST(Traffic, FilesAreUploads) {
  for (const std::string_view path :
       {"/api/0/organizations/acme/chunk-upload/", "/api/0/organizations/acme/releases/1.0/files/",
        "/api/0/projects/acme/web/releases/1.0/files/", "/api/0/projects/acme/web/files/dsyms/",
        "/api/0/projects/acme/web/preprodartifacts/snapshots/"}) {
    EXPECT_EQ(traffic(Method::kPost, path), Traffic::kUpload) << path;
    EXPECT_EQ(traffic(Method::kGet, path), Traffic::kOrdinary) << path;
  }
}

TEST(Traffic, ATableMayNameItsParametersAsItLikes) {
  EXPECT_EQ(traffic_of(Method::kPost, "/api/0/{org}/releases/{name}/files/"), Traffic::kUpload);
  EXPECT_EQ(traffic_of(Method::kPost, "/api/0/{org}/releases/name/files/"), Traffic::kOrdinary);
  EXPECT_EQ(traffic_of(Method::kPost, "name}/files/"), Traffic::kOrdinary);
  EXPECT_EQ(traffic_of(Method::kPost, "/files/"), Traffic::kOrdinary);
}

TEST(Traffic, AutofixIsAWorldOfItsOwn) {
  for (const std::string_view path :
       {"/api/0/organizations/acme/issues/1/autofix/", "/api/0/issues/1/autofix/",
        "/api/0/groups/1/autofix/", "/api/0/organizations/acme/issues/1/autofix/setup/"}) {
    EXPECT_EQ(traffic(Method::kGet, path), Traffic::kAutofix) << path;
  }
  EXPECT_EQ(traffic(Method::kPost, "/api/0/organizations/acme/issues/1/autofix/"),
            Traffic::kAutofix);
}

TEST(Traffic, TheRestIsOrdinary) {
  EXPECT_EQ(traffic(Method::kGet, "/api/0/organizations/acme/issues/"), Traffic::kOrdinary);
  EXPECT_EQ(traffic(Method::kPost, "/api/0/organizations/acme/releases/"), Traffic::kOrdinary);
  EXPECT_EQ(traffic(Method::kPost, "/api/0/no-such-thing/chunk-upload/"), Traffic::kOrdinary);
}

}  // namespace
}  // namespace postern::policy
