#include "relay/guard.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>

#include "relay/builders.h"

namespace postern::relay {
namespace {

http::Caller app() {
  http::Caller caller;
  caller.listener = "127.0.0.1:7979";
  caller.address = "127.0.0.1:50000";
  return caller;
}

// The name of the refusal's code, or "pass".
std::string_view verdict(const GuardOptions& options, const http::RequestHead& head) {
  const std::optional<Problem> problem = Guard(options).refuse(head, app());
  return problem ? name(problem->code) : "pass";
}

std::string_view verdict(const http::RequestHead& head) {
  return verdict(GuardOptions{}, head);
}

TEST(Guard, CommandLineClientsPass) {
  EXPECT_EQ(verdict(request({{"Host", "localhost"}, {"User-Agent", "curl/8"}, {"Accept", "*/*"}})),
            "pass");
}

TEST(Guard, OurOwnNamesPassInAnyCaseWithAnyPort) {
  for (const std::string_view host :
       {"localhost", "LocalHost", "localhost:1", "localhost:7979", "localhost:65535", "127.0.0.1",
        "127.0.0.1:7979", "[::1]", "[::1]:7979"}) {
    EXPECT_EQ(verdict(request({{"Host", host}}, host)), "pass") << host;
  }
}

TEST(Guard, OtherNamesAreMisdirected) {
  for (const std::string_view host : {
           "",
           "evil.example",
           "evil.example:7979",
           "localhost.evil.example",
           "evil-localhost",
           "xlocalhost",
           "localhostx",
           "evil.example.localhost",
           "localhost.",
           "127.0.0.1.nip.example",
           "127.0.0.2",
           "127.0.0.10",
           "127.1",
           "2130706433",
           "0x7f000001",
           "0177.0.0.1",
           "0.0.0.0",
           "sentry.io",
           "::1",
           "[::]",
           "[::1",
           "[::1]x",
           "[::1]x:80",
           "[::1%25lo]",
           "[::ffff:127.0.0.1]",
           "[0:0:0:0:0:0:0:1]",
           "user@localhost",
           "localhost@evil.example",
           "localhost/api",
           "localhost:",
           "localhost:0",
           "localhost:x",
           "localhost:-1",
           "localhost:+80",
           "localhost: 80",
           "localhost:80:80",
           "localhost:65536",
           "localhost:99999",
           "localhost:000080",
           "localhost,localhost",
           "localh\xf6st",
       }) {
    EXPECT_EQ(verdict(request({}, host)), "misdirected") << host;
  }
}

TEST(Guard, AForeignHostIsMisdirectedEvenBesideAnAbsoluteTargetOfOurs) {
  EXPECT_EQ(verdict(request({{"Host", "evil.example"}}, "localhost")), "misdirected");
  EXPECT_EQ(verdict(request({{"Host", "localhost"}}, "evil.example")), "misdirected");
}

TEST(Guard, WhoIsMisdirectedIsToldTheNamesThatThereAre) {
  GuardOptions options;
  const auto action = [&] {
    return Guard(options).refuse(request({}, "postern"), app()).value_or(Problem{}).action;
  };
  EXPECT_EQ(action(), "Use localhost, 127.0.0.1 or [::1], or add the name to guard.hosts.");
  options.hosts = {"postern.internal", "10.0.0.7"};
  EXPECT_EQ(action(),
            "Use postern.internal, 10.0.0.7, localhost, 127.0.0.1 or [::1], or add the name to "
            "guard.hosts.");
  options.hosts.assign(100, "a");
  EXPECT_EQ(action().substr(0, 70),
            "Use a, a, a, a, a, a, a, a, another one of guard.hosts, localhost, 127");
}

TEST(Guard, ConfiguredNamesPassWholeAndInAnyCase) {
  GuardOptions options;
  options.hosts = {"postern.internal"};
  EXPECT_EQ(verdict(options, request({}, "Postern.Internal:7979")), "pass");
  EXPECT_EQ(verdict(options, request({}, "x.postern.internal")), "misdirected");
  EXPECT_EQ(verdict(options, request({}, "postern.internal.evil.example")), "misdirected");
  EXPECT_EQ(verdict(options, request({}, "localhost")), "pass");
}

TEST(Guard, AnyOriginIsForbiddenWhenNoneIsConfigured) {
  for (const std::string_view origin :
       {"https://evil.example", "null", "", "http://localhost", "http://localhost:7979",
        "http://127.0.0.1:7979", "file://", "chrome-extension://abc"}) {
    EXPECT_EQ(verdict(request({{"Origin", origin}})), "forbidden_caller") << origin;
  }
}

TEST(Guard, AnySecFetchSiteButNoneIsForbidden) {
  EXPECT_EQ(verdict(request({{"Sec-Fetch-Site", "none"}})), "pass");
  for (const std::string_view site :
       {"cross-site", "same-site", "same-origin", "CROSS-SITE", "None", "", "odd", "none, none"}) {
    EXPECT_EQ(verdict(request({{"Sec-Fetch-Site", site}})), "forbidden_caller") << site;
  }
}

TEST(Guard, EachLineOfARepeatedFieldCounts) {
  EXPECT_EQ(verdict(request({{"Sec-Fetch-Site", "none"}, {"sec-fetch-site", "cross-site"}})),
            "forbidden_caller");
  GuardOptions options;
  options.origins = {"https://app.example"};
  EXPECT_EQ(verdict(options, request({{"Origin", "https://app.example"},
                                      {"origin", "https://evil.example"}})),
            "forbidden_caller");
}

TEST(Guard, PagesOfAConfiguredOriginPassWithTheirFetchMetadata) {
  GuardOptions options;
  options.origins = {"https://app.example"};
  EXPECT_EQ(verdict(options,
                    request({{"Origin", "https://app.example"}, {"Sec-Fetch-Site", "cross-site"}})),
            "pass");
  for (const std::string_view origin :
       {"https://app.example.evil.example", "https://app.example:8443", "http://app.example",
        "https://evil.example", "https://app.example/", "app.example", "null", ""}) {
    EXPECT_EQ(verdict(options, request({{"Origin", origin}})), "forbidden_caller") << origin;
  }
}

TEST(Guard, WithoutItsOriginAConfiguredPageIsAnyPage) {
  GuardOptions options;
  options.origins = {"https://app.example"};
  EXPECT_EQ(verdict(options, request({{"Sec-Fetch-Site", "cross-site"}})), "forbidden_caller");
}

TEST(Guard, TheNullOriginCannotBeAllowed) {
  GuardOptions options;
  options.origins = {"null"};
  EXPECT_EQ(verdict(options, request({{"Origin", "null"}})), "forbidden_caller");
  EXPECT_FALSE(Guard(options).is_allowed_origin("null"));
}

TEST(Guard, AReboundNameIsMisdirectedWhateverElseThePageSays) {
  EXPECT_EQ(verdict(request({{"Host", "evil.example:7979"},
                             {"Origin", "http://evil.example:7979"},
                             {"Sec-Fetch-Site", "same-origin"}},
                            "evil.example:7979")),
            "misdirected");
}

TEST(Guard, UsersThatTheListenerDoesNotListAreForbidden) {
  http::Caller caller = app();
  caller.uid = 1001;
  caller.uid_allowed = false;
  const auto problem = Guard(GuardOptions{}).refuse(request({}), caller);
  ASSERT_TRUE(problem);
  EXPECT_EQ(problem->code, Code::kForbiddenCaller);
  caller.uid_allowed = true;
  EXPECT_FALSE(Guard(GuardOptions{}).refuse(request({}), caller));
}

TEST(Guard, ARequiredHeaderMustBeThere) {
  GuardOptions options;
  options.require_header = "X-Postern-Request";
  EXPECT_EQ(verdict(options, request({})), "precondition_required");
  EXPECT_EQ(verdict(options, request({{"X-Postern-Requests", "1"}})), "precondition_required");
  EXPECT_EQ(verdict(options, request({{"x-postern-request", ""}})), "pass");
}

TEST(Guard, ARequiredValueMustBeEqualOnEachLine) {
  GuardOptions options;
  options.require_header = "X-Postern-Request: true";
  EXPECT_EQ(verdict(options, request({{"X-Postern-Request", "true"}})), "pass");
  EXPECT_EQ(verdict(options, request({{"X-Postern-Request", "false"}})), "precondition_required");
  EXPECT_EQ(verdict(options, request({{"X-Postern-Request", "true x"}})), "precondition_required");
  EXPECT_EQ(verdict(options, request({{"X-Postern-Request", ""}})), "precondition_required");
  EXPECT_EQ(verdict(options, request({{"X-Postern-Request", "true"}, {"X-Postern-Request", "no"}})),
            "precondition_required");
}

TEST(Guard, ForwardedRequestsAreForbiddenWhereAHeaderIsRequired) {
  GuardOptions options;
  options.require_header = "X-Postern-Request";
  const auto head = request({{"X-Postern-Request", "1"}, {"X-Forwarded-For", "10.0.0.1"}});
  EXPECT_EQ(verdict(options, head), "forbidden_caller");
  EXPECT_EQ(verdict(head), "pass");
}

TEST(Guard, ATrustedProxyMayForwardThem) {
  GuardOptions options;
  options.require_header = "X-Postern-Request";
  http::Caller caller = app();
  caller.is_behind_proxy = true;
  const auto head = request({{"X-Postern-Request", "1"}, {"X-Forwarded-For", "10.0.0.1"}});
  EXPECT_FALSE(Guard(options).refuse(head, caller));
}

TEST(Guard, ACertificateThatIsNotListedIsForbiddenByName) {
  http::Caller caller = app();
  caller.name = "web.shop.svc";
  EXPECT_FALSE(Guard(GuardOptions{}).refuse(request({}), caller));
  caller.name_allowed = false;
  const auto problem = Guard(GuardOptions{}).refuse(request({}), caller);
  ASSERT_TRUE(problem);
  EXPECT_EQ(problem->code, Code::kForbiddenCaller);
  EXPECT_NE(problem->detail.find("web.shop.svc"), std::string::npos);
  EXPECT_NE(problem->action.find("tls.client_names"), std::string::npos);
}

TEST(Guard, ACertificateWithoutAUsableNameIsForbidden) {
  http::Caller caller = app();
  caller.name_allowed = false;
  EXPECT_NE(Guard(GuardOptions{}).refuse(request({}), caller)->detail.find("no name"),
            std::string::npos);
}

TEST(Guard, RefusalsSayWhatToDoAndRepeatNothingOfTheRequest) {
  const auto problem = Guard(GuardOptions{}).refuse(request({}, "canary.example"), app());
  ASSERT_TRUE(problem);
  EXPECT_FALSE(problem->action.empty());
  EXPECT_EQ(to_json(*problem).find("canary"), std::string::npos);
}

}  // namespace
}  // namespace postern::relay
