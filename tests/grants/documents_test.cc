#include "grants/documents.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace postern::grants {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::Not;

const WallTime kNow(1704110400s);  // 2024-01-01T12:00:00Z

StoredGrant full_grant() {
  StoredGrant stored;
  stored.generation = 42;
  stored.sentry = "https://sentry.io";
  stored.organization = {"acme", "12"};
  stored.user = {"7", "J\"ane \n\u00fc", "jane@example.com"};
  stored.access_token = Secret("access-abc");
  stored.refresh_token = Secret("refresh-def");
  stored.expires_at = kNow + 30 * 24h;
  stored.obtained_at = kNow;
  stored.scopes = {"org:read", "event:read"};
  stored.journal = JournalEntry{"refresh begun", kNow};
  return stored;
}

void expect_equal(const StoredGrant& a, const StoredGrant& b) {
  EXPECT_EQ(a.generation, b.generation);
  EXPECT_EQ(a.sentry, b.sentry);
  EXPECT_EQ(a.kind, b.kind);
  EXPECT_EQ(a.organization.slug, b.organization.slug);
  EXPECT_EQ(a.organization.id, b.organization.id);
  EXPECT_EQ(a.user.id, b.user.id);
  EXPECT_EQ(a.user.name, b.user.name);
  EXPECT_EQ(a.user.email, b.user.email);
  EXPECT_EQ(a.access_token, b.access_token);
  EXPECT_EQ(a.refresh_token, b.refresh_token);
  EXPECT_EQ(a.expires_at, b.expires_at);
  EXPECT_EQ(a.obtained_at, b.obtained_at);
  EXPECT_EQ(a.scopes, b.scopes);
  ASSERT_EQ(a.journal.has_value(), b.journal.has_value());
  if (a.journal) {
    EXPECT_EQ(a.journal->step, b.journal->step);
    EXPECT_EQ(a.journal->at, b.journal->at);
  }
}

TEST(StoredDocument, ComesBackAsItWasWritten) {
  auto read = parse_stored_grant(format_stored_grant(full_grant()).reveal());
  ASSERT_TRUE(read) << read.error().what;
  expect_equal(*read, full_grant());
}

TEST(StoredDocument, ComesBackWithEverythingOptionalLeftOut) {
  StoredGrant least;
  least.generation = 1;
  least.access_token = Secret("a");
  auto read = parse_stored_grant(format_stored_grant(least).reveal());
  ASSERT_TRUE(read) << read.error().what;
  expect_equal(*read, least);
}

// Users have such files: this text must be readable for ever.
TEST(StoredDocument, TheFirstFormatIsRead) {
  auto read = parse_stored_grant(R"({
    "version": 1, "generation": 3, "sentry": "https://sentry.io", "kind": "oauth",
    "organization": {"slug": "acme", "id": null},
    "user": {"id": "7", "name": "Jane", "email": null},
    "access_token": "abc", "refresh_token": null, "expires_at": "2024-01-31T12:00:00.000000Z",
    "obtained_at": "2024-01-01T12:00:00.000000Z", "scopes": ["org:read"], "journal": null })");
  ASSERT_TRUE(read) << read.error().what;
  EXPECT_EQ(read->generation, 3U);
  EXPECT_EQ(read->organization.slug, "acme");
  EXPECT_EQ(read->access_token.reveal(), "abc");
  EXPECT_TRUE(read->refresh_token.empty());
  EXPECT_EQ(read->expires_at, kNow + 30 * 24h);
}

TEST(StoredDocument, ANewerVersionIsRefusedByItsNumber) {
  auto read = parse_stored_grant(R"({"version": 2, "generation": 1, "access_token": "abc"})");
  ASSERT_FALSE(read);
  EXPECT_THAT(read.error().what, HasSubstr("version is 2"));
}

