// Request heads: what is accepted is clean, lies in the input, and means the same once it has been
// written anew and read again.
#include <algorithm>
#include <string>

#include "base/buffer.h"
#include "fuzz/target.h"
#include "http/parser.h"
#include "http/writer.h"

namespace postern::fuzz {
namespace {

void expect_clean(const http::RequestHead& head, std::string_view input, size_t size) {
  expect(size <= input.size(), "a head is no longer than its input");
  expect(input.substr(0, size).find("\r\n\r\n") == size - 4, "a head ends at the first empty line");
  expect(http::is_token(head.method_text), "a method is a token");
  expect(lies_in(head.method_text, input, size), "the method lies in the head");
  // An absolute form without a path asks for "/", which the input need not hold.
  expect(head.target == "/" || lies_in(head.target, input, size), "the target lies in the head");
  expect(lies_in(head.authority, input, size), "the authority lies in the head");
  expect(head.target.find_first_of(" \t\r\n#") == std::string_view::npos, "a target is one word");
  expect(head.target.substr(0, head.path.size()) == head.path, "the path begins the target");
  expect(head.framing.kind != http::Framing::Kind::kUntilClose, "a request says where it ends");
  expect_clean_fields(head.fields, input, size);
}

bool decides_connection(const http::Field& field) {
  return field.id == http::FieldName::kHost || field.id == http::FieldName::kContentLength ||
         field.id == http::FieldName::kTransferEncoding || field.id == http::FieldName::kConnection;
}

// Writes the head as it goes upstream, and expects a parser to understand the same.
void expect_round_trip(const http::RequestHead& head) {
  http::Fields fields = head.fields;
  fields.erase(std::remove_if(fields.begin(), fields.end(), decides_connection), fields.end());
  BlockPool pool;
  Buffer out(pool);
  http::OutgoingRequest request;
  request.method = head.method;
  request.method_text = head.method_text;
  request.target = head.target;
  request.authority = head.authority;
  request.fields = &fields;
  request.framing = head.framing;
  http::write_request(out, request);

  http::HeadLimits wide;
  wide.max_line *= 2;
  wide.max_head *= 2;
  wide.max_fields *= 2;
  http::RequestParser parser(wide);
  http::RequestHead again;
  expect(parser.parse(out.data(), again) == http::ParseState::kDone, "a written head is accepted");
  expect(parser.consumed() == out.size(), "a written head is one head");
  expect(again.method_text == head.method_text, "the method stays");
  expect(again.target == head.target, "the target stays");
  expect(again.authority == head.authority, "the authority stays");
  expect(again.framing.has_body() == head.framing.has_body(), "a body stays a body");
  expect(again.framing.length == head.framing.length, "the length stays");
  http::Fields left = again.fields;
  left.erase(std::remove_if(left.begin(), left.end(), decides_connection), left.end());
  expect(same(left, fields), "the fields stay");
}

void run(std::string_view input) {
  http::RequestParser parser{http::HeadLimits{}};
  http::RequestHead head;
  const http::ParseState state = parser.parse(input, head);
  if (state == http::ParseState::kError) {
    expect(parser.error().status >= 400 && parser.error().status <= 505, "a refusal has a status");
    expect(!parser.error().detail.empty(), "a refusal says why");
  }
  if (state == http::ParseState::kDone) {
    expect_clean(head, input, parser.consumed());
    expect_round_trip(head);
  }

  http::RequestParser tight(kTightLimits);
  http::RequestHead small;
  if (tight.parse(input, small) != http::ParseState::kDone) return;
  expect(state == http::ParseState::kDone, "wider limits accept what tighter ones accept");
  expect(small.target == head.target && same(small.fields, head.fields), "and read the same");
  expect(small.fields.size() <= kTightLimits.max_fields, "a limit holds");
  expect(tight.consumed() <= kTightLimits.max_head, "a limit holds");
}

}  // namespace
}  // namespace postern::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  postern::fuzz::run(postern::fuzz::text_of(data, size));
  return 0;
}
