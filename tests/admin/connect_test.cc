#include "admin/connect.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <utility>

#include "base/percent.h"
#include "support/fake_clock.h"

namespace postern::admin {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr std::string_view kHost = "127.0.0.1:7980";

class FakeConnector final : public Connector {
 public:
  FakeConnector() {
    acme.name = acme.organization = "acme";
    acme.sentry_url = "https://sentry.test";
    acme.client.id = "client-1";
    acme.scopes = {"org:read", "event:read"};
  }
  std::vector<const grants::GrantOptions*> grants() const override { return {&acme}; }
  std::string api_url() const override { return "http://127.0.0.1:7979"; }
  void connect(ConnectOrder order,
               std::function<void(Result<Connected, grants::NotKept>)> then) override {
    orders.push_back(std::move(order));
    done = std::move(then);
  }
  void test(const std::string& grant, std::function<void(Trial)> then) override {
    tested.push_back(grant);
    tried = std::move(then);
  }

  grants::GrantOptions acme;
  std::vector<ConnectOrder> orders;
  std::vector<std::string> tested;
  std::function<void(Result<Connected, grants::NotKept>)> done;
  std::function<void(Trial)> tried;
};

class Connecting : public testing::Test {
 protected:
  Connecting() {
    prepare(connect_);
    GrantReport grant;
    grant.name = "acme";
    grant.generation = 1;
    report_.grants.push_back(grant);
  }
  static void prepare(Connect& connect) {
    connect.set_token(Secret("adm1n"));
    connect.set_address(std::string(kHost));
  }
  static Request request() {
    Request one;
    one.host = kHost;
    one.is_own_page = true;
    return one;
  }
  Request post(std::string_view body) const {
    Request one = request();
    one.method = http::Method::kPost;
    one.body = body;
    one.cookies = cookies_;
    return one;
  }
  // As a browser keeps them.
  void keep_cookies(const Response& response) {
    for (const std::string& cookie : response.cookies)
      cookies_ += (cookies_.empty() ? "" : "; ") + cookie.substr(0, cookie.find(';'));
  }
  std::string parameter(const Response& response, const std::string& name) const {
    const size_t at = response.location.find(name + "=");
    if (at == std::string::npos) return {};
    const std::string rest = response.location.substr(at + name.size() + 1);
    return rest.substr(0, rest.find('&'));
  }
  Response begin(const std::string& more = "") {
    Response response =
        connect_.begin(post("grant=acme&scopes=org:read+project:write&token=adm1n" + more));
    keep_cookies(response);
    return response;
  }
  Response come_back(const std::string& query) {
    Request one = request();
    one.is_own_page = false;
    one.query = query;
    one.cookies = cookies_;
    return connect_.callback(one);
  }
  // Waits for a deferred answer, as the connection does.
  void wait_for(Response response) {
    ASSERT_TRUE(response.later);
    work_ = response.later(Deferred([this](Response made) { answered_ = std::move(made); }));
  }
  std::string note() { return render_connect(connect_.view(request(), report_)); }

