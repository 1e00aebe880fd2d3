#include "relay/kept_head.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "relay/builders.h"

namespace postern::relay {
namespace {

TEST(KeptHeadTest, OutlivesTheBytesItWasReadFrom) {
  auto bytes = std::make_unique<std::string>("X-Hits12OK");
  http::ResponseHead head;
  head.status = 200;
  head.reason = std::string_view(*bytes).substr(8);
  head.fields.push_back(
      {std::string_view(*bytes).substr(0, 6), std::string_view(*bytes).substr(6, 2)});
  const KeptHead kept(head);
  bytes->assign("..........");
  bytes.reset();
  EXPECT_EQ(kept.head().status, 200);
  EXPECT_EQ(kept.head().reason, "OK");
  EXPECT_EQ(lines_of(kept.head().fields), std::vector<std::string>{"X-Hits: 12"});
}

TEST(KeptHeadTest, LeavesOutWhatItIsTold) {
  const http::ResponseHead head = response({{"Date", "x"}, {"Link", "y"}, {"date", "z"}});
  const KeptHead kept(head, [](const http::Field& f) { return f.id == http::FieldName::kDate; });
  EXPECT_EQ(lines_of(kept.head().fields), std::vector<std::string>{"Link: y"});
}

TEST(KeptHeadTest, TellsTheLengthItIsGiven) {
  http::ResponseHead head = response({});
  head.framing = http::Framing::chunked();
  KeptHead kept(head);
  kept.frame(http::Framing::of_length(7));
  EXPECT_EQ(kept.head().framing.length, 7u);
  EXPECT_EQ(kept.head().declared.length, 7u);
}

}  // namespace
}  // namespace postern::relay
