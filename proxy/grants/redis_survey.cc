#include "grants/redis_survey.h"

#include <algorithm>
#include <optional>

#include "base/text.h"
#include "grants/redis_scripts.h"
#include "grants/redis_store.h"
#include "grants/stored_grant.h"

namespace postern::grants {
namespace {

constexpr size_t kParts = 9;

int64_t number(std::string_view digits) {
  constexpr uint64_t kMost = INT64_MAX;
  return static_cast<int64_t>(std::min(text::parse_unsigned(digits).value_or(0), kMost));
}

RedisSurvey::State state_of(const std::string& word, bool has_document) {
  if (word == "none") return RedisSurvey::State::kNone;
  if (word != "record") return RedisSurvey::State::kUnfit;
  return has_document ? RedisSurvey::State::kStored : RedisSurvey::State::kForgotten;
}

std::string unfit_words(const std::string& state, const std::string& what) {
  if (state == "newer") return "written by a newer Postern (format " + what + ")";
  if (state == "foreign") return "in use for something else (" + what + ")";
  return "only half a record";
}

// "<owner>:<fence>:<since>:<length>"; one that was made when a record was brought back has no owner
// yet.
void take_lease(RedisSurvey& survey, std::string_view lease) {
  if (lease.find(':') == std::string_view::npos) return;
  survey.lease = text::take_until(lease, ':');
  text::take_until(lease, ':');
  survey.lease_since = number(text::take_until(lease, ':'));
}

}  // namespace

redis::Command survey_command(std::string_view prefix, std::string_view grant) {
  const std::string record = redis_key(prefix, grant, "grant");
  const std::string lease = redis_key(prefix, grant, "lease");
  const std::string_view keys[] = {record, lease};
  return redis::Command::eval(scripts::kSurvey, keys, {});
}

Result<RedisSurvey> survey_of(const redis::Reply& reply) {
  const auto& parts = reply.elements;
  const bool is_told = reply.is_array() && parts.size() == kParts &&
                       std::all_of(parts.begin(), parts.end(),
                                   [](const redis::Reply& part) { return part.is_text(); });
  if (!is_told) return fail("answered with " + reply.shown());
  RedisSurvey survey;
  survey.now = number(parts[0].text);
  survey.state = state_of(parts[1].text, !parts[4].text.empty());
  if (survey.state == RedisSurvey::State::kUnfit) {
    survey.unfit = unfit_words(parts[1].text, parts[2].text);
  } else {
    survey.generation = text::parse_unsigned(parts[2].text).value_or(0);
    if (survey.generation > StoredGrant::kMostGeneration) {
      survey.state = RedisSurvey::State::kUnfit;
      survey.unfit = "of a generation which no number of refreshes comes to";
    }
  }
  survey.written = number(parts[5].text);
  survey.writer = parts[6].text;
  take_lease(survey, parts[7].text);
  survey.lease_left = number(parts[8].text);
  return survey;
}

}  // namespace postern::grants
