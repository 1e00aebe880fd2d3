#include "admin/request_reader.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>

namespace postern::admin {
namespace {

using State = RequestReader::State;

class Reading : public testing::Test {
 protected:
  State read(std::string_view bytes) { return reader_.read(bytes); }
  State read_split(std::string_view bytes, size_t at) {
    const State first = reader_.read(bytes.substr(0, at));
    return first == State::kMore ? reader_.read(bytes.substr(at)) : first;
  }
  relay::Code refusal(std::string_view bytes) {
    RequestReader reader(guard_, caller_);
    EXPECT_EQ(reader.read(bytes), State::kRefused) << bytes;
    return reader.problem().code;
  }

  relay::Guard guard_{relay::GuardOptions{}};
  http::Caller caller_;
  RequestReader reader_{guard_, caller_};
};

TEST_F(Reading, HoldsBackUntilTheHeadIsWhole) {
  EXPECT_FALSE(reader_.started());
  EXPECT_EQ(read("GET /readyz?verb"), State::kMore);
  EXPECT_TRUE(reader_.started());
  EXPECT_EQ(read("ose HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer abc\r\n"), State::kMore);
  EXPECT_EQ(read("\r\n"), State::kWhole);
  EXPECT_EQ(reader_.path(), "/readyz");
  EXPECT_EQ(reader_.query(), "verbose");
  EXPECT_EQ(reader_.bearer().reveal(), "abc");
}

TEST_F(Reading, GivesTheSameForEveryCut) {
  const std::string_view request =
      "POST /api/x HTTP/1.1\r\nHost: 127.0.0.1:7980\r\nTransfer-Encoding: chunked\r\n\r\n"
      "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n";
  for (size_t at = 0; at < request.size(); ++at) {
    RequestReader reader(guard_, caller_);
    reader.read(request.substr(0, at));
    ASSERT_EQ(reader.read(request.substr(at)), State::kWhole) << at;
    EXPECT_EQ(reader.path(), "/api/x") << at;
    EXPECT_EQ(reader.body(), "abcde") << at;
    EXPECT_EQ(reader.method(), http::Method::kPost) << at;
  }
}

TEST_F(Reading, RefusesWhatLibevhtpWouldTakeForGood) {
  using relay::Code;
  const std::string host = "Host: localhost\r\n";
  EXPECT_EQ(refusal("POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: xchunked\r\n\r\n"),
            Code::kNotImplemented);
  EXPECT_EQ(refusal("POST / HTTP/1.1\r\n" + host +
                    "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n"),
            Code::kBadRequest);
  EXPECT_EQ(refusal("POST / HTTP/1.1\r\n" + host + "Content-Length : 5\r\n\r\n"),
            Code::kBadRequest);
  EXPECT_EQ(refusal("GET / HTTP/257.1\r\n" + host + "\r\n"), Code::kBadRequest);
  EXPECT_EQ(refusal("GET /\r\n\r\n"), Code::kBadRequest);
  EXPECT_EQ(refusal("CONNECT h:1 HTTP/1.1\r\n" + host + "\r\n"), Code::kMethodNotAllowed);
}

TEST_F(Reading, RefusesStrangers) {
  EXPECT_EQ(refusal("GET /api/status HTTP/1.1\r\nHost: evil.example\r\n\r\n"),
            relay::Code::kMisdirected);
  EXPECT_EQ(refusal("GET / HTTP/1.1\r\nHost: localhost\r\nOrigin: https://evil.example\r\n\r\n"),
            relay::Code::kForbiddenCaller);
  EXPECT_EQ(refusal("GET / HTTP/1.1\r\nHost: localhost\r\nSec-Fetch-Site: same-site\r\n\r\n"),
            relay::Code::kForbiddenCaller);
}

std::string head_of(std::string_view line, std::string_view site, std::string_view mode = "",
                    std::string_view dest = "") {
  std::string head = std::string(line) + " HTTP/1.1\r\nHost: localhost\r\n";
  for (const auto& [name, value] :
       {std::pair{"Sec-Fetch-Site", site}, {"Sec-Fetch-Mode", mode}, {"Sec-Fetch-Dest", dest}})
    if (!value.empty()) head += std::string(name) + ": " + std::string(value) + "\r\n";
  return head + "\r\n";
}

TEST_F(Reading, ALinkMayLeadToTheFrontPage) {
  EXPECT_EQ(read(head_of("GET /", "cross-site", "navigate", "document")), State::kWhole);
}

TEST_F(Reading, AndNowhereElseNorInAnyOtherWay) {
  for (const std::string& head :
       {head_of("GET /api/status", "cross-site", "navigate", "document"),
        head_of("GET /page/grants", "cross-site", "navigate", "document"),
        head_of("POST /", "cross-site", "navigate", "document"),
        head_of("GET /", "cross-site", "navigate", "iframe"),
        head_of("GET /", "cross-site", "no-cors", "image"),
        head_of("GET /", "cross-site", "cors", "empty"), head_of("GET /", "same-site"),
        head_of("GET /", "cross-site", "navigate"),
        head_of("GET /", "cross-site", "navigate\r\nSec-Fetch-Mode: cors", "document")})
    EXPECT_EQ(refusal(head), relay::Code::kForbiddenCaller) << head;
}

TEST_F(Reading, OurOwnPageReadsAndChangesNothing) {
  EXPECT_EQ(read(head_of("GET /api/events", "same-origin", "cors", "empty")), State::kWhole);
  for (const std::string& head :
       {head_of("POST /api/shutdown", "same-origin"),
        head_of("GET /api/status", "same-origin\r\nSec-Fetch-Site: cross-site"),
        head_of("GET /api/status", "same-origin\r\nOrigin: https://evil.example")})
    EXPECT_EQ(refusal(head), relay::Code::kForbiddenCaller) << head;
  EXPECT_EQ(refusal("GET / HTTP/1.1\r\nHost: evil.example\r\nSec-Fetch-Site: same-origin\r\n\r\n"),
            relay::Code::kMisdirected);
}

std::string form_of(std::string_view path, std::string_view fields) {
  return "POST " + std::string(path) + " HTTP/1.1\r\nHost: 127.0.0.1:7980\r\n" +
         std::string(fields) + "Content-Length: 1\r\n\r\nx";
}

TEST_F(Reading, FormsOfOurOwnPageAreTakenWhereTheyBelong) {
  for (const char* fields : {"Sec-Fetch-Site: same-origin\r\nOrigin: http://127.0.0.1:7980\r\n",
                             "Sec-Fetch-Site: same-origin\r\n", "Origin: http://127.0.0.1:7980\r\n",
                             "Origin: https://127.0.0.1:7980\r\n"}) {
    for (const char* path : {"/connect", "/connect/test"}) {
      RequestReader reader(guard_, caller_);
      EXPECT_EQ(reader.read(form_of(path, fields)), State::kWhole) << path << fields;
      EXPECT_TRUE(reader.is_own_page());
    }
  }
  EXPECT_EQ(refusal(form_of("/api/shutdown", "Sec-Fetch-Site: same-origin\r\n")),
            relay::Code::kForbiddenCaller);
}

TEST_F(Reading, FormsOfOtherPagesAreRefused) {
  for (const char* fields :
       {"Sec-Fetch-Site: cross-site\r\nOrigin: https://evil.test\r\n",
        "Sec-Fetch-Site: same-site\r\nOrigin: http://127.0.0.1:3000\r\n",
        "Sec-Fetch-Site: same-origin\r\nOrigin: null\r\n", "Origin: null\r\n",
        "Origin: http://127.0.0.1:7981\r\n", "Origin: http://localhost:7980\r\n",
        "Sec-Fetch-Site: same-site\r\nOrigin: http://127.0.0.1:7980\r\n",
        "Sec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: document\r\n"})
    EXPECT_EQ(refusal(form_of("/connect", fields)), relay::Code::kForbiddenCaller) << fields;
}

TEST_F(Reading, WhoSaysNothingOfItselfIsNoPageOfOurs) {
  EXPECT_EQ(read(form_of("/connect", "Cookie: a=1\r\nCookie: b=2\r\n")), State::kWhole);
  EXPECT_FALSE(reader_.is_own_page());
  EXPECT_EQ(reader_.cookies().reveal(), "a=1; b=2");
  EXPECT_EQ(reader_.host(), "127.0.0.1:7980");
}

TEST_F(Reading, SentryLeadsBackToTheCallbackInAWindowAndInNoOtherWay) {
  EXPECT_EQ(read(head_of("GET /oauth/callback", "cross-site", "navigate", "document")),
            State::kWhole);
  for (const std::string& head :
       {head_of("GET /oauth/callback", "cross-site", "navigate", "iframe"),
        head_of("GET /oauth/callback", "cross-site", "no-cors", "image"),
        head_of("GET /oauth/callback", "same-site", "cors", "empty"),
        head_of("GET /oauth/callback/x", "cross-site", "navigate", "document"),
        head_of("POST /oauth/callback", "cross-site", "navigate", "document")})
    EXPECT_EQ(refusal(head), relay::Code::kForbiddenCaller) << head;
}

TEST_F(Reading, AProbeOfHttp10NeedsNoHost) {
  for (const char* page : {"/livez", "/readyz", "/startupz", "/readyz?verbose"}) {
    RequestReader reader(guard_, caller_);
    EXPECT_EQ(reader.read("GET " + std::string(page) + " HTTP/1.0\r\n\r\n"), State::kWhole) << page;
  }
}

TEST_F(Reading, WithoutAHostNothingElsePasses) {
  for (const char* head :
       {"GET /livez HTTP/1.1\r\n\r\n", "POST /livez HTTP/1.0\r\n\r\n",
        "GET /api/status HTTP/1.0\r\n\r\n", "GET /livez/ HTTP/1.0\r\n\r\n",
        "POST /api/shutdown HTTP/1.0\r\n\r\n", "GET /livez HTTP/1.0\r\nHost:\r\n\r\n"})
    EXPECT_EQ(refusal(head), relay::Code::kBadRequest) << head;
}

TEST_F(Reading, AProbeWithAForeignNameOrFromAPageIsStillAStranger) {
  EXPECT_EQ(refusal("GET /livez HTTP/1.0\r\nHost: evil.example\r\n\r\n"),
            relay::Code::kMisdirected);
  EXPECT_EQ(refusal("GET http://evil.example/livez HTTP/1.0\r\n\r\n"), relay::Code::kMisdirected);
  EXPECT_EQ(refusal("GET /livez HTTP/1.0\r\nOrigin: https://evil.example\r\n\r\n"),
            relay::Code::kForbiddenCaller);
  EXPECT_EQ(refusal("GET /livez HTTP/1.0\r\nSec-Fetch-Site: same-site\r\n\r\n"),
            relay::Code::kForbiddenCaller);
}

TEST_F(Reading, RefusesWhatIsTooLargeWithoutReadingIt) {
  const std::string head = "POST / HTTP/1.1\r\nHost: localhost\r\n";
  EXPECT_EQ(refusal(head + "Content-Length: 16385\r\n\r\n"), relay::Code::kBodyTooLarge);
  EXPECT_EQ(refusal(head + "Transfer-Encoding: chunked\r\n\r\n4001\r\n"),
            relay::Code::kBodyTooLarge);
  EXPECT_EQ(refusal(head + "X: " + std::string(kMaxHead, 'x')), relay::Code::kHeadTooLarge);
  EXPECT_EQ(refusal(head + "Content-Length: 5\r\nExpect: 100-continue\r\n\r\n"),
            relay::Code::kExpectationFailed);
}

TEST_F(Reading, TakesABodyOfTheFullSize) {
  const std::string request =
      "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 16384\r\n\r\n" +
      std::string(kMaxBody, 'x');
  EXPECT_EQ(read_split(request, 5000), State::kWhole);
  EXPECT_EQ(reader_.body().size(), kMaxBody);
}

}  // namespace
}  // namespace postern::admin