  test::FakeClock clock_;
  FakeConnector connector_;
  Connect connect_{connector_, false, [this] { return clock_.now(); }};
  StatusReport report_;
  std::string cookies_;
  Work work_;
  std::optional<Response> answered_;
};

TEST_F(Connecting, TheTokenInTheAddressIsTradedForACookieThatIsNotTheToken) {
  Request one = request();
  one.query = "token=adm1n";
  const Response response = connect_.enter(one);
  EXPECT_EQ(response.status, 303);
  EXPECT_EQ(response.location, "/");
  ASSERT_EQ(response.cookies.size(), 1U);
  EXPECT_THAT(response.cookies[0], StartsWith("postern_page_7980="));
  EXPECT_THAT(response.cookies[0], Not(HasSubstr("adm1n")));
  EXPECT_THAT(response.cookies[0], HasSubstr("HttpOnly; SameSite=Lax"));
}

TEST_F(Connecting, AWrongTokenInTheAddressGivesNoCookie) {
  for (const char* query :
       {"token=", "token=admin", "token=adm1n&token=adm1n", "token=adm1n&x=y"}) {
    Request one = request();
    one.query = query;
    const Response response = connect_.enter(one);
    EXPECT_EQ(response.status, 403) << query;
    EXPECT_TRUE(response.cookies.empty());
  }
}

TEST_F(Connecting, TheCookieFillsTheFormsAndTheFormsTokenNeedsTheCookie) {
  Request one = request();
  one.query = "token=adm1n";
  keep_cookies(connect_.enter(one));
  one.cookies = cookies_;
  const std::string token = connect_.view(one, report_).form_token;
  ASSERT_FALSE(token.empty());
  EXPECT_TRUE(connect_.view(request(), report_).form_token.empty());
  const std::string body = "grant=acme&scopes=org:read&token=" + token;
  EXPECT_EQ(connect_.begin(post(body)).status, 303);
  EXPECT_EQ(connect_.begin(post("grant=acme&scopes=org:read")).status, 403) << "the cookie alone";
  cookies_.clear();
  EXPECT_EQ(connect_.begin(post(body)).status, 403) << "the form alone";
}

TEST_F(Connecting, LeadsToSentryWithTheChosenScopes) {
  const Response response = begin();
  EXPECT_EQ(response.status, 303);
  EXPECT_THAT(response.location, StartsWith("https://sentry.test/oauth/authorize/?"));
  EXPECT_EQ(parameter(response, "scope"), "org%3Aread%20project%3Awrite");
  EXPECT_EQ(parameter(response, "redirect_uri"),
            text::percent_encoded("http://127.0.0.1:7980/oauth/callback"));
  EXPECT_EQ(parameter(response, "code_challenge_method"), "S256");
  ASSERT_EQ(response.cookies.size(), 1U);
  EXPECT_THAT(response.cookies[0], HasSubstr("Path=/oauth/callback; Max-Age=600; HttpOnly"));
  EXPECT_THAT(response.cookies[0], Not(HasSubstr(parameter(response, "state"))));
}

TEST_F(Connecting, RefusesFormsThatAreNotOurs) {
  Request foreign = post("grant=acme&scopes=org:read&token=adm1n");
  foreign.is_own_page = false;
  EXPECT_EQ(connect_.begin(foreign).status, 403);
  EXPECT_EQ(connect_.test(foreign).status, 403);
  for (const auto& [body, status] : {std::pair{"grant=acme&scopes=org:read&token=wrong", 403},
                                     {"grant=acme&scopes=org:read&token=", 403},
                                     {"grant=other&scopes=org:read&token=adm1n", 404},
                                     {"grant=acme&scopes=project:read&token=adm1n", 400},
                                     {"grant=acme&scopes=org:read+no:such&token=adm1n", 400},
                                     {"grant=acme&scopes=org:read+org:ci&token=adm1n", 400},
                                     {"grant=%zz&token=adm1n", 400}})
    EXPECT_EQ(connect_.begin(post(body)).status, status) << body;
}

TEST_F(Connecting, AProgramShowsTheTokenAsElsewhere) {
  Request one = post("grant=acme&scopes=org:read");
  one.is_own_page = false;
  one.may_change = true;
  EXPECT_EQ(connect_.begin(one).status, 303);
}

TEST_F(Connecting, GoesByTheNameThatSentryKnows) {
  Request one = post("grant=acme&scopes=org:read&token=adm1n");
  one.host = "localhost:7980";
  EXPECT_EQ(connect_.begin(one).status, 400);
  EXPECT_EQ(connect_.view(one, report_).elsewhere, "http://127.0.0.1:7980/");
  one.host = "127.0.0.1:8000";  // through a tunnel
  EXPECT_THAT(connect_.begin(one).location, HasSubstr("127.0.0.1%3A8000"));
  one.host = "127.0.0.1.evil.test";
  EXPECT_EQ(connect_.begin(one).status, 400);
}

TEST_F(Connecting, TheCodeIsExchangedOnce) {
  const std::string state = parameter(begin("&replace=yes"), "state");
  wait_for(come_back("code=c0de&state=" + state));
  ASSERT_EQ(connector_.orders.size(), 1U);
  const ConnectOrder& order = connector_.orders[0];
  EXPECT_EQ(order.code.reveal(), "c0de");
  EXPECT_THAT(order.scopes, ElementsAre("org:read", "project:write"));
  EXPECT_EQ(order.redirect_uri, "http://127.0.0.1:7980/oauth/callback");
  EXPECT_TRUE(order.replace);
  EXPECT_FALSE(order.pkce.verifier.empty());
  EXPECT_EQ(come_back("code=c0de&state=" + state).status, 409);
  EXPECT_EQ(connector_.orders.size(), 1U);
}

TEST_F(Connecting, ThenThePageSaysWhoIsConnectedAndHowToUseIt) {
  wait_for(come_back("code=c0de&state=" + parameter(begin(), "state")));
  EXPECT_FALSE(connector_.orders[0].replace);
  connector_.done(Connected{"Jane <j@x>", {"org:read"}});
  ASSERT_TRUE(answered_);
  EXPECT_EQ(answered_->status, 303);
  EXPECT_EQ(answered_->location, "/#connect");
  EXPECT_THAT(note(), HasSubstr("Connected as Jane &lt;j@x&gt;, organization acme"));
  EXPECT_THAT(note(), HasSubstr("curl http://127.0.0.1:7979/api/0/organizations/acme/"));
}

TEST_F(Connecting, WhoDoesNotWaitIsConnectedAllTheSame) {
  wait_for(come_back("code=c0de&state=" + parameter(begin(), "state")));
  work_.reset();
  connector_.done(Connected{"Jane", {"org:read"}});
  EXPECT_FALSE(answered_);
  EXPECT_THAT(note(), HasSubstr("Connected as Jane"));
}

TEST_F(Connecting, AFailureIsSaidWithWhatToDo) {
  wait_for(come_back("code=c0de&state=" + parameter(begin(), "state")));
  connector_.done(tl::unexpected(grants::NotKept{true, "the grant belongs to user 7"}));
  ASSERT_TRUE(answered_);
  EXPECT_EQ(answered_->status, 409);
  EXPECT_THAT(answered_->body, HasSubstr("the grant belongs to user 7"));
  EXPECT_THAT(answered_->body, HasSubstr("replace it"));
  EXPECT_THAT(note(), HasSubstr("the grant belongs to user 7"));
}

TEST_F(Connecting, DeniedConsentIsSaidAndUsesTheLoginUp) {
  const std::string state = parameter(begin(), "state");
  const Response response = come_back("error=access_denied&state=" + state);
  EXPECT_EQ(response.status, 403);
  EXPECT_THAT(response.body, HasSubstr("access_denied"));
  EXPECT_EQ(come_back("code=c&state=" + state).status, 409);
  EXPECT_TRUE(connector_.orders.empty());
}

TEST_F(Connecting, AnAnswerOfNobodysLoginIsRefused) {
  const std::string state = parameter(begin(), "state");
  EXPECT_EQ(come_back("code=c&state=other").status, 400);
  EXPECT_EQ(come_back("code=c").status, 400);
  EXPECT_EQ(come_back("code=c&state=" + state + "&state=" + state).status, 400);
  const std::string cookies = std::exchange(cookies_, "postern_connect_7980=planted");
  EXPECT_EQ(come_back("code=c&state=" + state).status, 403);
  cookies_ = cookies;
  EXPECT_EQ(come_back("code=c&state=" + state + "&iss=https%3A%2F%2Fevil.test").status, 400);
  EXPECT_TRUE(connector_.orders.empty());
}

TEST_F(Connecting, TakesNoAnswerAfterTenMinutesNorByHead) {
  const std::string query = "code=c&state=" + parameter(begin(), "state");
  Request head = request();
  head.query = query;
  head.cookies = cookies_;
  head.is_head = true;
  EXPECT_EQ(connect_.callback(head).status, 405);
  clock_.advance(10min);
  EXPECT_EQ(come_back(query).status, 410);
}

TEST_F(Connecting, ATestSaysStatusAndTimeOrTheProblem) {
  wait_for(connect_.test(post("grant=acme&token=adm1n")));
  EXPECT_THAT(connector_.tested, ElementsAre("acme"));
  connector_.tried({200, 120ms, ""});
  EXPECT_EQ(answered_->status, 303);
  EXPECT_THAT(note(), HasSubstr("200 in 120 ms"));
  wait_for(connect_.test(post("grant=acme&token=adm1n")));
  connector_.tried({403, 80ms, "the token lacks org:read"});
  EXPECT_THAT(note(), HasSubstr("the token lacks org:read"));
  EXPECT_THAT(note(), HasSubstr("outcome bad"));
}

TEST_F(Connecting, ReadOnlyTurnsAllOfItOff) {
  Connect connect(connector_, true, [this] { return clock_.now(); });
  prepare(connect);
  Request one = request();
  one.query = "token=adm1n";
  EXPECT_TRUE(connect.enter(one).cookies.empty());
  for (const Response& response :
       {connect.begin(post("grant=acme&scopes=org:read&token=adm1n")),
        connect.test(post("grant=acme&token=adm1n")), connect.callback(one)}) {
    EXPECT_EQ(response.status, 403);
    EXPECT_THAT(response.body, HasSubstr("admin.read_only"));
  }
  EXPECT_THAT(render_connect(connect.view(one, report_)), Not(HasSubstr("<form")));
}

TEST_F(Connecting, AUnixSocketConnectsNothing) {
  connect_.set_address("unix:/run/admin.sock");
  EXPECT_FALSE(connect_.view(request(), report_).off.empty());
  EXPECT_EQ(connect_.begin(post("grant=acme&scopes=org:read&token=adm1n")).status, 400);
}

TEST_F(Connecting, FormsMayLeadToTheSentriesOfTheGrants) {
  EXPECT_EQ(connect_.form_targets(), "'self' https://sentry.test");
  connector_.acme.sentry_url = "https://sentry.io";
  EXPECT_EQ(connect_.form_targets(), "'self' https://sentry.io https://*.sentry.io");
}

}  // namespace
}  // namespace postern::admin
