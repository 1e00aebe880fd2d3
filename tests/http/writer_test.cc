#include "http/writer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "http/request_parser.h"
#include "http/response_parser.h"

namespace postern::http {
namespace {

class Writer : public testing::Test {
 protected:
  std::string request(const OutgoingRequest& request) {
    write_request(out_, request);
    return taken();
  }
  std::string response(const OutgoingResponse& response, ConnectionWords words = {}) {
    framing_ = write_response(out_, response, words);
    return taken();
  }
  std::string taken() {
    std::string text(out_.data());
    out_.consume(out_.size());
    return text;
  }

  BlockPool pool_;
  Buffer out_{pool_};
  Framing framing_;
  const Fields fields_{{"X-A", "1"}, {"x-a", ""}};
};

TEST_F(Writer, WritesARequestInOneOrder) {
  EXPECT_EQ(request({Method::kGet, "GET", "/a?b", "sentry.io", &fields_, Framing::none()}),
            "GET /a?b HTTP/1.1\r\nHost: sentry.io\r\nX-A: 1\r\nx-a: \r\n\r\n");
}

TEST_F(Writer, FramesARequestByItsFramingAlone) {
  EXPECT_EQ(request({Method::kPut, "PUT", "/", "h", nullptr, Framing::of_length(33000000)}),
            "PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 33000000\r\n\r\n");
  EXPECT_EQ(request({Method::kGet, "GET", "/", "h", nullptr, Framing::chunked()}),
            "GET / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n");
}

TEST_F(Writer, SaysThatARequestHasNoBodyWhereOneIsExpected) {
  for (const auto& [method, text] :
       {std::pair(Method::kPost, "POST"), std::pair(Method::kPut, "PUT"),
        std::pair(Method::kPatch, "PATCH")}) {
    EXPECT_EQ(request({method, text, "/", "h", nullptr, Framing::none()}),
              std::string(text) + " / HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n");
  }
  EXPECT_EQ(request({Method::kDelete, "DELETE", "/", "h", nullptr, Framing::none()}),
            "DELETE / HTTP/1.1\r\nHost: h\r\n\r\n");
}

TEST_F(Writer, WritesAResponseWithItsLength) {
  EXPECT_EQ(response({200, "Fine", &fields_, Framing::of_length(5)}),
            "HTTP/1.1 200 Fine\r\nX-A: 1\r\nx-a: \r\nContent-Length: 5\r\n\r\n");
  EXPECT_EQ(framing_.kind, Framing::Kind::kLength);
  EXPECT_EQ(framing_.length, 5U);
}

TEST_F(Writer, FillsInTheReason) {
  EXPECT_EQ(response({404, "", nullptr, Framing::of_length(0)}),
            "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
  EXPECT_EQ(response({299, "", nullptr, Framing::of_length(0)}),
            "HTTP/1.1 299 \r\nContent-Length: 0\r\n\r\n");
}

TEST_F(Writer, ABodyOfUnknownLengthIsChunkedForHttp11) {
  for (const Framing framing : {Framing::chunked(), Framing::until_close()}) {
    EXPECT_EQ(response({200, "", nullptr, framing}),
              "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
    EXPECT_EQ(framing_.kind, Framing::Kind::kChunked);
  }
}

TEST_F(Writer, ABodyOfUnknownLengthEndsTheConnectionForHttp10) {
  for (const Framing framing : {Framing::chunked(), Framing::until_close()}) {
    EXPECT_EQ(response({200, "", nullptr, framing}, {0, true}),
              "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n");
    EXPECT_EQ(framing_.kind, Framing::Kind::kUntilClose);
  }
}

TEST_F(Writer, SaysHowTheConnectionGoesOn) {
  const OutgoingResponse empty{200, "", nullptr, Framing::of_length(0)};
  EXPECT_EQ(response(empty, {1, false}),
            "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(response(empty, {0, true}),
            "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: keep-alive\r\n\r\n");
}

TEST_F(Writer, AnAnswerToHeadTellsTheFramingAndHasNoBody) {
  EXPECT_EQ(response({200, "", nullptr, Framing::of_length(5), true}),
            "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n");
  EXPECT_EQ(framing_.kind, Framing::Kind::kNone);
  EXPECT_EQ(response({200, "", nullptr, Framing::chunked(), true}),
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
  EXPECT_EQ(framing_.kind, Framing::Kind::kNone);
  EXPECT_EQ(response({200, "", nullptr, Framing::none(), true}), "HTTP/1.1 200 OK\r\n\r\n");
  EXPECT_EQ(response({200, "", nullptr, Framing::until_close(), true}, {0, true}),
            "HTTP/1.1 200 OK\r\nConnection: keep-alive\r\n\r\n");
}

TEST_F(Writer, AStatusWithoutBodyHasNoFraming) {
  for (const Framing framing :
       {Framing::none(), Framing::of_length(5), Framing::chunked(), Framing::until_close()}) {
    EXPECT_EQ(response({204, "", nullptr, framing}), "HTTP/1.1 204 No Content\r\n\r\n");
    EXPECT_EQ(framing_.kind, Framing::Kind::kNone);
  }
  EXPECT_EQ(response({304, "", nullptr, Framing::of_length(5)}),
            "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n");
  EXPECT_EQ(framing_.kind, Framing::Kind::kNone);
}

TEST_F(Writer, NoBodyIsToldAsLengthZero) {
  EXPECT_EQ(response({200, "", nullptr, Framing::none()}),
            "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
}

// What a parsed empty value is; the sanitizers see what becomes of the null pointer.
TEST_F(Writer, WritesAFieldWithoutAValue) {
  const Fields fields{{"X-Empty", std::string_view()}};
  EXPECT_THAT(response({200, "", &fields, Framing::none()}),
              testing::HasSubstr("\r\nX-Empty: \r\n"));
}

TEST_F(Writer, IsUnderstoodByTheParsers) {
  const std::string value(20000, 'v');
  const Fields fields{{"X-Long", value}, {"X-B", "b"}};
  write_request(out_, {Method::kPost, "POST", "/x", "h:1", &fields, Framing::of_length(7)});
  RequestParser requests{HeadLimits{}};
  RequestHead request_head;
  ASSERT_EQ(requests.parse(out_.data(), request_head), ParseState::kDone);
  EXPECT_EQ(requests.consumed(), out_.size());
  EXPECT_EQ(find(request_head.fields, "X-Long")->value, value);
  EXPECT_EQ(request_head.framing.length, 7U);

  out_.consume(out_.size());
  write_response(out_, {503, "", &fields, Framing::chunked()}, {1, false});
  ResponseParser responses{HeadLimits{}};
  ResponseHead response_head;
  ASSERT_EQ(responses.parse(out_.data(), false, response_head), ParseState::kDone);
  EXPECT_EQ(response_head.status, 503);
  EXPECT_EQ(response_head.framing.kind, Framing::Kind::kChunked);
  EXPECT_FALSE(response_head.keep_alive);
}

}  // namespace
}  // namespace postern::http
