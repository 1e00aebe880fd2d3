// Replies of Redis: whatever the pieces, they are read the same; limits hold; and what was read
// means the same once it has been written down again.
#include <algorithm>
#include <string>
#include <vector>

#include "fuzz/target.h"
#include "redis/client.h"
#include "redis/redirect.h"
#include "redis/reply_parser.h"
#include "redis/slot.h"

namespace postern::fuzz {
namespace {

using redis::Reply;
using redis::ReplyParser;

struct Read {
  std::vector<Reply> replies;
  bool is_refused = false;
  bool operator==(const Read&) const = default;
};

Read read(std::string_view input, size_t piece, const redis::ReplyLimits& limits) {
  ReplyParser parser(limits);
  Read result;
  for (size_t at = 0; at < input.size() && !result.is_refused; at += piece) {
    parser.feed(input.substr(at, piece));
    while (true) {
      auto reply = parser.next();
      result.is_refused = !reply;
      if (!reply || !*reply) break;
      result.replies.push_back(std::move(**reply));
    }
  }
  if (result.is_refused) expect(!parser.next(), "an error is final");
  return result;
}

size_t count(const Reply& reply) {
  size_t total = 1;
  for (const Reply& element : reply.elements) total += count(element);
  return total;
}

size_t depth(const Reply& reply) {
  size_t deepest = 0;
  for (const Reply& element : reply.elements) deepest = std::max(deepest, depth(element));
  return deepest + 1;
}

void write(const Reply& reply, std::string& out) {
  switch (reply.kind) {
    case Reply::Kind::kNil:
      out += "$-1\r\n";
      return;
    case Reply::Kind::kInteger:
      out += ":" + std::to_string(reply.integer) + "\r\n";
      return;
    case Reply::Kind::kText:
      out += "$" + std::to_string(reply.text.size()) + "\r\n" + reply.text + "\r\n";
      return;
    case Reply::Kind::kStatus:
      out += "+" + reply.text + "\r\n";
      return;
    case Reply::Kind::kError:
      out += "-" + reply.text + "\r\n";
      return;
    case Reply::Kind::kArray:
      break;
  }
  out += "*" + std::to_string(reply.elements.size()) + "\r\n";
  for (const Reply& element : reply.elements) write(element, out);
}

void run(std::string_view input) {
  const redis::ReplyLimits wide;
  const Read whole = read(input, std::max(input.size(), size_t{1}), wide);
  std::string again;
  for (const Reply& reply : whole.replies) {
    expect(depth(reply) <= 9, "arrays lie in each other a few times only");
    expect(reply.shown().size() <= 300, "what is shown is short");
    if (const auto redirect = redis::parse_redirect(reply))
      expect(redirect->slot < redis::kSlots && redirect->port != 0,
             "a redirection can be followed");
    (void)redis::refusal_of(reply, "here");
    write(reply, again);
  }
  expect(read(again, again.size() + 1, wide).replies == whole.replies, "replies stay as they were");
  for (const size_t piece : {size_t{1}, size_t{3}, size_t{64}})
    expect(read(input, piece, wide) == whole, "the pieces do not matter");

  const redis::ReplyLimits tight{64, 8};
  const Read small = read(input, 1, tight);
  expect(small.replies.size() <= whole.replies.size(), "wider limits accept what tighter ones do");
  for (const Reply& reply : small.replies) expect(count(reply) <= 8, "a limit holds");
}

}  // namespace
}  // namespace postern::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  postern::fuzz::run(postern::fuzz::text_of(data, size));
  return 0;
}