TEST(StoredDocument, BrokenOnesAreRefusedByFieldAndNeverQuoted) {
  struct Case {
    const char* json;
    const char* word;
  };
  for (const Case& c : std::initializer_list<Case>{
           {"", "byte"},
           {R"({"access_token": "canary")", "byte"},
           {"[]", "object"},
           {R"({"generation": 1, "access_token": "canary"})", "version"},
           {R"({"version": 1, "access_token": "canary"})", "generation"},
           {R"({"version": 1, "generation": -1, "access_token": "canary"})", "generation"},
           {R"({"version": 1, "generation": 1})", "access_token is missing"},
           {R"({"version": 1, "generation": 1, "access_token": "can ary"})", "access_token"},
           {R"({"version": 1, "generation": 1, "access_token": ["canary"]})", "access_token"},
           {R"({"version": 1, "generation": 1, "access_token": "canary", "user": 5})", "user"},
           {R"({"version": 1, "generation": 1, "access_token": "canary", "user": {"name": 5}})",
            "user.name"},
           {R"({"version": 1, "generation": 1, "access_token": "canary", "scopes": "a"})",
            "scopes"},
           {R"({"version": 1, "generation": 1, "access_token": "canary", "expires_at": "soon"})",
            "expires_at"}}) {
    auto read = parse_stored_grant(c.json);
    ASSERT_FALSE(read) << c.json;
    EXPECT_THAT(read.error().what, HasSubstr(c.word));
    EXPECT_THAT(read.error().what, Not(HasSubstr("canary")));
  }
}

TEST(StoredDocument, BytesThatAreNotUtf8DoNotPreventStoring) {
  StoredGrant stored = full_grant();
  stored.user.name = "\xff\xfe";
  auto read = parse_stored_grant(format_stored_grant(stored).reveal());
  ASSERT_TRUE(read) << read.error().what;
  EXPECT_EQ(read->access_token, stored.access_token);
}

// As the endpoint writes it.
constexpr const char* kAnswer = R"({
  "access_token": "aaaa", "refresh_token": "bbbb", "expires_in": 3600,
  "expires_at": "2024-01-31T12:00:00.054320Z", "token_type": "bearer",
  "scope": "org:read  project:read", "user": {"id": "7", "name": "Jane", "email": "j@example.com"},
  "organization_id": "12" })";

TEST(TokenAnswer, IsReadWhole) {
  auto answer = parse_token_answer(kAnswer, kNow);
  ASSERT_TRUE(answer) << answer.error().what;
  EXPECT_EQ(answer->access_token.reveal(), "aaaa");
  EXPECT_EQ(answer->refresh_token.reveal(), "bbbb");
  EXPECT_EQ(answer->scopes, (std::vector<std::string>{"org:read", "project:read"}));
  EXPECT_EQ(answer->user.id, "7");
  EXPECT_EQ(answer->organization_id, "12");
}

TEST(TokenAnswer, ExpiresAtBeatsExpiresIn) {
  auto answer = parse_token_answer(kAnswer, kNow);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->expires_at, kNow + 30 * 24h + 54320us);
}

TEST(TokenAnswer, LifetimesCountFromNowAndAreClamped) {
  auto expiry = [](const std::string& fields) {
    auto answer = parse_token_answer(R"({"access_token": "a", )" + fields + "}", kNow);
    EXPECT_TRUE(answer) << fields;
    return answer ? answer->expires_at : std::nullopt;
  };
  EXPECT_EQ(expiry(R"("expires_in": 60)"), kNow + 60s);
  EXPECT_EQ(expiry(R"("expires_in": 60, "expires_at": null)"), kNow + 60s);
  EXPECT_EQ(expiry(R"("expires_in": null)"), std::nullopt);
  EXPECT_EQ(expiry(R"("scope": "")"), std::nullopt);
  EXPECT_EQ(expiry(R"("expires_in": -5)"), kNow);
  EXPECT_EQ(expiry(R"("expires_in": "3600")"), kNow + 3600s);
  EXPECT_EQ(expiry(R"("expires_in": 1.5)"), kNow + 1s);
  EXPECT_EQ(expiry(R"("expires_in": -1e300)"), kNow);
  EXPECT_EQ(expiry(R"("expires_in": 1e300)"), kNow + 10 * 365 * 24h);
  EXPECT_EQ(expiry(R"("expires_in": 18446744073709551615)"), kNow + 10 * 365 * 24h);
}

