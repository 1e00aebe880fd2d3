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

// In what others should know soon.
bool differs(const admin::Presence& one, const admin::Presence& other) {
  return one.ready != other.ready || one.why != other.why || one.generations != other.generations;
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
      next_look_(tools_.timers.make([this] { look(); })),
      out_of_time_(tools_.timers.make([this] {
        fault_ = options_.place + " has not answered within " + text::format_duration(kPatience);
        finish();
      })),
      soon_(tools_.timers.make([this] {
        if (open_ == 0) finish();
      })) {
  for (const std::string& grant : options_.grants) grants_.emplace_back().name = grant;
}

void RollCall::start() {
  call();
  next_look_->set(tools_.clock.now() + kLook);
}

bool RollCall::leave(std::function<void()> then) {
  has_left_ = true;
  next_call_->clear();
  next_look_->clear();
  if (is_unseen_) return false;
  tools_.client.send(leave_command(options_.prefix, options_.id),
                     [then = std::move(then)](const redis::Answer&) { then(); });
  return true;
}

// ------------------------------------------------------------------------------------------ asking

void RollCall::call() {
  say(0);
  next_call_->set(tools_.clock.now() + options_.period);
}

// Others are to learn soon that it is ready, or why it is not.
void RollCall::look() {
  if (differs(tools_.describe(), said_)) call();
  next_look_->set(tools_.clock.now() + kLook);
}

void RollCall::say(uint64_t serial) {
  said_ = tools_.describe();
  const RollEntry own{options_.id, options_.period * kPeriods, said_};
  tools_.client.send(roll_command(options_.prefix, own),
                     [this, serial](const redis::Answer& answer) { on_said(serial, answer); });
}

void RollCall::on_said(uint64_t serial, const redis::Answer& answer) {
  ++round_;
  std::string trouble;
  if (!answer) trouble = answer.error().what;
  if (answer && answer->is_error())
    trouble = options_.place + ", key " + roll_key(options_.prefix) + ": " + answer->shown();
  note(trouble);
  if (trouble.empty()) trouble = take(*answer);
  if (serial != serial_ || open_ == 0) return;
  if (!trouble.empty()) fault_ = std::move(trouble);
  close_one();
}

// Why it is no list; empty: it is the newest.
std::string RollCall::take(const redis::Reply& reply) {
  auto roll = roll_of(reply);
  if (!roll) return options_.place + " " + roll.error().what;
  roll_ = std::move(*roll);
  heard_at_ = tools_.clock.now();
  if (!tools_.on_sharers) return {};
  const auto sharers =
      std::count_if(roll_->entries.begin(), roll_->entries.end(), [this](const Roll::Entry& entry) {
        return entry.presence.shares_limits && !is_overdue(entry);
      });
  tools_.on_sharers(sharers);
  return {};
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
  const bool is_fresh = read_at_ && fault_.empty() && now - *read_at_ < kFresh;
  if (has_left_ || is_fresh) return soon_->set_soon();
  ++serial_;
  open_ = 1 + grants_.size();
  fault_.clear();
  out_of_time_->set(now + kPatience);
  say(serial_);
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
      grant.read_at = tools_.clock.now();
      grant.serial = serial;
    } else {
      grant.fault = options_.place + " " + survey.error().what;
    }
  } else {
    grant.fault = answer.error().what;
  }
  close_one();
}

void RollCall::close_one() {
  if (--open_ > 0) return;
  if (fault_.empty()) read_at_ = tools_.clock.now();
  finish();
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
      std::chrono::duration_cast<std::chrono::milliseconds>(tools_.clock.now() - heard_at_);
  return roll_->now + passed.count();
}

// By the time of the list: while none comes, nobody can be heard of.
bool RollCall::is_overdue(const Roll::Entry& entry) const {
  return roll_->now - entry.written > entry.lifetime / kLate;
}

FleetReport RollCall::report() const {
  const admin::Presence own = tools_.describe();
  const int64_t now = store_time();
  FleetReport report;
  report.place = options_.place;
  report.fault = fault_;
  if (roll_) {
    report.read_at = timestamp(roll_->now);
    report.age_s = seconds_since(roll_->now, now);
    if (report.fault.empty() && roll_->left_out > 0)
      report.fault = options_.place + ", key " + roll_key(options_.prefix) + " has " +
                     std::to_string(roll_->left_out) +
                     " entries too many, which are left out: Postern has not written them all";
    for (const Roll::Entry& entry : roll_->entries)
      report.replicas.push_back(entry.id == options_.id ? own_report(own, now)
                                                        : report_of_other(entry, now));
  }
  const bool has_self = std::any_of(report.replicas.begin(), report.replicas.end(),
                                    [](const ReplicaReport& replica) { return replica.is_self; });
  if (!has_self) report.replicas.push_back(own_report(own, now));
  for (const SharedGrant& grant : grants_) report.grants.push_back(report_of(grant, now));
  return report;
}

ReplicaReport RollCall::report_of(const Roll::Entry& entry, int64_t now) const {
  ReplicaReport replica;
  replica.id = entry.id;
  replica.presence = entry.presence;
  replica.seen_at = timestamp(entry.written);
  replica.started_at = timestamp(entry.written - entry.presence.uptime_s * 1000);
  replica.silent_s = seconds_since(entry.written, now);
  for (const auto& [grant, generation] : entry.presence.generations)
    replica.grants.push_back({grant, generation, is_behind(entry, grant, generation)});
  return replica;
}

// Whatever the list says of it, for it knows better.
ReplicaReport RollCall::own_report(const admin::Presence& own, int64_t now) const {
  ReplicaReport replica = report_of({options_.id, now, 0, own}, now);
  replica.is_self = true;
  return replica;
}

ReplicaReport RollCall::report_of_other(const Roll::Entry& entry, int64_t now) const {
  ReplicaReport replica = report_of(entry, now);
  replica.is_overdue = is_overdue(entry);
  if (!fault_.empty()) replica.as_of_s = seconds_since(roll_->now, now);
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
  if (grant.serial != serial_)
    report.as_of_s =
        std::chrono::duration_cast<std::chrono::seconds>(tools_.clock.now() - grant.read_at)
            .count();
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
