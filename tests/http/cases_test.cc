// Every conformance case whose outcome the codec decides, in every delivery: whole, byte by byte,
// and in two pieces at every cut (64 cuts when it is long). The cases also run against the real
// program; here they are judged without a socket.
#include "http/cases.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>

#include "http/consumer.h"

namespace postern::http::test {
namespace {

using testing::Contains;

constexpr size_t kShort = 4096;
constexpr size_t kRandomCuts = 64;

// Cases that must be refused by a later phase, because their framing and syntax are right: who may
// ask (guard), for what (policy), and how much (the limit of a body).
bool is_refused_later(const RequestCase& c) {
  static const std::set<std::string> kGroups{"browser-and-csrf", "path-policy"};
  static const std::set<std::string> kIds{
      "CK-052",                                                              // 4 GiB chunk
      "CL-053",                                                              // length 2^63 - 1
      "LM-014",                                                              // length 1 TiB
      "HT-011", "HT-012", "HT-013", "HT-014", "HT-015", "HT-017", "HT-018",  // other hosts
      "HT-019", "HT-020", "HT-022", "HT-063",                                // other hosts
      "HT-046",                                                              // "localhost."
      "HT-080",                                                              // path "//host/…"
      "HF-081",                                                              // credentials
      "SM-016",                                                              // %0d%0a in the path
  };
  return c.expect != "accept" && kGroups.count(c.group) + kIds.count(c.id) > 0;
}

// Where the cases leave a choice and refusal is ours.
bool is_refused_by_choice(const RequestCase& c) {
  static const std::set<std::string> kIds{"HT-039"};  // Host with a colon and no port
  return kIds.count(c.id) > 0;
}

std::vector<size_t> some_cuts(size_t size) {
  if (size <= kShort) return every_cut(size);
  std::minstd_rand random(static_cast<unsigned>(size));
  std::uniform_int_distribution<size_t> position(1, size - 1);
  std::vector<size_t> cuts(kRandomCuts);
  std::generate(cuts.begin(), cuts.end(), [&] { return position(random); });
  return cuts;
}

void expect_refusal(const RequestCase& c, const RequestOutcome& outcome, size_t after) {
  EXPECT_NE(outcome.status, 0) << "was not refused";
  EXPECT_EQ(outcome.refused_after, after);
  EXPECT_EQ(outcome.requests.size(), after);
  const std::vector<int>& allowed = after == 0 ? c.status : c.then_status;
  if (!allowed.empty()) {
    EXPECT_THAT(allowed, Contains(outcome.status)) << outcome.detail;
  }
}

void expect_served(const RequestCase& c, const RequestOutcome& outcome) {
  ASSERT_EQ(outcome.requests.size(), c.upstream) << outcome.status << " " << outcome.detail;
  if (c.then_status.empty()) {
    EXPECT_EQ(outcome.status, 0) << outcome.detail;
  } else if (!outcome.pending) {  // what follows may also be the start of a line, to be timed out
    expect_refusal(c, outcome, c.upstream);
  }
  if (c.has_body) {
    EXPECT_EQ(outcome.requests[0].body, c.body);
  }
  if (!c.target.empty()) {
    EXPECT_EQ(outcome.requests[0].target, c.target);
  }
}

void judge(const RequestCase& c, const RequestOutcome& outcome) {
  if (is_refused_later(c)) {
    // Understood: complete, or begun if it is its body that will be too large.
    EXPECT_EQ(outcome.status, 0) << outcome.detail << ": does not belong into that list";
    EXPECT_TRUE(outcome.pending || !outcome.requests.empty());
  } else if (c.expect == "accept" && !is_refused_by_choice(c)) {
    expect_served(c, outcome);
  } else if (c.expect == "close") {
    EXPECT_TRUE(outcome.requests.empty());
  } else {
    expect_refusal(c, outcome, 0);
  }
}

TEST(RequestCases, AreThere) {
  EXPECT_GT(request_cases().size(), 300U);
}

TEST(RequestCases, EndAsTheySay) {
  for (const RequestCase& c : request_cases()) {
    SCOPED_TRACE(c.id + " " + c.name);
    judge(c, consume_requests(c.raw, {}));
  }
}

TEST(RequestCases, EndTheSameByteByByte) {
  for (const RequestCase& c : request_cases()) {
    SCOPED_TRACE(c.id + " " + c.name);
    EXPECT_EQ(consume_requests(c.raw, every_cut(c.raw.size())), consume_requests(c.raw, {}));
  }
}

TEST(RequestCases, EndTheSameAtEveryCut) {
  for (const RequestCase& c : request_cases()) {
    SCOPED_TRACE(c.id + " " + c.name);
    const RequestOutcome whole = consume_requests(c.raw, {});
    for (const size_t cut : some_cuts(c.raw.size()))
      ASSERT_EQ(consume_requests(c.raw, {cut}), whole) << "cut at " << cut;
  }
}

TEST(RequestCases, NeverLetASmuggledRequestThrough) {
  for (const RequestCase& c : request_cases()) {
    SCOPED_TRACE(c.id + " " + c.name);
    for (const SeenRequest& request : consume_requests(c.raw, {}).requests)
      EXPECT_NE(request.target, "/smuggled");
  }
}

void judge(const ResponseCase& c, const ResponseOutcome& outcome) {
  const bool passed = outcome.fault.empty() && outcome.status != 0;
  if (c.expect == "pass") {
    ASSERT_TRUE(passed && outcome.complete) << outcome.fault;
    EXPECT_EQ(outcome.body, c.body);
    EXPECT_EQ(outcome.status, c.status.empty() ? 200 : c.status.front());
    if (c.has_reuse) {
      EXPECT_EQ(outcome.reusable, c.reuse);
    }
  } else if (c.expect == "cut") {
    EXPECT_FALSE(outcome.complete);
    EXPECT_FALSE(outcome.fault.empty());
    EXPECT_NE(outcome.status, 0) << "the head was good";
  } else if (c.id == "RS-021") {
    EXPECT_FALSE(outcome.fault.empty());  // not a byte, then RST
  } else if (c.id == "RS-013") {
    EXPECT_GT(outcome.interim, 100U);  // how many are too many is the caller's to say
  } else {
    EXPECT_FALSE(outcome.fault.empty());
    EXPECT_EQ(outcome.status, 0) << "refused too late to answer 502";
  }
}

TEST(ResponseCases, AreThere) {
  EXPECT_GT(response_cases().size(), 50U);
}

TEST(ResponseCases, EndAsTheySay) {
  for (const ResponseCase& c : response_cases()) {
    SCOPED_TRACE(c.id + " " + c.name);
    judge(c, consume_response(c.raw, {}, c.to_head, c.ends));
  }
}

// Whether a byte follows that makes the connection useless is known only when it has arrived.
ResponseOutcome without_reuse(ResponseOutcome outcome) {
  outcome.reusable = false;
  return outcome;
}

TEST(ResponseCases, EndTheSameByteByByteAndAtEveryCut) {
  for (const ResponseCase& c : response_cases()) {
    SCOPED_TRACE(c.id + " " + c.name);
    const auto consume = [&c](const std::vector<size_t>& cuts) {
      return without_reuse(consume_response(c.raw, cuts, c.to_head, c.ends));
    };
    const ResponseOutcome whole = consume({});
    EXPECT_EQ(consume(every_cut(c.raw.size())), whole);
    if (c.raw.empty()) continue;
    for (const size_t cut : some_cuts(c.raw.size()))
      ASSERT_EQ(consume({cut}), whole) << "cut at " << cut;
  }
}

}  // namespace
}  // namespace postern::http::test
