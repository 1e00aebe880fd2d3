#include "runtime/lease_view.h"

#include <algorithm>
#include <chrono>
#include <memory>
#include <utility>

#include "grants/timestamp.h"

namespace postern::runtime {
namespace {

using grants::KubernetesSurvey;
using std::chrono::duration_cast;
using std::chrono::seconds;

// What somebody else has written may be any number.
constexpr uint64_t kLongestLease = 1'000'000;  // seconds
constexpr size_t kLongestName = 100;

int64_t seconds_between(WallTime from, WallTime to) {
  return duration_cast<seconds>(to - from).count();
}

}  // namespace

LeaseView::LeaseView(LeaseViewOptions options, Tools tools)
    : options_(std::move(options)), tools_(std::move(tools)) {}

uint64_t LeaseView::round() const {
  return static_cast<uint64_t>(tools_.clock.now().time_since_epoch() / kRound);
}

void LeaseView::read(std::function<void()> then) {
  readers_.push_back(std::move(then));
  if (std::exchange(is_reading_, true)) return;
  const bool is_fresh = survey_ && fault_.empty() && tools_.clock.now() - read_at_ < kFresh;
  if (is_fresh) return tools_.background.post([] {}, [this] { finish(); });
  auto found = std::make_shared<std::optional<Survey>>();
  tools_.background.post(
      [found, &server = tools_.server, cluster = options_.cluster, names = options_.grants] {
        *found = grants::survey_kubernetes(server, cluster, names);
      },
      [this, found] { on_survey(std::move(**found)); });
}

void LeaseView::on_survey(Survey survey) {
  fault_ = survey ? "" : survey.error().what;
  if (survey) {
    survey_ = std::move(*survey);
    read_at_ = tools_.clock.now();
  }
  finish();
}

void LeaseView::finish() {
  is_reading_ = false;
  for (const auto& then : std::exchange(readers_, {})) then();
}

// --------------------------------------------------------------------------------------- reporting

admin::FleetReport LeaseView::report() const {
  const WallTime now = tools_.clock.wall();
  admin::FleetReport report;
  report.place = "Secret " + options_.cluster.namespace_name + "/" + options_.cluster.secret +
                 " at " + options_.cluster.server;
  report.unlisted = admin::kUnlisted;
  report.fault = fault_;
  if (survey_) {
    const Duration age = tools_.clock.now() - read_at_;
    report.age_s = duration_cast<seconds>(age).count();
    report.read_at = grants::format_timestamp(now - duration_cast<WallTime::duration>(age));
  }
  report.replicas.push_back(own_report(now));
  for (const std::string& grant : options_.grants) report.grants.push_back(report_of(grant, now));
  return report;
}

admin::ReplicaReport LeaseView::own_report(WallTime now) const {
  admin::ReplicaReport replica;
  replica.id = options_.id;
  replica.presence = tools_.describe();
  replica.is_self = true;
  replica.seen_at = grants::format_timestamp(now);
  replica.started_at = grants::format_timestamp(now - seconds(replica.presence.uptime_s));
  for (const auto& [grant, generation] : replica.presence.generations)
    replica.grants.push_back({grant, generation, false});
  return replica;
}

admin::SharedGrantReport LeaseView::report_of(const std::string& grant, WallTime now) const {
  admin::SharedGrantReport report;
  report.name = grant;
  if (!survey_) return report;
  const KubernetesSurvey::Kept& kept = survey_->kept.at(grant);
  report.state = kept.state;
  report.fault = kept.unfit;
  report.generation = kept.generation;
  report.lease = lease_report(now);
  if (fault_.empty()) return report;
  report.as_of_s = duration_cast<seconds>(tools_.clock.now() - read_at_).count();
  // Whether it has been renewed since cannot be known.
  if (report.lease && report.lease->left_s < 0) report.lease.reset();
  return report;
}

// By the clocks of the holder and of this machine, which may differ: this is for people.
std::optional<admin::LeaseReport> LeaseView::lease_report(WallTime now) const {
  const kubernetes::LeaseObject& lease = survey_->lease;
  if (lease.holder.empty()) return std::nullopt;
  admin::LeaseReport report;
  report.holder = lease.holder == options_.id ? admin::name_of(tools_.describe())
                                              : lease.holder.substr(0, kLongestName);
  if (const auto taken = grants::parse_timestamp(lease.taken_at)) {
    report.since = grants::format_timestamp(*taken);
    report.held_s = std::max<int64_t>(seconds_between(*taken, now), 0);
  }
  if (const auto renewed = grants::parse_timestamp(lease.renewed_at)) {
    const auto length = static_cast<int64_t>(std::min(lease.seconds, kLongestLease));
    const WallTime until = *renewed + seconds(length);
    report.until = grants::format_timestamp(until);
    report.left_s = seconds_between(now, until);
  }
  return report;
}

}  // namespace postern::runtime
