// The shared cases, as far as the pure pieces decide them: bytes → parser → guard → policy →
// fields.
#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "base/text.h"
#include "http/parser.h"
#include "policy/target.h"
#include "relay/forward_headers.h"
#include "relay/guard.h"
#include "support/shared_cases.h"

namespace postern::relay {
namespace {

using Json = nlohmann::json;

using test::from_base64;
using test::shared_cases;

bool allows(const Json& row, std::string_view outcome) {
  const auto matches = [outcome](const std::string& word) {
    return word.compare(0, outcome.size(), outcome) == 0;
  };
  if (matches(row.at("expect"))) return true;
  const Json also = row.value("also", Json::array());
  return std::any_of(also.begin(), also.end(), matches);
}

// Are these cases decided here, and not by framing alone?
bool is_ours(const Json& row) {
  const std::string layer = row.value("layer", "");
  const std::string group = row.at("group");
  return layer == "inject" || layer == "policy" || group == "host-and-target" ||
         group == "path-policy" || group == "connection-and-hop-by-hop";
}

struct Outcome {
  int status = 200;  // of the refusal; 200: forwarded
  std::string target;
  http::Fields fields;
};

// `bytes` must outlive the outcome.
Outcome judge(const std::string& bytes) {
  Outcome outcome;
  http::RequestParser parser{http::HeadLimits{}};
  http::RequestHead head;
  const http::ParseState state = parser.parse(bytes, head);
  if (state != http::ParseState::kDone) {
    outcome.status = state == http::ParseState::kError ? parser.error().status : 408;
    return outcome;
  }
  if (const auto problem = Guard(GuardOptions{}).refuse(head, http::Caller{})) {
    outcome.status = status(problem->code);
    return outcome;
  }
  const policy::Target target = policy::classify(head.path);
  if (target.kind == policy::TargetKind::kUnsafe) outcome.status = status(Code::kBadRequest);
  if (target.kind == policy::TargetKind::kOutside) outcome.status = status(Code::kNotAnApiPath);
  outcome.target = head.target;
  make_request_fields(head, {}, "Bearer t0ken", outcome.fields);
  return outcome;
}

// A name, or "name:token": a field of that name whose value has that token.
bool has_field(const http::Fields& fields, std::string_view spec) {
  const size_t colon = spec.find(':');
  return std::any_of(fields.begin(), fields.end(), [&](const http::Field& field) {
    if (!text::iequals(field.name, spec.substr(0, colon))) return false;
    if (colon == std::string_view::npos) return true;
    return text::lowered(field.value).find(spec.substr(colon + 1)) != std::string::npos;
  });
}

void check_forwarded(const Json& row, const Outcome& outcome) {
  if (row.contains("upstream_target")) {
    EXPECT_EQ(outcome.target, row.at("upstream_target"));
  }
  for (const std::string spec : row.value("upstream_absent", Json::array()))
    EXPECT_FALSE(has_field(outcome.fields, spec)) << spec;
  for (const std::string bytes : row.value("forbid_upstream", Json::array())) {
    for (const http::Field& field : outcome.fields)
      EXPECT_EQ(field.value.find(bytes), std::string_view::npos) << field.name;
  }
  const http::Field* token = http::find(outcome.fields, http::FieldName::kAuthorization);
  ASSERT_NE(token, nullptr);
  EXPECT_EQ(token->value, "Bearer t0ken");
  EXPECT_EQ(http::count(outcome.fields, http::FieldName::kAuthorization), 1u);
}

TEST(Cases, RequestsAreForwardedOrRefusedAsTheCasesSay) {
  int judged = 0;
  for (const Json& row : shared_cases("http1-requests.json")) {
    if (!is_ours(row)) continue;
    SCOPED_TRACE(row.at("id").get<std::string>() + " " + row.at("name").get<std::string>());
    const std::string bytes = from_base64(row.at("raw_b64").get<std::string>());
    const Outcome outcome = judge(bytes);
    ++judged;
    if (outcome.status == 200) {
      EXPECT_TRUE(allows(row, "accept"));
      check_forwarded(row, outcome);
      continue;
    }
    EXPECT_TRUE(allows(row, "reject")) << outcome.status;
    const Json statuses = row.value("status", Json::array());
    if (!statuses.empty() && row.at("expect") == "reject-400") {
      EXPECT_NE(std::find(statuses.begin(), statuses.end(), outcome.status), statuses.end())
          << outcome.status;
    }
  }
  EXPECT_GE(judged, 85);
}

TEST(Cases, AnswersLoseTheFieldsThatTheCasesName) {
  int judged = 0;
  for (const Json& row : shared_cases("http1-responses.json")) {
    if (!row.contains("absent")) continue;
    SCOPED_TRACE(row.at("id").get<std::string>() + " " + row.at("name").get<std::string>());
    const std::string bytes = from_base64(row.at("raw_b64").get<std::string>());
    http::ResponseParser parser{http::HeadLimits{}};
    http::ResponseHead head;
    ASSERT_EQ(parser.parse(bytes, false, head), http::ParseState::kDone);
    http::Fields fields;
    make_response_fields(head, fields);
    ++judged;
    for (const std::string spec : row.at("absent")) EXPECT_FALSE(has_field(fields, spec)) << spec;
  }
  EXPECT_GE(judged, 2);
}

}  // namespace
}  // namespace postern::relay
