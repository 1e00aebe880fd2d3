#include "admin/connect_page.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace postern::admin {
namespace {

using testing::HasSubstr;
using testing::Not;

class ConnectPage : public testing::Test {
 protected:
  ConnectPage() {
    grant_.name = grant_.organization = "acme";
    grant_.sentry_url = "https://sentry.test";
    grant_.client.id = "client-1";
    grant_.scopes = {"org:read", "project:read"};
    view_.redirect_uri = "http://127.0.0.1:7980/oauth/callback";
    view_.form_token = "f0rm";
    view_.entries = {{&grant_, false, {}}};
  }

  grants::GrantOptions grant_;
  ConnectView view_;
};

TEST_F(ConnectPage, TheFormBeginsWithTheConfiguredScopes) {
  const std::string html = render_connect(view_);
  for (const char* part :
       {"action=\"/connect\"", "name=\"scopes.org\" value=\"org:read\" checked",
        "name=\"scopes.team\" value=\"\" checked", "name=\"token\" value=\"f0rm\"",
        "http://127.0.0.1/oauth/callback", "http://127.0.0.1:7980/oauth/callback",
        "https://sentry.test/settings/account/api/applications/",
        "<details class=\"card steps\" open"})
    EXPECT_THAT(html, HasSubstr(part));
  EXPECT_THAT(html, Not(HasSubstr("project:write\" checked")));
  EXPECT_THAT(html, Not(HasSubstr("Test it"))) << "without a token";
  EXPECT_THAT(html, Not(HasSubstr("name=\"replace\"")));
}

TEST_F(ConnectPage, AGrantWithATokenCanBeTriedAndReplaced) {
  view_.entries[0].has_token = true;
  view_.entries[0].note = {true, "Connected", "curl http://127.0.0.1:7979/"};
  const std::string html = render_connect(view_);
  for (const char* part : {"action=\"/connect/test\"", "Connect again", "name=\"replace\"",
                           "outcome good", "curl http://127.0.0.1:7979/"})
    EXPECT_THAT(html, HasSubstr(part));
  EXPECT_THAT(html, Not(HasSubstr("steps\" open")));
}

TEST_F(ConnectPage, WhoHasNotShownTheTokenIsAskedForIt) {
  view_.form_token.clear();
  EXPECT_THAT(render_connect(view_), HasSubstr("type=\"password\" name=\"token\""));
}

TEST_F(ConnectPage, WithoutAnApplicationThereIsNothingToPress) {
  grant_.client.id.clear();
  const std::string html = render_connect(view_);
  EXPECT_THAT(html, HasSubstr("client.id"));
  EXPECT_THAT(html, Not(HasSubstr("<form")));
}

TEST_F(ConnectPage, WhereNothingCanBeConnectedItSaysWhy) {
  view_.elsewhere = "http://127.0.0.1:7980/";
  EXPECT_THAT(render_connect(view_), HasSubstr("href=\"http://127.0.0.1:7980/\""));
  EXPECT_THAT(render_connect(view_), Not(HasSubstr("<form")));
  view_.entries.clear();
  EXPECT_THAT(render_connect(view_), HasSubstr("No grant of kind oauth"));
  view_.off = "it is off & away";
  EXPECT_THAT(render_connect(view_), HasSubstr("it is off &amp; away"));
}

TEST_F(ConnectPage, NothingThatIsShownIsObeyed) {
  const std::string hostile = "<b>\"'";
  grant_.name = hostile;
  grant_.scopes = {hostile, "x:" + hostile};
  view_.entries[0].has_token = true;
  view_.entries[0].note = {false, hostile, hostile};
  view_.redirect_uri = view_.form_token = hostile;
  EXPECT_THAT(render_connect(view_), Not(HasSubstr("<b>")));
  EXPECT_THAT(render_connect(view_), Not(HasSubstr("\"'\"")));
  EXPECT_THAT(render_message(hostile, hostile), Not(HasSubstr("<b>")));
}

}  // namespace
}  // namespace postern::admin
