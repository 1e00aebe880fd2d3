// Response heads: what is accepted is clean, lies in the input, and means the same to a client of
// ours once it has been written anew.
#include <algorithm>
#include <string>

#include "base/buffer.h"
#include "fuzz/target.h"
#include "http/parser.h"
#include "http/status.h"
#include "http/writer.h"

namespace postern::fuzz {
namespace {

void expect_clean(const http::ResponseHead& head, bool to_head, std::string_view input,
                  size_t size) {
  expect(size <= input.size(), "a head is no longer than its input");
  expect(input.substr(0, size).find("\r\n\r\n") == size - 4, "a head ends at the first empty line");
  expect(head.status >= 100 && head.status <= 999, "a status has three digits");
  expect(lies_in(head.reason, input, size), "the reason lies in the head");
  expect(http::is_field_value(head.reason) || head.reason.empty(), "a reason is clean");
  expect_clean_fields(head.fields, input, size);
  if (to_head || http::is_bodiless(head.status)) {
    expect(!head.framing.has_body(), "no body follows where none may");
  }
}

bool decides_connection(const http::Field& field) {
  return field.id == http::FieldName::kContentLength ||
         field.id == http::FieldName::kTransferEncoding || field.id == http::FieldName::kConnection;
}

// Writes the head as it goes to the client, and expects a parser to understand the same.
void expect_round_trip(const http::ResponseHead& head, bool to_head) {
  http::Fields fields = head.fields;
  fields.erase(std::remove_if(fields.begin(), fields.end(), decides_connection), fields.end());
  http::OutgoingResponse response;
  response.status = head.status;
  response.reason = head.reason;
  response.fields = &fields;
  response.framing = to_head ? head.declared : head.framing;
  response.no_body = to_head;
  BlockPool pool;
  Buffer out(pool);
  const http::Framing framing = http::write_response(out, response, {1, true});

  http::HeadLimits wide;
  wide.max_line *= 2;
  wide.max_head *= 2;
  wide.max_fields *= 2;
  http::ResponseParser parser(wide);
  http::ResponseHead again;
  expect(parser.parse(out.data(), to_head, again) == http::ParseState::kDone,
         "a written head is accepted");
  expect(parser.consumed() == out.size(), "a written head is one head");
  expect(again.status == head.status, "the status stays");
  expect(again.framing.kind == framing.kind || !framing.has_body(), "the framing is as told");
  expect(again.framing.has_body() == framing.has_body(), "a body stays a body");
  expect(again.framing.length == framing.length, "the length stays");
  http::Fields left = again.fields;
  left.erase(std::remove_if(left.begin(), left.end(), decides_connection), left.end());
  expect(same(left, fields), "the fields stay");
}

void run(std::string_view input, bool to_head) {
  http::ResponseParser parser{http::HeadLimits{}};
  http::ResponseHead head;
  const http::ParseState state = parser.parse(input, to_head, head);
  if (state == http::ParseState::kError) expect(!parser.error().empty(), "a refusal says why");
  if (state == http::ParseState::kDone) {
    expect_clean(head, to_head, input, parser.consumed());
    if (head.status >= 200) expect_round_trip(head, to_head);
  }

  http::ResponseParser tight(kTightLimits);
  http::ResponseHead small;
  if (tight.parse(input, to_head, small) != http::ParseState::kDone) return;
  expect(state == http::ParseState::kDone, "wider limits accept what tighter ones accept");
  expect(small.status == head.status && same(small.fields, head.fields), "and read the same");
  expect(small.fields.size() <= kTightLimits.max_fields, "a limit holds");
  expect(tight.consumed() <= kTightLimits.max_head, "a limit holds");
}

}  // namespace
}  // namespace postern::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  postern::fuzz::run(postern::fuzz::text_of(data, size), false);
  postern::fuzz::run(postern::fuzz::text_of(data, size), true);
  return 0;
}
