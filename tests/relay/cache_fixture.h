// Several requests through one Relay with a cache; Sentry is played by the test.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "relay/limits_fixture.h"

namespace postern::relay {

class CacheTest : public LimitsTest {
 protected:
  static constexpr const char* kIssues = "/api/0/organizations/acme/issues/";
  static constexpr const char* kIssue = "/api/0/organizations/acme/issues/7/";
  static constexpr const char* kEvent =
      "/api/0/projects/acme/web/events/0123456789abcdef0123456789abcdef/";

  CacheTest() {
    options_.limited = false;
    options_.cache.enabled = true;
    grant().set_identity("1", "7");
  }

  User& get(std::string_view target, Pairs fields = {}) {
    method(http::Method::kGet, "GET");
    head_.target = kept(target);
    head_.path = head_.target.substr(0, head_.target.find('?'));
    return ask(fields);
  }
  // A GET and Sentry's whole answer to it.
  User& fetch(std::string_view target, std::string_view body = "first",
              const http::Fields& fields = {}) {
    User& user = get(target);
    reply(sends() - 1, 200, body, fields);
    return user;
  }
  User& write(std::string_view target, int status, http::Method verb = http::Method::kPut) {
    method(verb, http::to_string(verb));
    set_target(target);
    User& user = ask();
    if (status != 0) reply(sends() - 1, status, "done");
    return user;
  }
  // Heads hold views, and are looked at until the end.
  static std::string_view kept(std::string_view text) {
    static std::set<std::string, std::less<>> texts;
    return *texts.emplace(text).first;
  }
  static std::string outcome(const User& user) { return user.client.field("X-Postern-Cache"); }
  // "hit", "miss"… of a GET now; what misses is answered.
  std::string again(std::string_view target) {
    User& user = get(target);
    if (user.client.status == 0) reply(sends() - 1, 200, "again");
    return outcome(user);
  }
};

}  // namespace postern::relay
