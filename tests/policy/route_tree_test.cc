// The tree by itself; what it does with Sentry's own templates is in catalogue_test.cc.
#include "policy/route_tree.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace postern::policy {
namespace {

RouteTree::Found find(const RouteTree& tree, std::string_view path) {
  return tree.find(split_api_path(path).value_or(ApiPath{}));
}

TEST(RouteTree, OfOneShapeThereIsOneRoute) {
  RouteTree tree;
  EXPECT_EQ(tree.add("/api/0/x/{a}/").path, "/api/0/x/{a}/");
  EXPECT_EQ(tree.add("/api/0/x/{b}/").path, "/api/0/x/{a}/");
  EXPECT_EQ(tree.add("/api/0/x/{b}").path, "/api/0/x/{b}");
  EXPECT_EQ(tree.add("/api/0/x/{b}:{c}/").path, "/api/0/x/{b}:{c}/");
  EXPECT_EQ(tree.add("/api/0/").path, "/api/0/");
}

TEST(RouteTree, AnEmptyOneKnowsNothing) {
  const RouteTree tree;
  const RouteTree::Found found = find(tree, "/api/0/x/");
  EXPECT_EQ(found.route, nullptr);
  EXPECT_EQ(found.beginning, "/api/0/*");
  EXPECT_EQ(found.known, 0u);
}

TEST(RouteTree, AnExactFitGoesBeforeOneThatNeedsASlash) {
  RouteTree tree;
  tree.add("/api/0/x/word/");
  tree.add("/api/0/x/{a}");
  const RouteTree::Found found = find(tree, "/api/0/x/word");
  EXPECT_EQ(found.route->path, "/api/0/x/{a}");
  EXPECT_FALSE(found.needs_slash);
}

TEST(RouteTree, OfTwoThatNeedASlashTheWordGoesFirst) {
  RouteTree tree;
  tree.add("/api/0/x/{a}/");
  tree.add("/api/0/x/word/");
  const RouteTree::Found found = find(tree, "/api/0/x/word");
  EXPECT_EQ(found.route->path, "/api/0/x/word/");
  EXPECT_TRUE(found.needs_slash);
}

TEST(RouteTree, EachRouteKnowsWhereItsOwnTemplateNamesTheOwner) {
  RouteTree tree;
  tree.add("/api/0/x/{other_id}/");
  tree.add("/api/0/x/{organization_id_or_slug}/{project_id_or_slug}/");
  const ApiPath path = split_api_path("/api/0/x/acme/web/").value_or(ApiPath{});
  const Owner owner = tree.find(path).route->owner;
  EXPECT_EQ(owner.organization.in(path), "acme");
  EXPECT_EQ(owner.project.in(path), "web");
}

// Many levels offer a word and a parameter, and only the last word decides.
TEST(RouteTree, FindsItsWayBackFromEveryLevel) {
  RouteTree tree;
  constexpr size_t kDepth = 12;
  std::vector<std::string> templates;
  for (size_t bits = 0; bits < (size_t{1} << kDepth); bits += 37) {
    std::string path = "/api/0/";
    for (size_t i = 0; i < kDepth; ++i) path += bits >> i & 1 ? "w/" : "{p}/";
    templates.push_back(path + "end/");
  }
  for (const std::string& path : templates) tree.add(path);
  std::string path = "/api/0/";
  for (size_t i = 0; i < kDepth; ++i) path += "w/";
  EXPECT_EQ(find(tree, path + "other/").route, nullptr);
  EXPECT_EQ(find(tree, path + "other/").known, kDepth);
  EXPECT_NE(find(tree, path + "end/").route, nullptr);
  for (const std::string& name : templates) {
    std::string own = name;
    for (size_t at = own.find("{p}"); at != std::string::npos; at = own.find("{p}"))
      own.replace(at, 3, "v");
    EXPECT_EQ(find(tree, own).route->path, name);
  }
}

}  // namespace
}  // namespace postern::policy
