// Events: tells those who follow GET /api/events which documents have changed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "admin/history.h"
#include "admin/inspector.h"
#include "admin/page.h"
#include "admin/status_report.h"

namespace postern::admin {

// What the documents were at some moment; two that differ have a changed document.
struct Versions {
  uint64_t grants = 0;
  uint64_t buckets = 0;
  uint64_t requests = 0;
  uint64_t fleet = 0;
};

// What only counts down, and is shown anew with every beat, makes no change.
Versions versions_of(const StatusReport& report, const History& history,
                     const Inspector& inspector);

// Sans time: its owner calls tick() once a second as long as there are followers. Loop thread; must
// outlive the followers that it makes.
//
//   event: changed
//   data: ["grants","requests"]
//
// Events name documents and do not carry them: they are read when there is time for that, and who
// is slow gets no pile of old ones. A tick without news is silent. After kBeat of them without
// news of grants, whose remaining times have moved on:
//
//   event: beat
//   data: []
class Events final {
 public:
  static constexpr size_t kMostFollowers = 16;
  static constexpr int kBeat = 10;

  bool is_full() const { return followers_.size() >= kMostFollowers; }
  bool is_followed() const { return !followers_.empty(); }

  // The first event names every document; `now` is what they are as it is sent.
  // REQUIRES: !is_full().
  std::unique_ptr<Follower> follow(Stream& stream, const Versions& now);

  void tick(const Versions& now);

 private:
  class One;
  std::vector<One*> followers_;
};

}  // namespace postern::admin
