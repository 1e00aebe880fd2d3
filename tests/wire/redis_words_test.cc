#include "wire/redis_words.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <string>

namespace postern::wire {
namespace {

const RedisPeer kConfigured{"store.redis.url", false};
const RedisPeer kKnown{"store.redis.url", true};
const RedisPeer kNamedByOthers{"", false};

http::Failure failure(std::string_view stage, http::FailKind kind, std::string detail) {
  http::Failure made;
  made.stage = stage;
  made.kind = kind;
  made.detail = std::move(detail);
  return made;
}

TEST(RedisWords, OfAConnectionThatIsRefusedDoNotNameTheAddressAgain) {
  const auto refused = failure("connect", http::FailKind::kUnreachable,
                               "cannot connect to ::1, [::1]:6481: Connection refused");
  EXPECT_EQ(connect_words(refused, kConfigured),
            "Connection refused; is Redis up, and is the port right (store.redis.url)?");
  EXPECT_EQ(connect_words(refused, kKnown), "Connection refused; is Redis up?");
  EXPECT_EQ(connect_words(refused, kNamedByOthers), "Connection refused; is Redis up?");
}

TEST(RedisWords, OfAWayThatIsNotOpen) {
  EXPECT_EQ(connect_words(failure("connect", http::FailKind::kUnreachable,
                                  "cannot connect to h, 10.0.0.1:1: No route to host"),
                          kConfigured),
            "No route to host; is the way there open, and is the address right "
            "(store.redis.url)?");
  EXPECT_EQ(connect_words(failure("connect", http::FailKind::kTimeout,
                                  "connecting took too long (10.0.0.1:1: x)"),
                          kKnown),
            "connecting took too long; is the way there open?");
}

TEST(RedisWords, OfANameThatNobodyKnows) {
  EXPECT_EQ(connect_words(failure("resolve", http::FailKind::kUnreachable,
                                  "cannot resolve r.example: Name or service not known"),
                          kConfigured),
            "its name cannot be resolved: Name or service not known; does DNS work, and is the "
            "name right (store.redis.url)?");
}

TEST(RedisWords, OfTls) {
  EXPECT_EQ(connect_words(failure("tls", http::FailKind::kTls,
                                  "TLS handshake with h (10.0.0.1:1) failed: certificate verify "
                                  "failed: unable to get local issuer certificate"),
                          kConfigured),
            "the TLS handshake failed: certificate verify failed: unable to get local issuer "
            "certificate");
  const auto deaf = failure("tls", http::FailKind::kTimeout, "connecting took too long");
  EXPECT_EQ(connect_words(deaf, kConfigured),
            "the TLS handshake took too long: is TLS spoken there, or is it redis://?");
  EXPECT_EQ(connect_words(deaf, kKnown), "the TLS handshake took too long");
}

TEST(RedisWords, OfAUnixSocket) {
  EXPECT_EQ(unix_connect_words(ENOENT, kConfigured),
            "No such file or directory; is Redis up, and is the path right (store.redis.url)?");
  EXPECT_EQ(unix_connect_words(ECONNREFUSED, kKnown), "Connection refused; is Redis up?");
  EXPECT_EQ(unix_connect_words(EACCES, kConfigured), "Permission denied");
  EXPECT_EQ(unix_connect_words(EAGAIN, kConfigured), "it takes no more connections");
}

TEST(RedisWords, OneThatHasWorkedIsNotSuspectedOfAnotherProtocol) {
  redis::Address address;
  address.host = "h";
  EXPECT_NE(silent_end_words(address, kConfigured).find("rediss://"), std::string::npos);
  EXPECT_EQ(silent_end_words(address, kKnown), "");
  address.tls = true;
  EXPECT_NE(silent_end_words(address, kConfigured).find("certificate_file"), std::string::npos);
  EXPECT_EQ(silent_end_words(address, kKnown), "");
}

TEST(RedisWords, OfASettingOnlyWhereItNamesTheServer) {
  redis::Options options;
  options.addresses = {"a", "b"};
  const auto a = *redis::parse_address("a");
  EXPECT_EQ(setting_of(a, options, {a}), "store.redis.addresses");
  EXPECT_EQ(setting_of(*redis::parse_address("c"), options, {a}), "");
  options.url = "a";
  EXPECT_EQ(setting_of(a, options, {a}), "store.redis.url");
}

redis::Reply error(std::string text) {
  return redis::Reply::of(redis::Reply::Kind::kError, std::move(text));
}

TEST(RedisWords, OfAPasswordThatIsRefusedSayWhereItIsPutRight) {
  const auto wrong = error("WRONGPASS invalid username-password pair or user is disabled.");
  EXPECT_EQ(password_words(wrong, {"/run/pw", "store.redis.password", "jane"}),
            "it refuses the password in /run/pw for the user jane, or has no such user: put the "
            "right one there; it is read again for each attempt");
  EXPECT_EQ(password_words(wrong, {"", "store.redis.password", "jane"}),
            "it refuses store.redis.password for the user jane, or has no such user: correct it "
            "and start again");
  EXPECT_EQ(password_words(wrong, {"", "store.redis.password", ""}),
            "it refuses store.redis.password: correct it and start again");
}

TEST(RedisWords, OfAPasswordThatNobodyAsksFor) {
  EXPECT_EQ(password_words(error("ERR AUTH <password> called without any password configured"),
                           {"", "store.redis.password", ""}),
            "it has no password, but one is configured: leave out store.redis.password, or set "
            "requirepass there");
}

}  // namespace
}  // namespace postern::wire
