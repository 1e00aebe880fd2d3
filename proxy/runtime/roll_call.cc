#include "runtime/roll_call.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/text.h"
#include "grants/timestamp.h"

namespace postern::runtime {
namespace {

using admin::FleetReport;
using admin::LeaseReport;
using admin::ReplicaReport;
using admin::SharedGrantReport;
using grants::RedisSurvey;

// Time for a new token to come to everybody, in milliseconds: word of it takes far less, looking
// for it now and then somewhat more.
constexpr int64_t kNewsTakes = 6000;
// Parts of an entry's lifetime: silent for so long, and it is late.
constexpr int64_t kLate = 3;

std::string timestamp(int64_t milliseconds) {
  if (milliseconds <= 0) return {};
  const std::chrono::milliseconds since_1970(std::min(milliseconds, Roll::kMostMilliseconds));
  return grants::format_timestamp(WallTime(since_1970));
}

// What somebody else has written may be any number; so bounded, sums of two are numbers still.
RedisSurvey bounded(RedisSurvey survey) {
  for (int64_t* time : {&survey.now, &survey.written, &survey.lease_since, &survey.lease_left})
    *time = std::min(*time, Roll::kMostMilliseconds);
  return survey;
}

// Clocks of two servers may differ, and one may be asked after the other.
int64_t seconds_since(int64_t then, int64_t now) {
  return std::max<int64_t>(now - then, 0) / 1000;
}

std::string_view word_of(RedisSurvey::State state) {
  switch (state) {
    case RedisSurvey::State::kNone:
      return "none";
    case RedisSurvey::State::kStored:
      return "stored";
    case RedisSurvey::State::kForgotten:
      return "forgotten";
    case RedisSurvey::State::kUnfit:
      return "unfit";
  }
  return "";
}

}  // namespace

RollCall::RollCall(RollCallOptions options, Tools tools)
    : options_(std::move(options)),
      tools_(std::move(tools)),
      next_call_(tools_.timers.make([this] { call(); })),
      out_of_time_(tools_.timers.make([this] {
        fault_ = options_.place + " has not answered within " + text::format_duration(kPatience);
        finish();
      })),
      soon_(tools_.timers.make([this] {
        if (open_ == 0) finish();
      })) {
  for (const std::string& grant : options_.grants) grants_.push_back({grant, {}, {}});
}

void RollCall::start() {
  call();
}

bool RollCall::leave(std::function<void()> then) {
  has_left_ = true;
  next_call_->clear();
  if (is_unseen_) return false;
  tools_.client.send(leave_command(options_.prefix, options_.id),
                     [then = std::move(then)](const redis::Answer&) { then(); });
  return true;
}

// ------------------------------------------------------------------------------------------ asking

void RollCall::call() {
  say(false);
  next_call_->set(tools_.clock.now() + options_.period);
}

void RollCall::say(bool tell) {
  const admin::Presence presence = tools_.describe();
  const RollEntry own{options_.id, options_.period * kPeriods, presence};
  const uint64_t serial = tell ? serial_ : 0;
  tools_.client.send(roll_command(options_.prefix, own, tell),
                     [this, serial](const redis::Answer& answer) { on_said(serial, answer); });
}

void RollCall::on_said(uint64_t serial, const redis::Answer& answer) {
  ++round_;
  std::string trouble;
  if (!answer) trouble = answer.error().what;
  if (answer && answer->is_error())
    trouble = options_.place + ", key " + roll_key(options_.prefix) + ": " + answer->shown();
  note(trouble);
  if (serial != serial_ || open_ == 0) return;
  if (trouble.empty()) {
    on_roll(answer);
  } else {
    fault_ = trouble;
  }
  close_one();
}

void RollCall::on_roll(const redis::Answer& answer) {
  auto roll = roll_of(*answer);
  if (!roll) {
    fault_ = options_.place + " " + roll.error().what;
    return;
  }
  roll_ = std::move(*roll);
  read_at_ = tools_.clock.now();
}

// Once when it begins and once when it is over.
void RollCall::note(const std::string& trouble) {
  if (trouble.empty() != is_unseen_) return;
  is_unseen_ = !trouble.empty();
  if (is_unseen_) {
    tools_.logger.warn("fleet_unseen")
        .str("reason", trouble)
        .str("detail", "the others do not see this instance meanwhile; it works all the same");
  } else {
    tools_.logger.info("fleet_seen");
  }
}

void RollCall::read(std::function<void()> then) {
  readers_.push_back(std::move(then));
  if (open_ > 0) return;
  const Instant now = tools_.clock.now();
  const bool is_fresh = roll_ && fault_.empty() && now - read_at_ < kFresh;
  if (has_left_ || is_fresh) return soon_->set_soon();
  ++serial_;
  open_ = 1 + grants_.size();
  fault_.clear();
  out_of_time_->set(now + kPatience);
  say(true);
  for (SharedGrant& grant : grants_)
    tools_.client.send(grants::survey_command(options_.prefix, grant.name),
                       [this, serial = serial_, &grant](const redis::Answer& answer) {
                         on_survey(serial, grant, answer);
                       });
}

void RollCall::on_survey(uint64_t serial, SharedGrant& grant, const redis::Answer& answer) {
  if (serial != serial_ || open_ == 0) return;
  grant.fault.clear();
  if (answer) {
    auto survey = grants::survey_of(*answer);
    if (survey) {
      grant.survey = bounded(std::move(*survey));
    } else {
      grant.fault = options_.place + " " + survey.error().what;
    }
  } else {
    grant.fault = answer.error().what;
  }
  close_one();
}

void RollCall::close_one() {
  if (--open_ == 0) finish();
}

void RollCall::finish() {
  open_ = 0;
  out_of_time_->clear();
  for (const auto& then : std::exchange(readers_, {})) then();
}

// --------------------------------------------------------------------------------------- reporting

int64_t RollCall::store_time() const {
  if (!roll_) return 0;
  const auto passed =
      std::chrono::duration_cast<std::chrono::milliseconds>(tools_.clock.now() - read_at_);
  return roll_->now + passed.count();
}

FleetReport RollCall::report() const {
  const admin::Presence own = tools_.describe();
  const int64_t now = store_time();
  FleetReport report;
  report.place = options_.place;
  report.fault = fault_;
  report.shares_limits = own.shares_limits;
  if (roll_) {
    report.read_at = timestamp(roll_->now);
    report.age_s = seconds_since(roll_->now, now);
    if (report.fault.empty() && roll_->left_out > 0)
      report.fault = options_.place + ", key " + roll_key(options_.prefix) + " has " +
                     std::to_string(roll_->left_out) +
                     " entries too many, which are left out: Postern has not written them all";
    for (const Roll::Entry& entry : roll_->entries)
      report.replicas.push_back(report_of(entry, now));
  }
  const bool has_self = std::any_of(report.replicas.begin(), report.replicas.end(),
                                    [](const ReplicaReport& replica) { return replica.is_self; });
  if (!has_self) report.replicas.push_back(report_of({options_.id, now, INT64_MAX, own}, now));
  for (const SharedGrant& grant : grants_) report.grants.push_back(report_of(grant, now));
  return report;
}

ReplicaReport RollCall::report_of(const Roll::Entry& entry, int64_t now) const {
  ReplicaReport replica;
  replica.id = entry.id;
  replica.presence = entry.presence;
  replica.is_self = entry.id == options_.id;
  replica.seen_at = timestamp(entry.written);
  replica.started_at = timestamp(entry.written - entry.presence.uptime_s * 1000);
  replica.silent_s = seconds_since(entry.written, now);
  replica.is_overdue = now - entry.written > entry.lifetime / kLate;
  for (const auto& [grant, generation] : entry.presence.generations)
    replica.grants.push_back({grant, generation, is_behind(entry, grant, generation)});
  return replica;
}

bool RollCall::is_behind(const Roll::Entry& entry, const std::string& grant,
                         uint64_t generation) const {
  const auto shared = std::find_if(grants_.begin(), grants_.end(),
                                   [&](const SharedGrant& one) { return one.name == grant; });
  if (shared == grants_.end() || !shared->survey) return false;
  const RedisSurvey& survey = *shared->survey;
  return survey.state == RedisSurvey::State::kStored && generation < survey.generation &&
         entry.written > survey.written + kNewsTakes;
}

SharedGrantReport RollCall::report_of(const SharedGrant& grant, int64_t now) const {
  SharedGrantReport report;
  report.name = grant.name;
  report.fault = grant.fault;
  if (!grant.survey) return report;
  const RedisSurvey& survey = *grant.survey;
  report.state = word_of(survey.state);
  if (report.fault.empty()) report.fault = survey.unfit;
  report.generation = survey.generation;
  if (survey.written > 0) {
    report.written_at = timestamp(survey.written);
    report.written_s = seconds_since(survey.written, now);
    report.written_by = survey.writer.empty() ? "whoever remembered it when it was lost"
                                              : name_of_owner(survey.writer);
  }
  const int64_t left = survey.now + survey.lease_left - now;
  if (!survey.lease.empty() && left > 0)
    report.lease = LeaseReport{name_of_owner(survey.lease), timestamp(survey.lease_since),
                               timestamp(survey.now + survey.lease_left),
                               seconds_since(survey.lease_since, now), left / 1000};
  return report;
}

std::string RollCall::name_of_owner(std::string_view id) const {
  if (id == options_.id) return admin::name_of(tools_.describe());
  if (roll_) {
    for (const Roll::Entry& entry : roll_->entries)
      if (entry.id == id) return admin::name_of(entry.presence);
  }
  return "a command, or an instance that has gone (" + std::string(id) + ")";
}

}  // namespace postern::runtime
