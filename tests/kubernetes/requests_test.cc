#include "kubernetes/requests.h"

#include <gtest/gtest.h>

#include <string>

namespace postern::kubernetes {
namespace {

Options options() {
  Options made;
  made.namespace_name = "shop";
  return made;
}

TEST(Requests, NameTheSecretAndTheLease) {
  EXPECT_EQ(get_secret(options()).target, "/api/v1/namespaces/shop/secrets/postern-grants");
  EXPECT_EQ(get_lease(options()).target,
            "/apis/coordination.k8s.io/v1/namespaces/shop/leases/postern-refresh");
  const Request patch = patch_secret(options(), Secret("{}"));
  EXPECT_EQ(patch.verb, Verb::kPatch);
  EXPECT_EQ(patch.target, "/api/v1/namespaces/shop/secrets/postern-grants?fieldManager=postern");
  EXPECT_NE(try_lease(options()).target.find("&dryRun=All"), std::string::npos);
}

TEST(Requests, AWatchIsOfThatSecretAlone) {
  const std::string target = watch_target(options(), "");
  EXPECT_EQ(target,
            "/api/v1/namespaces/shop/secrets?watch=1&allowWatchBookmarks=true&timeoutSeconds=300"
            "&fieldSelector=metadata.name%3Dpostern-grants");
  EXPECT_EQ(watch_target(options(), "12&x"), target + "&resourceVersion=12%26x");
}

TEST(Requests, NamesOfObjectsNeedNoEncoding) {
  EXPECT_TRUE(is_object_name("postern-grants.v1"));
  for (const char* odd : {"", ".", "../x", "A", "a/b", "a b", "a%2fb"})
    EXPECT_FALSE(is_object_name(odd)) << odd;
  EXPECT_FALSE(is_object_name(std::string(254, 'a')));
}

}  // namespace
}  // namespace postern::kubernetes
