#include "wire/redis_words.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string_view>

namespace postern::wire {
namespace {

// The connector names host and address before the cause: an IPv6 address has colons of its own.
std::string_view cause_of(const http::Failure& failure) {
  const std::string_view detail = failure.detail;
  const std::string_view mark = failure.stage == "tls" ? " failed: " : ": ";
  const size_t end = failure.stage == "tls" ? detail.find(mark) : detail.rfind(mark);
  return end == std::string_view::npos ? detail : detail.substr(end + mark.size());
}

// ", and is the port right (store.redis.url)?", where that may be the reason.
std::string doubt(std::string_view what, const RedisPeer& peer) {
  if (peer.setting.empty() || peer.has_worked) return "?";
  return ", and is the " + std::string(what) + " right (" + peer.setting + ")?";
}

std::string refusal_words(std::string_view cause, const RedisPeer& peer) {
  const bool is_refused = cause == std::strerror(ECONNREFUSED);
  return std::string(cause) + (is_refused ? "; is Redis up" + doubt("port", peer)
                                          : "; is the way there open" + doubt("address", peer));
}

}  // namespace

std::string setting_of(const redis::Address& address, const redis::Options& options,
                       const std::vector<redis::Address>& configured) {
  const bool is_there = std::any_of(configured.begin(), configured.end(),
                                    [&](const auto& one) { return one.text() == address.text(); });
  if (!is_there) return {};
  return options.url.empty() ? "store.redis.addresses" : "store.redis.url";
}

std::string connect_words(const http::Failure& failure, const RedisPeer& peer) {
  const bool is_timeout = failure.kind == http::FailKind::kTimeout;
  if (failure.stage == "tls" && is_timeout)
    return std::string("the TLS handshake took too long") +
           (peer.has_worked ? "" : ": is TLS spoken there, or is it redis://?");
  if (failure.stage == "tls") return "the TLS handshake failed: " + std::string(cause_of(failure));
  if (failure.stage == "resolve")
    return "its name cannot be resolved: " + std::string(cause_of(failure)) + "; does DNS work" +
           doubt("name", peer);
  if (is_timeout) return refusal_words("connecting took too long", peer);
  return refusal_words(cause_of(failure), peer);
}

std::string unix_connect_words(int error, const RedisPeer& peer) {
  if (error == EAGAIN) return "it takes no more connections";
  const bool is_absent = error == ENOENT || error == ECONNREFUSED;
  return std::strerror(error) + (is_absent ? "; is Redis up" + doubt("path", peer) : "");
}

std::string silent_end_words(const redis::Address& address, const RedisPeer& peer) {
  if (peer.has_worked || address.is_unix()) return {};
  return std::string(", before a word was said: does it ask for ") +
         (address.tls ? "another certificate_file?" : "TLS (rediss://)?");
}

std::string password_words(const redis::Reply& refusal, const RedisPassword& password) {
  const bool is_inline = password.file.empty();
  const std::string where = is_inline ? password.setting : "the password in " + password.file;
  if (refusal.text.find("without any password") != std::string::npos)
    return "it has no password, but one is configured: leave out " + where +
           ", or set requirepass there";
  if (refusal.error_code() != "WRONGPASS" && refusal.text != "ERR invalid password")
    return "it did not take " + where + " (it said: " + refusal.shown() + ")";
  const std::string& user = password.user;
  const std::string whom = user.empty() ? "" : " for the user " + user + ", or has no such user";
  return "it refuses " + where + whom +
         (is_inline ? ": correct it and start again"
                    : ": put the right one there; it is read again for each attempt");
}

}  // namespace postern::wire
