#include "relay/observer.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "relay/exchange_fixture.h"

namespace postern::relay {
namespace {

struct Notes : Observer {
  void on_finished(const AccessRecord& record) override {
    lines.push_back(std::string(record.method) + ' ' + std::string(record.route) + ' ' +
                    std::to_string(record.status) + ' ' + std::string(record.origin));
  }
  std::vector<std::string> lines;
};

class ObserverTest : public ExchangeTest {
 protected:
  void begin_watched() {
    make_relay();
    relay_->add_observer(notes_);
    exchange_ = relay_->handle(head_, caller_, client_);
  }
  Notes notes_;
};

TEST_F(ObserverTest, IsToldOnceARequestIsOver) {
  begin_watched();
  answer(200, "hello");
  upstream_.last().on_done();
  EXPECT_TRUE(notes_.lines.empty());
  exchange_.reset();
  EXPECT_EQ(notes_.lines,
            std::vector<std::string>{"GET /api/0/organizations/{organization_id_or_slug}/ 200 "
                                     "sentry"});
}

TEST_F(ObserverTest, IsToldOfRefusalsAndOfClientsThatLeave) {
  add_field("Host", "evil.example");
  begin_watched();
  exchange_.reset();
  head_.fields.pop_back();
  exchange_ = relay_->handle(head_, caller_, client_);
  exchange_.reset();
  ASSERT_EQ(notes_.lines.size(), 2u);
  EXPECT_NE(notes_.lines[0].find(" 421 postern"), std::string::npos) << notes_.lines[0];
  EXPECT_NE(notes_.lines[1].find(" 0 "), std::string::npos) << notes_.lines[1];
}

TEST_F(ObserverTest, IsToldWhenThereIsNoAccessLog) {
  log::Options quiet;
  quiet.access = false;
  log::Logger logger(quiet, [](std::string_view) {});
  Relay relay(options_, registry_, clock_, timers_, logger, 1);
  relay.add_observer(notes_);
  for (const auto& grant : registry_.all())
    relay.add_route(*grant, upstream_, "https://sentry.example", {});
  relay.handle(head_, caller_, client_).reset();
  EXPECT_EQ(notes_.lines.size(), 1u);
}

}  // namespace
}  // namespace postern::relay
