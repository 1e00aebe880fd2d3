#include "wire/handshake_failures.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <utility>

namespace postern::wire {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

class HandshakeFailuresTest : public testing::Test {
 protected:
  void fail_with(const std::string& reason, const std::string& client = "10.0.0.7:1") {
    failures_.add({"0.0.0.0:7979", client, reason}, now_);
  }
  void pass(Duration time) {
    now_ += time;
    failures_.tell_due(now_);
  }
  // What was logged since the last look.
  std::string told() {
    logger_.flush();
    return std::exchange(text_, {});
  }
  size_t lines() {
    const std::string text = told();
    return static_cast<size_t>(std::count(text.begin(), text.end(), '\n'));
  }

  Instant now_{1h};
  std::string text_;
  log::Logger logger_{{}, [this](std::string_view bytes) { text_.append(bytes); }};
  HandshakeFailures failures_{logger_};
};

TEST_F(HandshakeFailuresTest, EachReasonIsToldAtOnce) {
  fail_with("no certificate");
  fail_with("another authority");
  const std::string text = told();
  EXPECT_THAT(text, HasSubstr("tls_handshake_failed listener=0.0.0.0:7979 client=10.0.0.7:1 "
                              "reason=\"no certificate\" count=1\n"));
  EXPECT_THAT(text, HasSubstr("reason=\"another authority\" count=1\n"));
}

TEST_F(HandshakeFailuresTest, TheSameAgainIsCountedAndToldWhenTenSecondsAreOver) {
  for (int i = 0; i < 5; ++i) fail_with("no certificate");
  fail_with("expired");
  EXPECT_EQ(lines(), 2u);
  fail_with("no certificate", "10.0.0.8:1");
  pass(9s);
  EXPECT_EQ(lines(), 0u);
  pass(1s);
  const std::string text = told();
  EXPECT_THAT(text, HasSubstr("client=10.0.0.8:1 reason=\"no certificate\" count=5\n"));
  EXPECT_THAT(text, Not(HasSubstr("expired"))) << "there were no more of them";
}

TEST_F(HandshakeFailuresTest, AFloodHasALineInTenSecondsAndAnEnd) {
  for (int i = 0; i < 60; ++i) {
    fail_with("no certificate");
    pass(1s);
  }
  EXPECT_EQ(lines(), 7u);
  EXPECT_TRUE(failures_.next().has_value());
  pass(10s);
  EXPECT_FALSE(failures_.next().has_value()) << "there is nothing left to wait for";
  fail_with("no certificate");
  EXPECT_THAT(told(), HasSubstr("count=1\n")) << "whoever comes later is told at once";
}

TEST_F(HandshakeFailuresTest, WhatIsNewIsToldBesideWhatIsCounted) {
  fail_with("no certificate");
  pass(7s);
  fail_with("expired");
  fail_with("expired");
  EXPECT_EQ(lines(), 2u);
  EXPECT_EQ(*failures_.next(), now_ + 3s);
  pass(3s);
  EXPECT_EQ(lines(), 0u);
  pass(7s);
  EXPECT_THAT(told(), HasSubstr("reason=expired count=1\n"));
}

TEST_F(HandshakeFailuresTest, ReasonsWithoutEndShareALine) {
  for (int i = 0; i < 100; ++i) fail_with("reason " + std::to_string(i));
  EXPECT_EQ(lines(), HandshakeFailures::kMostReasons);
  pass(10s);
  EXPECT_THAT(told(),
              HasSubstr("reason=\"other reasons than those in the lines before\" count=92"));
  for (int i = 0; i < 100; ++i) fail_with("reason " + std::to_string(i));
  EXPECT_EQ(lines(), HandshakeFailures::kMostReasons) << "there is room for as many again";
  pass(10s);
  EXPECT_EQ(lines(), 1u);
}

TEST_F(HandshakeFailuresTest, ListenersAreToldApart) {
  fail_with("no certificate");
  failures_.add({"127.0.0.1:7978", "127.0.0.1:1", "no certificate"}, now_);
  EXPECT_EQ(lines(), 2u);
}

TEST(HandshakeWords, SayWhoseCertificateItIs) {
  for (const std::string_view alert :
       {"sslv3 alert certificate expired", "ssl/tls alert certificate expired"})
    EXPECT_THAT(handshake_words(alert, false),
                StartsWith("the caller says that this listener's certificate has expired"));
  EXPECT_THAT(handshake_words("tlsv1 alert unknown ca", false),
              StartsWith("the caller does not know the authority of this listener's certificate"));
  EXPECT_EQ(handshake_words("certificate verify failed: certificate has expired", false),
            "the caller's certificate has expired");
  EXPECT_EQ(handshake_words("certificate verify failed: certificate has expired", true),
            "an authority of the caller's certificate has expired");
  EXPECT_EQ(handshake_words("certificate verify failed: certificate is not yet valid", false),
            "the caller's certificate is not valid yet");
  EXPECT_EQ(handshake_words("certificate verify failed: unsuitable certificate purpose", false),
            "the caller's certificate: certificate verify failed: unsuitable certificate purpose");
  EXPECT_THAT(
      handshake_words("certificate verify failed: unable to get local issuer certificate", false),
      StartsWith("no authority in client_ca_file stands behind the caller's certificate ("));
  EXPECT_EQ(handshake_words("no application protocol", false), "no application protocol");
}

}  // namespace
}  // namespace postern::wire
