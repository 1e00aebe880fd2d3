#include "config/spelling.h"

#include <gtest/gtest.h>

#include <string>

namespace postern::config {
namespace {

TEST(Spelling, ASlugIsLowerCaseAndBeginsWithNoDash) {
  for (const char* good : {"acme", "acme-2", "a_b", "42"}) EXPECT_TRUE(is_slug(good)) << good;
  for (const char* bad : {"", "-acme", "Acme", "a.b", "a/b", "a b"})
    EXPECT_FALSE(is_slug(bad)) << bad;
  EXPECT_TRUE(is_slug(std::string(64, 'a')));
  EXPECT_FALSE(is_slug(std::string(65, 'a')));
}

TEST(Spelling, AGrantsNameIsAFileNameThatIsNotHidden) {
  for (const char* good : {"acme", "Acme.eu", "a-b_c"}) EXPECT_TRUE(is_grant_name(good)) << good;
  for (const char* bad : {"", ".acme", "..", "a/b", "a\n"}) EXPECT_FALSE(is_grant_name(bad)) << bad;
  EXPECT_FALSE(is_grant_name(std::string(65, 'a')));
}

TEST(Spelling, AFieldsNameIsAToken) {
  EXPECT_TRUE(is_field_name("X-Postern-Request"));
  for (const char* bad : {"", "a b", "a:", "a\r", "\xc3\xa4"})
    EXPECT_FALSE(is_field_name(bad)) << bad;
}

TEST(Spelling, AUuidHasItsDashes) {
  EXPECT_TRUE(is_uuid("0f8fad5b-d9cb-469f-A165-70867728950e"));
  EXPECT_FALSE(is_uuid("0f8fad5bd9cb469fa16570867728950e"));
  EXPECT_FALSE(is_uuid("0f8fad5b-d9cb-469f-a165-70867728950g"));
  EXPECT_FALSE(is_uuid("0f8fad5b-d9cb-469f-a165a70867728950e"));
}

}  // namespace
}  // namespace postern::config
