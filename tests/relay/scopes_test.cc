// Scopes on the way of a request: refused at once, or marked where that is not sure.
#include "relay/exchange_fixture.h"

namespace postern::relay {
namespace {

constexpr std::string_view kIssues = "/api/0/organizations/acme/issues/";

class ScopesTest : public ExchangeTest {
 protected:
  void give(std::vector<std::string> scopes) {
    auto token = std::make_shared<grants::Token>();
    token->authorization = Secret("Bearer t");
    token->generation = 2;
    token->scopes = std::move(scopes);
    registry_.find("acme")->adopt(std::move(token));
  }

  void ask(http::Method method, std::string_view target) {
    head_.method = method;
    head_.method_text = http::to_string(method);
    set_target(target);
    begin();
  }

  std::string timing() { return std::string(client_.field("Server-Timing")); }
};

TEST_F(ScopesTest, ACallThatLacksAPublishedScopeIsNotSent) {
  give({"org:read", "event:read"});
  ask(http::Method::kPut, kIssues);
  EXPECT_EQ(client_.status, 403);
  EXPECT_NE(client_.body.find(R"("code":"missing_scope")"), std::string::npos) << client_.body;
  EXPECT_NE(client_.body.find(R"("least":"event:write")"), std::string::npos);
  EXPECT_TRUE(upstream_.calls.empty());
  EXPECT_FALSE(client_.closes) << "the next call may be right";
  EXPECT_NE(finished_log().find("code=missing_scope"), std::string::npos) << log_;
  EXPECT_NE(log_.find("missing_scope=event:write"), std::string::npos) << log_;
}

TEST_F(ScopesTest, ACallThatHasOnePasses) {
  give({"org:read", "event:admin"});
  ask(http::Method::kPut, kIssues);
  ASSERT_EQ(upstream_.calls.size(), 1u);
  answer(200, "");
  EXPECT_EQ(timing().find("missing_scope"), std::string::npos);
  EXPECT_EQ(finished_log().find("missing_scope"), std::string::npos);
}

TEST_F(ScopesTest, ToWarnIsToSendAndToMark) {
  options_.policy.preflight = policy::Preflight::kWarn;
  give({"org:read"});
  ask(http::Method::kGet, kIssues);
  ASSERT_EQ(upstream_.calls.size(), 1u);
  answer(200, "[]");
  EXPECT_EQ(client_.status, 200);
  EXPECT_NE(timing().find(R"(, missing_scope;desc="event:read")"), std::string::npos) << timing();
  EXPECT_NE(finished_log().find("missing_scope=event:read"), std::string::npos) << log_;
}

TEST_F(ScopesTest, WhatSentryDoesNotPublishIsMarkedOnly) {
  give({"org:read"});
  ask(http::Method::kPost, "/api/0/organizations/acme/alert-rules/");
  ASSERT_EQ(upstream_.calls.size(), 1u);
  EXPECT_NE(finished_log().find("missing_scope=alerts:write"), std::string::npos) << log_;
}

TEST_F(ScopesTest, SwitchedOffNothingIsMarked) {
  options_.policy.preflight = policy::Preflight::kOff;
  give({"org:read"});
  ask(http::Method::kGet, kIssues);
  answer(200, "[]");
  EXPECT_EQ(finished_log().find("missing_scope"), std::string::npos) << log_;
}

TEST_F(ScopesTest, AForbiddenCallIsExplainedAndItsAnswerStaysAsItIs) {
  constexpr std::string_view kBody =
      R"({"detail":"You do not have permission to perform this action."})";
  options_.policy.preflight = policy::Preflight::kOff;
  ask(http::Method::kPut, kIssues);  // nobody has told what the token has
  answer(403, kBody);
  EXPECT_EQ(client_.status, 403);
  EXPECT_EQ(client_.body, kBody);
  EXPECT_NE(timing().find(R"(missing_scope;desc="event:write")"), std::string::npos) << timing();
  EXPECT_NE(finished_log().find("missing_scope=event:write"), std::string::npos) << log_;
}

TEST_F(ScopesTest, WhenTheScopesSufficeThatIsSaid) {
  give({"event:write"});
  ask(http::Method::kPut, kIssues);
  answer(403, "{}");
  EXPECT_EQ(timing().find("missing_scope"), std::string::npos) << timing();
  EXPECT_NE(finished_log().find("reason=\"the scopes suffice"), std::string::npos) << log_;
}

TEST_F(ScopesTest, WhereNoTokenPassesThatIsSaid) {
  options_.policy.organization_pinning = false;
  give({"org:read"});
  add_field("X-Postern-Grant", "acme");
  ask(http::Method::kGet, "/api/0/api-tokens/");
  ASSERT_EQ(upstream_.calls.size(), 1u);
  answer(403, "{}");
  EXPECT_NE(finished_log().find("reason=\"no token passes"), std::string::npos) << log_;
}

TEST_F(ScopesTest, AnExplanationForetellsIt) {
  give({"org:read", "event:read"});
  make_relay();
  const Prospect lacks = relay_->explain({"PUT", kIssues, ""})->now;
  EXPECT_EQ(lacks.permission, "lacks");
  EXPECT_EQ(lacks.outcome, "refused");
  EXPECT_EQ(lacks.reason, "missing_scope");
  EXPECT_NE(lacks.remedy.find("to [org:read, event:read, event:write], then"), std::string::npos)
      << lacks.remedy;
  const Explanation passes = *relay_->explain({"GET", kIssues, ""});
  EXPECT_EQ(passes.now.permission, "passes");
  EXPECT_EQ(passes.now.outcome, "goes");
  EXPECT_EQ(passes.endpoint.least_scope, "event:read");
  const Prospect marked =
      relay_->explain({"POST", "/api/0/organizations/acme/alert-rules/", ""})->now;
  EXPECT_EQ(marked.permission, "lacks");
  EXPECT_EQ(marked.outcome, "goes") << "not published: it is sent, and marked";
}

}  // namespace
}  // namespace postern::relay
