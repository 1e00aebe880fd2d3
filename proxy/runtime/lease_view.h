// LeaseView: what a Lease and a Secret of Kubernetes tell of the instances that share them. They do
// not tell who is there: that takes a Redis.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "admin/fleet_report.h"
#include "base/background.h"
#include "base/clock.h"
#include "base/result.h"
#include "grants/kubernetes_survey.h"
#include "kubernetes/options.h"
#include "kubernetes/server.h"

namespace postern::runtime {

struct LeaseViewOptions {
  kubernetes::Options cluster;
  std::string id;                   // what the Lease calls this instance
  std::vector<std::string> grants;  // that are shared
};

// Asks only when it is read. Loop thread; all arguments must outlive it, and no job of the
// background may end after it.
class LeaseView final : public admin::FleetSource {
 public:
  // For both objects together.
  static constexpr Duration kPatience = std::chrono::milliseconds(1500);
  // What is younger is not read again.
  static constexpr Duration kFresh = std::chrono::milliseconds(300);
  // Who looks at the page looks again after it.
  static constexpr Duration kRound = std::chrono::seconds(10);

  struct Tools {
    kubernetes::Server& server;  // called by the background's thread alone
    Background& background;
    const Clock& clock;
    std::function<admin::Presence()> describe;  // this instance
  };
  LeaseView(LeaseViewOptions options, Tools tools);
  LeaseView(const LeaseView&) = delete;
  LeaseView& operator=(const LeaseView&) = delete;

  // ---- admin::FleetSource
  admin::FleetReport report() const override;
  void read(std::function<void()> then) override;
  uint64_t round() const override;

 private:
  using Survey = Result<grants::KubernetesSurvey>;

  void on_survey(Survey survey);
  void finish();
  admin::ReplicaReport own_report(WallTime now) const;
  admin::SharedGrantReport report_of(const std::string& grant, WallTime now) const;
  std::optional<admin::LeaseReport> lease_report(WallTime now) const;

  const LeaseViewOptions options_;
  Tools tools_;
  std::vector<std::function<void()>> readers_;
  bool is_reading_ = false;
  std::optional<grants::KubernetesSurvey> survey_;  // the newest
  Instant read_at_{};
  std::string fault_;  // of the last read
};

}  // namespace postern::runtime
