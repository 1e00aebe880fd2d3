#include "policy/template_index.h"

#include <gmock/gmock.h>

#include "policy/table_rows.h"

namespace postern::policy {
namespace {

using ::testing::Contains;
using ::testing::IsSupersetOf;

size_t index_of(const TemplateIndex& index, std::string_view path) {
  for (size_t i = 0; i < index.size(); ++i)
    if (index.path(i) == path) return i;
  ADD_FAILURE() << path;
  return 0;
}

TEST(TemplateIndex, KnowsEachTemplatesMethodsWithHeadForGet) {
  const TemplateIndex index(test::built_in());
  const size_t issue = index_of(index, "/api/0/issues/{issue_id}/");
  EXPECT_EQ(index.methods(issue), bit(http::Method::kGet) | bit(http::Method::kHead) |
                                      bit(http::Method::kPut) | bit(http::Method::kDelete));
  EXPECT_THAT(index.operations(), Contains("listOrganizationIssues"));
}

TEST(TemplateIndex, FindsEveryPathOfAClass) {
  const TemplateIndex index(test::built_in());
  std::vector<std::string_view> paths;
  index.for_each_alias(index_of(index, "/api/0/issues/{issue_id}/notes/"), bit(http::Method::kPost),
                       [&](size_t other, uint8_t methods) {
                         EXPECT_EQ(methods, bit(http::Method::kPost));
                         paths.push_back(index.path(other));
                       });
  EXPECT_EQ(paths.size(), 4u);
  EXPECT_THAT(paths, IsSupersetOf({std::string_view("/api/0/issues/{issue_id}/comments/"),
                                   std::string_view("/api/0/issues/{issue_id}/notes/")}));
}

}  // namespace
}  // namespace postern::policy
