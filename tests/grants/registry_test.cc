#include "grants/registry.h"

#include <gtest/gtest.h>

namespace postern::grants {
namespace {

Registry make_registry(const std::vector<std::pair<std::string, std::string>>& grants) {
  std::vector<GrantOptions> list;
  for (const auto& [name, organization] : grants) {
    GrantOptions options;
    options.name = name;
    options.organization = organization;
    list.push_back(options);
  }
  return Registry(std::move(list));
}

// One line is one case: the wish, and the grant's name or the failure.
struct Case {
  Wish wish;
  const char* grant;
  SelectFailure failure;
};

void expect(const Registry& registry, const std::vector<Case>& cases) {
  for (const Case& c : cases) {
    SCOPED_TRACE("ceiling '" + std::string(c.wish.ceiling) + "' header '" +
                 std::string(c.wish.header) + "' organization '" +
                 std::string(c.wish.organization) + "'");
    Selection selection = registry.select(c.wish);
    EXPECT_EQ(selection.failure, c.failure);
    ASSERT_EQ(selection.grant != nullptr, c.grant != nullptr);
    if (c.grant != nullptr) {
      EXPECT_EQ(selection.grant->options().name, c.grant);
    }
  }
}

TEST(Registry, TheOnlyGrantServesWhoeverDoesNotAskForAnother) {
  Registry registry = make_registry({{"acme", "acme"}});
  expect(registry, {{{"", "", ""}, "acme", SelectFailure::kNone},
                    {{"", "acme", ""}, "acme", SelectFailure::kNone},
                    {{"", "", "acme"}, "acme", SelectFailure::kNone},
                    {{"", "", "elsewhere"}, "acme", SelectFailure::kNone},
                    {{"", "beta", ""}, nullptr, SelectFailure::kUnknown}});
}

TEST(Registry, OfSeveralTheHeaderThenTheOrganizationDecides) {
  Registry registry = make_registry({{"a", "acme"}, {"b", "beta"}});
  expect(registry, {{{"", "b", "acme"}, "b", SelectFailure::kNone},
                    {{"", "", "beta"}, "b", SelectFailure::kNone},
                    {{"", "", ""}, nullptr, SelectFailure::kAmbiguous},
                    {{"", "", "elsewhere"}, nullptr, SelectFailure::kAmbiguous},
                    {{"", "beta", ""}, nullptr, SelectFailure::kUnknown},
                    {{"", "A", ""}, nullptr, SelectFailure::kUnknown}});
}

TEST(Registry, AnOrganizationIsAlsoKnownByItsIdOnceTheGrantKnowsIt) {
  Registry registry = make_registry({{"a", "acme"}, {"b", "beta"}});
  expect(registry, {{{"", "", "4500002"}, nullptr, SelectFailure::kAmbiguous}});
  registry.find("a")->set_identity("4500001", "7");
  registry.find("b")->set_identity("4500002", "7");
  expect(registry, {{{"", "", "4500002"}, "b", SelectFailure::kNone},
                    {{"", "", "4500003"}, nullptr, SelectFailure::kAmbiguous}});
}

TEST(Registry, TwoGrantsOfOneOrganizationMustBeNamed) {
  Registry registry = make_registry({{"read", "acme"}, {"write", "acme"}});
  expect(registry, {{{"", "", "acme"}, nullptr, SelectFailure::kAmbiguous},
                    {{"", "write", "acme"}, "write", SelectFailure::kNone}});
}

TEST(Registry, TheListenersGrantIsACeiling) {
  Registry registry = make_registry({{"a", "acme"}, {"b", "beta"}});
  expect(registry, {{{"a", "", ""}, "a", SelectFailure::kNone},
                    {{"a", "a", ""}, "a", SelectFailure::kNone},
                    {{"a", "b", ""}, nullptr, SelectFailure::kNotAllowedHere},
                    {{"a", "nobody", ""}, nullptr, SelectFailure::kNotAllowedHere},
                    {{"a", "", "beta"}, "a", SelectFailure::kNone},
                    {{"gone", "", ""}, nullptr, SelectFailure::kUnknown}});
}

TEST(Registry, WithoutGrantsEveryWishIsUnknown) {
  expect(make_registry({}), {{{"", "", ""}, nullptr, SelectFailure::kUnknown}});
}

TEST(Registry, KnowsTheNamesInOrder) {
  Registry registry = make_registry({{"b", "beta"}, {"a", "acme"}});
  EXPECT_EQ(registry.names(), "b, a");
  EXPECT_EQ(registry.find("a")->options().organization, "acme");
  EXPECT_EQ(registry.find("c"), nullptr);
}

}  // namespace
}  // namespace postern::grants
