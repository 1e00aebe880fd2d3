#include "policy/unpinned.h"

#include <gtest/gtest.h>

#include "policy/table_rows.h"

namespace postern::policy {
namespace {

std::string doubt(std::string_view entry) {
  return unpinned_doubt(entry, test::built_in()).value_or("none");
}

TEST(UnpinnedDoubt, IsNoneOfWhatTheTableKnows) {
  for (const std::string_view entry :
       {"/api/0/broadcasts/", "/api/0/broadcasts", "/api/0/sentry-apps/{id}/",
        "/api/0/sentry-apps/my-app/", "/api/0/sentry-apps/*", "/api/0/*", "/api/0/issues/17/",
        "/api/0/groups/17/"})
    EXPECT_EQ(doubt(entry), "none") << entry;
}

TEST(UnpinnedDoubt, NamesWhatWasMeant) {
  EXPECT_EQ(doubt("/api/0/brodcasts/"),
            "names no endpoint that is known; did you mean /api/0/broadcasts/?");
  EXPECT_EQ(doubt("/api/0/sentry-app/{id}/"),
            "names no endpoint that is known; did you mean "
            "/api/0/sentry-apps/{sentry_app_id_or_slug}/?");
}

TEST(UnpinnedDoubt, IsThereWithoutASuggestionToo) {
  EXPECT_EQ(doubt("/api/0/something-of-our-own/*"), "names no endpoint that is known");
  EXPECT_EQ(doubt("/api/0/broadcasts/no/such/thing/below/"), "names no endpoint that is known");
}

}  // namespace
}  // namespace postern::policy
