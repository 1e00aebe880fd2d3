#include "admin/inspector.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/fake_clock.h"

namespace postern::admin {
namespace {

using testing::HasSubstr;
using testing::Not;

relay::AccessRecord some_record(std::string_view route) {
  relay::AccessRecord record;
  record.method = "GET";
  record.path = "/api/0/secret-path/";
  record.route = route;
  record.status = 200;
  record.origin = "sentry";
  record.queue = std::chrono::microseconds(1500);
  record.upstream = std::chrono::milliseconds(20);
  record.total = std::chrono::milliseconds(22);
  record.attempts = 1;
  return record;
}

class InspectorTest : public testing::Test {
 protected:
  test::FakeClock clock_;
  Inspector inspector_{clock_, 3};
};

TEST_F(InspectorTest, KeepsTheNewest) {
  EXPECT_EQ(inspector_.size(), 0u);
  for (const char* route : {"a", "b", "c", "d"}) inspector_.on_finished(some_record(route));
  EXPECT_EQ(inspector_.total(), 4u);
  ASSERT_EQ(inspector_.size(), 3u);
  EXPECT_EQ(inspector_.newest(0).route.text(), "d");
  EXPECT_EQ(inspector_.newest(0).number, 4u);
  EXPECT_EQ(inspector_.newest(2).route.text(), "b");
}

TEST_F(InspectorTest, CopiesWhatDiesWithTheCallAndCutsWhatIsLong) {
  std::string route(1000, 'x');
  inspector_.on_finished(some_record(route));
  route.assign(1000, 'y');
  EXPECT_EQ(inspector_.newest(0).route.text(), std::string(128, 'x'));
}

TEST_F(InspectorTest, SwitchedOffItKeepsNothing) {
  Inspector off(clock_, 0);
  off.on_finished(some_record("a"));
  EXPECT_EQ(off.size(), 0u);
  EXPECT_EQ(off.total(), 0u);
}

TEST_F(InspectorTest, NothingOfAnEarlierRequestIsLeft) {
  relay::AccessRecord record = some_record("a");
  record.reason = "it broke";
  record.grant = "acme";
  for (int i = 0; i < 3; ++i) inspector_.on_finished(record);
  inspector_.on_finished(some_record("b"));
  EXPECT_EQ(inspector_.newest(0).reason.text(), "");
  EXPECT_EQ(inspector_.newest(0).grant.text(), "");
}

TEST_F(InspectorTest, TheDocumentHasTheNewestFirstAndNoPath) {
  inspector_.on_finished(some_record("/api/0/a/"));
  inspector_.on_finished(some_record("broken \xff\" <b>"));
  const std::string document = format_requests(inspector_);
  EXPECT_THAT(document, HasSubstr("\"total\": 2"));
  EXPECT_THAT(document, HasSubstr("\"queue_ms\": 1.5"));
  EXPECT_THAT(document, HasSubstr("\"grant\": null"));
  EXPECT_LT(document.find("broken"), document.find("/api/0/a/"));
  EXPECT_THAT(document, Not(HasSubstr("secret-path")));
}

TEST_F(InspectorTest, BodiesAreKeptOnlyWhereThatIsWished) {
  const relay::ReadableBodies bodies{{"asked", "text", false}, {"said", "text", false}};
  relay::AccessRecord record = some_record("a");
  record.bodies = &bodies;
  inspector_.on_finished(record);
  EXPECT_EQ(inspector_.newest(0).request_body.text, "");
  Inspector inspector(clock_, 1, 100);
  inspector.on_finished(record);
  EXPECT_EQ(inspector.newest(0).request_body.text, "asked");
  EXPECT_EQ(inspector.newest(0).response_body.text, "said");
  inspector.on_finished(some_record("b"));
  EXPECT_EQ(inspector.newest(0).request_body.text, "");
  EXPECT_EQ(inspector.newest(0).request_body.form.text(), "");
}

TEST_F(InspectorTest, BodiesTakeNoMoreMemoryThanWasSaid) {
  Inspector inspector(clock_, 2, 1000);
  const relay::ReadableBodies bodies{{std::string(5000, 'x'), "text", false}, {"y", "text", false}};
  relay::AccessRecord record = some_record("a");
  record.bodies = &bodies;
  for (int i = 0; i < 5; ++i) inspector.on_finished(record);
  for (size_t back = 0; back < 2; ++back) {
    const InspectedRequest& kept = inspector.newest(back);
    EXPECT_EQ(kept.request_body.text, std::string(1000, 'x'));
    EXPECT_TRUE(kept.request_body.is_cut);
    EXPECT_FALSE(kept.response_body.is_cut);
    EXPECT_EQ(kept.request_body.text.capacity(), 1000u);
    EXPECT_EQ(kept.response_body.text.capacity(), 1000u);
  }
}

TEST_F(InspectorTest, TheDocumentTellsOfBodies) {
  Inspector inspector(clock_, 3, 100);
  const relay::ReadableBodies bodies{{"<b>\"caf\xc3\xa9\"", "text", true}, {"", "gzip", true}};
  relay::AccessRecord record = some_record("a");
  inspector.on_finished(record);
  EXPECT_THAT(format_requests(inspector), HasSubstr("\"request_body\": null"));
  record.bodies = &bodies;
  inspector.on_finished(record);
  const std::string document = format_requests(inspector);
  EXPECT_THAT(document, HasSubstr(R"("text": "<b>\"caf\u00e9\"")"));
  EXPECT_THAT(document, HasSubstr("\"form\": \"gzip\",\n        \"text\": null"));
  EXPECT_THAT(document, HasSubstr("\"cut\": true"));
}

}  // namespace
}  // namespace postern::admin