TEST(TokenAnswer, OddOnesAreRefusedAndNeverQuoted) {
  for (const std::string& json : std::vector<std::string>{
           "", "nonsense canary", "[]", "null", "{}", R"({"access_token": null})",
           R"({"access_token": ""})", R"({"access_token": 5})", R"({"access_token": "cana\nry"})",
           R"({"access_token": "canary", "token_type": "mac"})",
           R"({"access_token": "canary", "expires_in": "soon"})",
           R"({"access_token": "canary", "expires_in": true})",
           R"({"access_token": "canary", "expires_at": 1704110400})",
           R"({"access_token": "canary", "scope": ["org:read"]})",
           R"({"access_token": "canary", "error": "invalid_grant"})",
           R"({"access_token": ")" + std::string(5000, 'a') + "\"}",
           std::string(kMaxDocument + 1, ' '),
           R"({"access_token": "canary", "x": )" + std::string(20, '[') + std::string(20, ']') +
               "}",
           std::string(50000, '[')}) {
    auto answer = parse_token_answer(json, kNow);
    ASSERT_FALSE(answer) << json.substr(0, 80);
    EXPECT_THAT(answer.error().what, Not(HasSubstr("canary")));
    EXPECT_LT(answer.error().what.size(), 200U);
  }
}

// The answer to a refresh has killed the pair before it: what it gives must not be thrown away.
TEST(TokenAnswer, OddDetailsDoNotCostTheTokens) {
  for (const char* odd : {R"("expires_in": "soon")", R"("expires_in": true)",
                          R"("expires_at": 1704110400)", R"("scope": ["org:read"])", R"("user": 5)",
                          R"("user": {"name": 5})", R"("organization_id": [])"}) {
    const std::string json =
        R"({"access_token": "a", "refresh_token": "b", )" + std::string(odd) + "}";
    EXPECT_FALSE(parse_token_answer(json, kNow)) << odd;
    auto answer = parse_token_answer(json, kNow, Strictness::kEssentials);
    ASSERT_TRUE(answer) << odd;
    EXPECT_EQ(answer->access_token.reveal(), "a");
    EXPECT_EQ(answer->refresh_token.reveal(), "b");
  }
  for (const char* useless :
       {R"({"access_token": "can ary"})", R"({"access_token": "a", "refresh_token": "b\r\nc"})",
        R"({"access_token": "a", "token_type": "mac"})", R"({"refresh_token": "b"})"}) {
    EXPECT_FALSE(parse_token_answer(useless, kNow, Strictness::kEssentials)) << useless;
  }
}

TEST(TokenAnswer, OfAnInstallationHasNamesOfItsOwn) {
  auto answer = parse_token_answer(R"({"id": "9", "token": "aaaa", "refreshToken": "bbbb",
      "scopes": ["org:read"], "expiresAt": "2024-01-01T20:00:00Z", "application": null})",
                                   kNow);
  ASSERT_TRUE(answer) << answer.error().what;
  EXPECT_EQ(answer->access_token.reveal(), "aaaa");
  EXPECT_EQ(answer->refresh_token.reveal(), "bbbb");
  EXPECT_EQ(answer->lifetime, 8h);
  EXPECT_EQ(answer->expires_at, kNow + 8h);
  EXPECT_EQ(answer->scopes, (std::vector<std::string>{"org:read"}));
}

TEST(TokenAnswer, AnOddExpiresAtLeavesTheLifetimeToExpiresIn) {
  auto answer = parse_token_answer(R"({"access_token": "a", "expires_in": 60, "expires_at": "?"})",
                                   kNow, Strictness::kEssentials);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->lifetime, 60s);
  EXPECT_EQ(answer->expires_at, kNow + 60s);
}

}  // namespace
}  // namespace postern::grants
