// Answers that hold addresses of Sentry's, and the host that uploads go to.
#include <gtest/gtest.h>

#include "policy/table_rows.h"
#include "relay/builders.h"
#include "relay/exchange_fixture.h"
#include "relay/gzip.h"

namespace postern::relay {
namespace {

constexpr std::string_view kOrganization =
    R"({"slug":"acme","links":{"organizationUrl":"x","regionUrl":"https://us.sentry.example"}})";
constexpr std::string_view kWithoutRegion = R"({"slug":"acme","links":{"organizationUrl":"x"}})";
constexpr std::string_view kUploadPath = "/api/0/organizations/acme/chunk-upload/";

class BodyUrlsTest : public ExchangeTest {
 protected:
  BodyUrlsTest() {
    options_.policy.preflight = policy::Preflight::kOff;  // which scopes it has is not the question
    answer_fields_ = fields_of({{"Content-Type", "application/json"}});
  }

  void ask(http::Method method, std::string_view text, std::string_view target) {
    head_.method = method;
    head_.method_text = text;
    set_target(target);
    begin();
  }
  void add_answer_field(std::string_view name, std::string_view value) {
    answer_fields_.push_back({name, value, http::field_name(name)});
  }
  void answer_whole(std::string_view body, int status = 200) {
    answer(status, body);
    upstream_.last().on_done();
  }
};

TEST_F(BodyUrlsTest, TheCallerSeesNothingUntilTheAnswerIsWholeAndThenTheEditedOne) {
  begin();
  EXPECT_EQ(upstream_.calls[0].fields["Accept-Encoding"], "identity");
  answer(200, kOrganization);
  EXPECT_EQ(client_.status, 0);
  EXPECT_EQ(upstream_.calls[0].credited, kOrganization.size());
  upstream_.last().on_done();
  EXPECT_EQ(client_.body, kWithoutRegion);
  EXPECT_EQ(client_.framing.length, kWithoutRegion.size());
  EXPECT_TRUE(client_.ended);
}

TEST_F(BodyUrlsTest, OtherEndpointsStream) {
  add_field("Accept-Encoding", "gzip");
  ask(http::Method::kGet, "GET", "/api/0/organizations/acme/projects/");
  EXPECT_EQ(upstream_.calls[0].fields["Accept-Encoding"], "gzip");
  answer(200, kOrganization);
  EXPECT_EQ(client_.body, kOrganization);
}

TEST_F(BodyUrlsTest, AChunkUploadLeadsToTheAddressThatTheCallerUsed) {
  ask(http::Method::kGet, "GET", kUploadPath);
  answer_whole(R"({"url":"https://us.sentry.example/api/0/organizations/acme/chunk-upload/"})");
  EXPECT_EQ(client_.body,
            R"({"url":"http://localhost:7979/api/0/organizations/acme/chunk-upload/"})");
}

TEST_F(BodyUrlsTest, ATableOfOnesOwnMayNameParametersOtherwise) {
  options_.policy.table = policy::test::row("GET", "/api/0/organizations/{org}/chunk-upload/");
  ask(http::Method::kGet, "GET", kUploadPath);
  answer_whole(R"({"url":"https://us.sentry.example/api/0/organizations/acme/chunk-upload/"})");
  EXPECT_EQ(client_.body,
            R"({"url":"http://localhost:7979/api/0/organizations/acme/chunk-upload/"})");
}

TEST_F(BodyUrlsTest, WhatIsNoJsonOrNoSuccessComesAsItCame) {
  for (const std::string_view body : {"{\"links\":{\"regionUrl\":", "<html>", "[1,2]"}) {
    SCOPED_TRACE(body);
    client_ = {};
    begin();
    answer_whole(body);
    EXPECT_EQ(client_.body, body);
    EXPECT_EQ(client_.framing.length, body.size());
  }
  client_ = {};
  begin();
  answer_whole(kOrganization, 404);
  EXPECT_EQ(client_.body, kOrganization);
  answer_fields_ = fields_of({{"Content-Type", "text/html"}});
  client_ = {};
  begin();
  answer_whole(kOrganization);
  EXPECT_EQ(client_.body, kOrganization);
}

TEST_F(BodyUrlsTest, AnAnswerThatIsCompressedAllTheSameIsUnpacked) {
  add_answer_field("Content-Encoding", "gzip");
  begin();
  answer_whole(gzip(kOrganization));
  EXPECT_EQ(client_.body, kWithoutRegion);
  EXPECT_EQ(client_.field("Content-Encoding"), "");
}

TEST_F(BodyUrlsTest, ACompressedAnswerWithNothingToChangeStaysAsItIs) {
  add_answer_field("Content-Encoding", "gzip");
  begin();
  answer_whole(gzip(kWithoutRegion));
  EXPECT_EQ(client_.body, gzip(kWithoutRegion));
  EXPECT_EQ(client_.field("Content-Encoding"), "gzip");
}

TEST_F(BodyUrlsTest, FieldsAboutTheOldBytesGoAndTheETagIsWeak) {
  add_answer_field("ETag", "\"abc\"");
  add_answer_field("Content-MD5", "x");
  add_answer_field("X-Hits", "1");
  begin();
  answer_whole(kOrganization);
  EXPECT_EQ(client_.field("ETag"), "W/\"abc\"");
  EXPECT_EQ(client_.field("Content-MD5"), "");
  EXPECT_EQ(client_.field("X-Hits"), "1");
}

TEST_F(BodyUrlsTest, HeadTellsNoLengthThatGetWouldNotHave) {
  add_answer_field("ETag", "\"abc\"");
  ask(http::Method::kHead, "HEAD", "/api/0/organizations/acme/");
  http::ResponseHead head;
  head.status = 200;
  head.fields = answer_fields_;
  head.declared = http::Framing::of_length(kOrganization.size());
  upstream_.last().on_sent(clock_.now());
  upstream_.last().on_head(head);
  upstream_.last().on_done();
  EXPECT_EQ(client_.status, 200);
  EXPECT_EQ(client_.framing.kind, http::Framing::Kind::kNone);
  EXPECT_EQ(client_.field("ETag"), "W/\"abc\"");
}

TEST_F(BodyUrlsTest, APartOfTheBodyCannotBeAskedFor) {
  add_field("Range", "bytes=0-9");
  add_field("If-Range", "\"abc\"");
  begin();
  EXPECT_EQ(upstream_.calls[0].fields.count("Range"), 0u);
  EXPECT_EQ(upstream_.calls[0].fields.count("If-Range"), 0u);
}

// A caller that got it would go to Sentry without a token.
TEST_F(BodyUrlsTest, WhatIsTooLargeToBeChangedIsRefusedWithTheSettingsName) {
  options_.rewrite_max_body = kOrganization.size() - 1;
  begin();
  answer(200, kOrganization);
  EXPECT_EQ(client_.status, 502);
  EXPECT_NE(client_.body.find("rewrite.max_body"), std::string::npos);
  EXPECT_TRUE(upstream_.calls[0].cancelled);
}

TEST_F(BodyUrlsTest, SoIsWhatCannotBeRead) {
  add_answer_field("Content-Encoding", "br");
  begin();
  answer_whole("anything");
  EXPECT_EQ(client_.status, 502);
  EXPECT_NE(client_.body.find("coding"), std::string::npos);
}

TEST_F(BodyUrlsTest, SoIsWhatInflatesToTooMuch) {
  options_.rewrite_max_body = 1000;
  add_answer_field("Content-Encoding", "gzip");
  begin();
  const std::string packed = gzip(std::string(kOrganization) + std::string(2000, ' '));
  ASSERT_LE(packed.size(), 1000u);
  answer_whole(packed);
  EXPECT_EQ(client_.status, 502);
}

TEST_F(BodyUrlsTest, SoIsWhatGrowsTooLarge) {
  options_.rewrite_max_body = kOrganization.size() - 1;
  begin();
  http::ResponseHead head;
  head.status = 200;
  head.fields = answer_fields_;
  head.framing = http::Framing::chunked();
  upstream_.last().on_sent(clock_.now());
  upstream_.last().on_head(head);
  upstream_.last().on_body(kOrganization.substr(0, 40));
  EXPECT_EQ(client_.status, 0);
  upstream_.last().on_body(kOrganization.substr(40));
  EXPECT_EQ(client_.status, 502);
}

TEST_F(BodyUrlsTest, AllOfThemTogetherAreBoundedToo) {
  options_.rewrite_max_total = kOrganization.size() + 10;
  begin();
  answer(200, kOrganization);
  EXPECT_EQ(client_.status, 0);
  test::FakeResponder other;
  const auto second = relay_->handle(head_, caller_, other);
  answer(200, kOrganization);
  EXPECT_EQ(other.status, 503);
  EXPECT_EQ(other.field("Retry-After"), "1");
  exchange_.reset();  // makes room
  test::FakeResponder third;
  const auto another = relay_->handle(head_, caller_, third);
  answer_whole(kOrganization);
  EXPECT_EQ(third.body, kWithoutRegion);
}

TEST_F(BodyUrlsTest, WhatASlowClientHasNotTakenCounts) {
  options_.rewrite_max_total = kOrganization.size() + 10;
  begin();
  answer_whole(kOrganization);
  EXPECT_EQ(client_.status, 200);
  test::FakeResponder other;
  const auto second = relay_->handle(head_, caller_, other);
  answer(200, kOrganization);
  EXPECT_EQ(other.status, 503);
  EXPECT_NE(other.body.find("rewrite.max_total"), std::string::npos);
  exchange_.reset();
}

TEST_F(BodyUrlsTest, AnAnswerThatBreaksOffIsAnErrorAndNotHalfAnAnswer) {
  begin();
  answer(200, kOrganization);
  http::Failure failure;
  failure.kind = http::FailKind::kBroken;
  failure.sent = http::Sent::kHeadSeen;
  upstream_.last().on_fail(failure);
  EXPECT_EQ(client_.status, 502);
  EXPECT_FALSE(client_.was_cut);
}

TEST_F(BodyUrlsTest, APutIsAnsweredWithTheEditedOrganizationToo) {
  send_body(2);
  begin();
  exchange_->on_request_body("{}");
  exchange_->on_request_end();
  answer_whole(kOrganization);
  EXPECT_EQ(client_.body, kWithoutRegion);
}

// ------------------------------------------------------------------------------------- regions

class DirectUploadTest : public BodyUrlsTest {
 protected:
  ~DirectUploadTest() override { exchange_.reset(); }  // its call may be one of region_'s

  void begin_with_region() {
    exchange_.reset();
    relay_ = std::make_unique<Relay>(options_, registry_, clock_, timers_, logger_, 1);
    for (const auto& grant : registry_.all())
      relay_->add_route(*grant, upstream_, "https://sentry.example", {"us"},
                        [this](const std::string&) { return &region_; });
  }
  void learn(std::string_view region = "https://us.sentry.example") {
    head_.method = http::Method::kGet;
    head_.method_text = "GET";
    head_.framing = {};
    set_target(kUploadPath);
    test::FakeResponder client;
    const auto exchange = relay_->handle(head_, caller_, client);
    answer_whole(R"({"url":")" + std::string(region) + R"(/api/0/x/"})");
  }
  void upload(std::string_view target = kUploadPath) {
    head_.method = http::Method::kPost;
    head_.method_text = "POST";
    head_.framing = http::Framing::of_length(500);  // too large to be kept
    set_target(target);
    exchange_ = relay_->handle(head_, caller_, client_);
  }
  static http::Failure unreachable() {
    http::Failure failure;
    failure.kind = http::FailKind::kUnreachable;
    failure.stage = "connect";
    failure.detail = "refused";
    return failure;
  }

  FakeUpstream region_;
};

TEST_F(DirectUploadTest, UploadsGoToTheRegionThatAnAnswerHasNamed) {
  begin_with_region();
  learn();
  upload();
  ASSERT_EQ(region_.calls.size(), 1u);
  EXPECT_EQ(region_.calls[0].authority, "us.sentry.example");
  EXPECT_EQ(region_.calls[0].authorization, "Bearer secret-of-acme");
}

TEST_F(DirectUploadTest, EverythingElseStaysWhereItWas) {
  begin_with_region();
  learn();
  ask(http::Method::kGet, "GET", kUploadPath);
  exchange_ = relay_->handle(head_, caller_, client_);
  EXPECT_TRUE(region_.calls.empty());
}

TEST_F(DirectUploadTest, NoAnswerLeadsATokenToAHostThatIsNotListed) {
  begin_with_region();
  learn("https://fr.sentry.example");
  upload();
  learn("https://us.sentry.example.evil.example");
  upload();
  EXPECT_TRUE(region_.calls.empty());
}

TEST_F(DirectUploadTest, UploadsForAnotherOrganizationKnowNothingOfIt) {
  adopt("globex", "secret-of-globex", 1h);
  begin_with_region();
  learn();
  upload("/api/0/organizations/globex/chunk-upload/");
  EXPECT_TRUE(region_.calls.empty());
}

TEST_F(DirectUploadTest, ARegionThatIsNotThereIsLeftAloneAndTheUploadArrives) {
  begin_with_region();
  learn();
  region_.room = 0;
  const size_t before = upstream_.calls.size();
  upload();
  EXPECT_EQ(exchange_->on_request_body("abc"), 0u);
  region_.last().on_fail(unreachable());
  ASSERT_EQ(upstream_.calls.size(), before + 1);
  EXPECT_EQ(upstream_.calls.back().authority, "sentry.example");
  EXPECT_EQ(exchange_->on_request_body("abc"), 3u);
  EXPECT_EQ(client_.status, 0);
  upload();
  EXPECT_EQ(region_.calls.size(), 1u);
}

TEST_F(DirectUploadTest, WhatMayHaveArrivedThereIsNotSentAgain) {
  begin_with_region();
  learn();
  upload();
  const size_t before = upstream_.calls.size();
  region_.last().on_sent(clock_.now());
  http::Failure failure = FakeUpstream::closed(http::Sent::kMaybe, false);
  region_.last().on_fail(failure);
  EXPECT_EQ(upstream_.calls.size(), before);
  EXPECT_EQ(client_.status, 502);
}

// ------------------------------------------------------------------------------------ timeouts

TEST_F(BodyUrlsTest, ACallHasThePatienceOfItsRoute) {
  options_.route_timeouts = {{std::string(kUploads), 3min}, {std::string(kAutofix), 2min}};
  const auto patience = [this](http::Method method, std::string_view target) {
    ask(method, method == http::Method::kPost ? "POST" : "GET", target);
    return upstream_.calls.back().first_byte_timeout;
  };
  EXPECT_EQ(patience(http::Method::kPost, kUploadPath), 3min);
  EXPECT_EQ(patience(http::Method::kGet, "/api/0/organizations/acme/issues/1/autofix/"), 2min);
  EXPECT_EQ(patience(http::Method::kGet, "/api/0/organizations/acme/issues/"), 0s);
}

}  // namespace
}  // namespace postern::relay
