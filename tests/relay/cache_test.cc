// What a caller sees of the cache: which requests it answers, and which it leaves alone.
#include "relay/cache_fixture.h"
#include "relay/caching.h"

namespace postern::relay {
namespace {

TEST_F(CacheTest, TheSecondRequestIsAnsweredWithoutACall) {
  EXPECT_EQ(outcome(fetch(kIssues, "[1]")), "miss");
  clock_.advance(5s);
  User& second = get(kIssues);
  EXPECT_EQ(sends(), 1u);
  EXPECT_EQ(outcome(second), "hit");
  EXPECT_EQ(second.client.status, 200);
  EXPECT_EQ(second.client.body, "[1]");
  EXPECT_TRUE(second.client.ended);
  EXPECT_EQ(second.client.field("Age"), "5");
  EXPECT_NE(log_of(second).find("cache=hit"), std::string::npos) << log_;
  EXPECT_NE(log_.find("attempts=0"), std::string::npos) << log_;
}

TEST_F(CacheTest, WithoutTheSettingNothingIsKeptOrSaid) {
  options_.cache.enabled = false;
  EXPECT_EQ(outcome(fetch(kIssues)), "");
  EXPECT_EQ(again(kIssues), "");
  EXPECT_EQ(sends(), 2u);
}

TEST_F(CacheTest, EachKindOfAnswerHasItsAge) {
  fetch(kIssues);
  fetch(kIssue);
  fetch(kEvent);
  clock_.advance(61s);
  EXPECT_EQ(again(kIssues), "miss");
  EXPECT_EQ(again(kIssue), "hit");
  clock_.advance(5min);
  adopt("acme", "newer", 48h, 2);
  EXPECT_EQ(again(kIssue), "miss");
  EXPECT_EQ(again(kEvent), "hit");
  clock_.advance(23h);
  EXPECT_EQ(again(kEvent), "hit");
  clock_.advance(1h);
  EXPECT_EQ(again(kEvent), "miss");
}

TEST_F(CacheTest, AnAgeOfZeroKeepsNothing) {
  options_.cache.lists = 0s;
  fetch(kIssues);
  EXPECT_EQ(again(kIssues), "miss");
  EXPECT_EQ(again(kIssue), "miss");
  EXPECT_EQ(again(kIssue), "hit");
}

TEST_F(CacheTest, PolledStateIsSharedButNotKept) {
  const char* const path = "/api/0/organizations/acme/issues/7/autofix/";
  fetch(path);
  EXPECT_EQ(again(path), "miss");
  User& leader = get(path);
  User& follower = get(path);
  reply(sends() - 1, 200, "state");
  EXPECT_EQ(outcome(leader), "miss");
  EXPECT_EQ(outcome(follower), "coalesced");
}

TEST_F(CacheTest, WhatIsForOneCallerAloneBypasses) {
  fetch(kIssues);
  for (const auto& [name, value] : {std::pair("Range", "bytes=0-1"),
                                    {"If-None-Match", "\"x\""},
                                    {"Cache-Control", "no-store"}}) {
    User& user = get(kIssues, {{name, value}});
    reply(sends() - 1, 200, "own");
    EXPECT_EQ(outcome(user), "bypass") << name;
    EXPECT_EQ(user.client.body, "own") << name;
  }
  EXPECT_EQ(again(kIssues), "hit");
  EXPECT_EQ(again("/api/0/organizations/acme/chunk-upload/"), "bypass");
  EXPECT_EQ(again("/api/0/organizations/acme/new-thing/"), "bypass");
}

TEST_F(CacheTest, AnswersWhoseAddressesAreTurnedToEachCallerBypass) {
  options_.policy.unpinned = {"/api/0/organizations/"};
  size_t calls = 0;
  for (const char* path : {"/api/0/organizations/", "/api/0/organizations/acme/",
                           "/api/0/organizations/acme/chunk-upload/", "/api/0/users/me/regions/"}) {
    SCOPED_TRACE(path);
    for (int i = 0; i < 2; ++i) {
      User& user = get(path, {{"X-Postern-Grant", "acme"}});
      ASSERT_EQ(sends(), ++calls);
      reply(calls - 1, 200, "{}", fields_of({{"Content-Type", "application/json"}}));
      EXPECT_EQ(outcome(user), "bypass");
      EXPECT_EQ(user.client.body, "{}");
      EXPECT_TRUE(user.client.ended);
    }
  }
}

TEST_F(CacheTest, AGetWithABodyBypasses) {
  fetch(kIssues);
  head_.framing = http::Framing::of_length(2);
  EXPECT_EQ(outcome(get(kIssues)), "");  // under way
  EXPECT_EQ(sends(), 2u);
}

TEST_F(CacheTest, NoCacheGoesToSentryAndRefreshesWhatIsKept) {
  fetch(kIssues, "old");
  User& fresh = get(kIssues, {{"Cache-Control", "no-cache"}});
  ASSERT_EQ(sends(), 2u);
  reply(1, 200, "new");
  EXPECT_EQ(outcome(fresh), "miss");
  EXPECT_EQ(get(kIssues).client.body, "new");
  EXPECT_EQ(get(kIssues, {{"Pragma", "no-cache"}}).client.status, 0);
}

TEST_F(CacheTest, AnAnswerOlderThanTheCallerWantsWillNotDo) {
  fetch(kIssues, "old");
  clock_.advance(9500ms);
  EXPECT_EQ(get(kIssues, {{"Cache-Control", "max-age=10"}}).client.body, "old");
  EXPECT_EQ(get(kIssues, {{"Cache-Control", "max-age=9"}}).client.body, "");
}

TEST_F(CacheTest, QueryAcceptCodingAndLanguageTellAnswersApart) {
  fetch(kIssues);
  EXPECT_EQ(again(std::string(kIssues) + "?query=x"), "miss");
  for (const auto& [name, value] :
       {std::pair("Accept", "text/csv"), {"Accept-Encoding", "gzip"}, {"Accept-Language", "de"}}) {
    User& user = get(kIssues, {{name, value}});
    EXPECT_EQ(user.client.status, 0) << name;
    reply(sends() - 1, 200, "other");
  }
  // What Sentry gets the same is the same.
  EXPECT_EQ(outcome(get(kIssues, {{"Accept", "application/json"}, {"Accept-Encoding", "br"}})),
            "hit");
}

TEST_F(CacheTest, AFieldThatDoesNotReachSentryDoesNotNameAnAnswer) {
  User& poisoner = get(kIssues, {{"Accept", "text/csv"}, {"Connection", "accept"}});
  reply(0, 200, "json");
  EXPECT_EQ(outcome(poisoner), "miss");
  EXPECT_EQ(get(kIssues, {{"Accept", "text/csv"}}).client.status, 0);
}

TEST_F(CacheTest, WhatMayNotBeKeptIsNot) {
  for (const auto& [status, fields] : {std::pair<int, http::Fields>{404, {}},
                                       {200, fields_of({{"Cache-Control", "no-store"}})},
                                       {200, fields_of({{"Vary", "User-Agent"}})}}) {
    get(kIssues);
    reply(sends() - 1, status, "no", fields);
  }
  EXPECT_EQ(sends(), 3u);
  EXPECT_EQ(again(kIssues), "miss");
}

TEST_F(CacheTest, AnAnswerThatBreaksOffIsNotKept) {
  User& user = get(kIssues);
  reply_head(0, 200, {}, http::Framing::of_length(10));
  upstream_.last().on_body("half");
  http::Failure failure;
  failure.kind = http::FailKind::kBroken;
  upstream_.last().on_fail(failure);
  EXPECT_TRUE(user.client.was_cut);
  EXPECT_EQ(again(kIssues), "miss");
}

TEST_F(CacheTest, EachCallerGetsUrlsOfTheAddressThatItUsed) {
  const http::Fields fields =
      fields_of({{"Link", "<https://sentry.example/api/0/x/?cursor=0:1:0>; rel=\"next\""},
                 {"X-Sentry-Rate-Limit-Remaining", "3"}});
  User& first = fetch(kIssues, "[]", fields);
  head_.authority = "127.0.0.1:7979";
  User& second = get(kIssues);
  EXPECT_EQ(first.client.field("Link").find("<http://localhost:7979/api/0/x/"), 0u);
  EXPECT_EQ(second.client.field("Link").find("<http://127.0.0.1:7979/api/0/x/"), 0u);
  EXPECT_EQ(first.client.field("X-Sentry-Rate-Limit-Remaining"), "3");
  EXPECT_EQ(second.client.field("X-Sentry-Rate-Limit-Remaining"), "");
}

TEST_F(CacheTest, ASlowCallerTakesAStoredAnswerInPieces) {
  const std::string body(200000, 'x');
  fetch(kIssues, body);
  method(http::Method::kGet, "GET");
  User& slow = users_.emplace_back();
  slow.head = head_;
  slow.caller = caller_;
  slow.client.slow = true;
  slow.exchange = relay_->handle(slow.head, slow.caller, slow.client);
  EXPECT_EQ(slow.client.status, 200);
  EXPECT_EQ(slow.client.body, "");
  slow.client.slow = false;
  slow.exchange->on_drained();
  EXPECT_EQ(slow.client.body, body);
  EXPECT_TRUE(slow.client.ended);
}

// -------------------------------------------------------------------------------- whose they are

TEST_F(CacheTest, AnotherGrantSeesNothingOfIt) {
  adopt("globex", "secret-of-globex", 1h);
  for (const char* name : {"acme", "globex", "acme"}) {
    User& user = get("/api/0/users/me/", {{"X-Postern-Grant", name}});
    if (user.client.status == 0) reply(sends() - 1, 200, name);
    EXPECT_EQ(user.client.body, name);
  }
  EXPECT_EQ(sends(), 2u);
}

TEST_F(CacheTest, ARenewedTokenKeepsItALoginOfSomebodyElseDoesNot) {
  fetch(kIssues);
  adopt("acme", "renewed", 1h, 2);
  EXPECT_EQ(again(kIssues), "hit");
  grant().set_identity("1", "8");
  adopt("acme", "of another", 1h, 3);
  EXPECT_EQ(again(kIssues), "miss");
  EXPECT_EQ(relay_->caching()->size(), 1u);
}

TEST_F(CacheTest, WithoutALiveTokenNothingIsShown) {
  fetch(kEvent);
  clock_.advance(2h);
  User& waits = get(kEvent);
  EXPECT_EQ(waits.client.status, 0);
  EXPECT_EQ(refresher_.asked, 1);
  adopt("acme", "newer", 1h, 2);
  EXPECT_EQ(again(kEvent), "hit");
  grant().revoke("taken away");
  User& refused = get(kEvent);
  EXPECT_EQ(refused.client.status, 503);
  EXPECT_TRUE(refused.said("reauthorization_required"));
  EXPECT_EQ(relay_->caching()->size(), 0u);
}

TEST_F(CacheTest, TheGuardAndThePathAreJudgedFirst) {
  fetch(kIssues);
  EXPECT_EQ(get(kIssues, {{"Sec-Fetch-Site", "cross-site"}}).client.status, 403);
}

// ----------------------------------------------------------------------------------------- writes

TEST_F(CacheTest, AWriteEndsWhatItMayHaveChanged) {
  fetch(kIssues);
  fetch("/api/0/organizations/acme/members/");
  write(kIssue, 200);
  EXPECT_EQ(again(kIssues), "miss");
  EXPECT_EQ(again("/api/0/organizations/acme/members/"), "hit");
}

TEST_F(CacheTest, ARefusedWriteChangesNothing) {
  fetch(kIssues);
  write(kIssue, 403);
  EXPECT_EQ(again(kIssues), "hit");
}

TEST_F(CacheTest, AnErrorOfSentrysMayHaveChangedSomething) {
  fetch(kIssues);
  write(kIssue, 500);
  EXPECT_EQ(again(kIssues), "miss");
}

TEST_F(CacheTest, AWriteWhoseOutcomeNobodyHeardCounts) {
  fetch(kIssues);
  User& writer = write(kIssue, 0);
  sent(sends() - 1);
  EXPECT_EQ(again(kIssues), "hit");
  leave(writer);
  EXPECT_EQ(again(kIssues), "miss");
  write(kIssue, 0);
  sent(sends() - 1);
  fail(sends() - 1, FakeUpstream::closed(http::Sent::kMaybe, false));
  EXPECT_EQ(again(kIssues), "miss");
}

TEST_F(CacheTest, AWriteThatWasNeverSentDoesNot) {
  fetch(kIssues);
  leave(write(kIssue, 0));
  EXPECT_EQ(again(kIssues), "hit");
}

TEST_F(CacheTest, AnAnswerOvertakenByAWriteIsNotKept) {
  User& reader = get(kIssues);
  sent(0);
  write(kIssue, 200);
  EXPECT_EQ(get(kIssues).client.status, 0);  // nor followed
  EXPECT_EQ(sends(), 3u);
  reply(0, 200, "before");
  EXPECT_EQ(reader.client.body, "before");
  reply(2, 200, "after");
  EXPECT_EQ(get(kIssues).client.body, "after");
}

TEST_F(CacheTest, WhatIsSentTheSameIsTheSame) {
  fetch(kIssue);
  EXPECT_EQ(outcome(get("/api/0/issues/7/", {{"X-Postern-Grant", "acme"}})), "hit");
}

TEST_F(CacheTest, AWriteInOneFormEndsWhatWasReadInTheOther) {
  const Pairs grant = {{"X-Postern-Grant", "acme"}};
  const char* const short_form = "/api/0/issues/7/";
  fetch(kIssue);
  method(http::Method::kPut, "PUT");
  set_target(short_form);
  ask(grant);
  reply(1, 200);
  EXPECT_EQ(again(kIssue), "miss");
  EXPECT_EQ(outcome(get(short_form, grant)), "hit");
  write(kIssue, 200);
  EXPECT_EQ(get(short_form, grant).client.status, 0);  // a call of its own
}

TEST_F(CacheTest, AWriteByAnotherGrantThatIsTiedToNoOrganizationMayBeInThisOne) {
  options_.policy.organization_pinning = false;
  fetch(kIssues);
  adopt("globex", "secret-of-globex", 1h);
  method(http::Method::kPut, "PUT");
  set_target("/api/0/issues/7/");
  ask({{"X-Postern-Grant", "globex"}});
  reply(1, 200);
  EXPECT_EQ(again(kIssues), "miss");
}

TEST_F(CacheTest, AWriteInAnotherOrganizationChangesNothingHere) {
  fetch(kIssues);
  adopt("globex", "secret-of-globex", 1h);
  write("/api/0/organizations/globex/issues/7/", 200);
  EXPECT_EQ(again(kIssues), "hit");
}

// ------------------------------------------------------------------------------------- its memory

TEST_F(CacheTest, StaysInsideItsBytes) {
  options_.cache.max_bytes = 100000;
  const std::string body(9000, 'x');
  for (int i = 0; i < 100; ++i) {
    fetch("/api/0/organizations/acme/issues/" + std::to_string(i) + "/", body);
    ASSERT_LE(relay_->caching()->bytes(), 100000u);
    users_.pop_back();
  }
  EXPECT_GE(relay_->caching()->size(), 9u);
}

TEST_F(CacheTest, ManyAnswersUnderWayStayInsideTooAndAreServedAllTheSame) {
  options_.cache.max_bytes = 100000;
  const std::string half(5000, 'x');
  for (int i = 0; i < 100; ++i) {
    get("/api/0/organizations/acme/issues/" + std::to_string(i) + "/");
    reply_head(static_cast<size_t>(i), 200, {}, http::Framing::chunked());
    upstream_.last().on_body(half);
    ASSERT_LE(relay_->caching()->bytes(), 100000u);
  }
  for (int i = 0; i < 100; ++i) {
    http::UpstreamEvents& events = *upstream_.calls.at(static_cast<size_t>(i)).events;
    events.on_body(half);
    events.on_done();
    ASSERT_LE(relay_->caching()->bytes(), 100000u);
  }
  for (const User& user : users_) {
    EXPECT_EQ(user.client.body.size(), 10000u);
    EXPECT_TRUE(user.client.ended);
  }
}

}  // namespace
}  // namespace postern::relay
