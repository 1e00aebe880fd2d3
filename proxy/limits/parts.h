// Which routes of a user, host and group have left the bucket that all start in, as the fleet sees
// it: replicas that share a counter must mean the same by its name.
//
// Who finds that routes part or join says so; the fleet keeps a version, and what was found out on
// an older one is not taken: whoever found it adopts the newer, and finds it again if it is so.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "limits/share.h"

namespace postern::limits {

class Parts final {
 public:
  // The name of the route's bucket; empty: the one that all start in.
  std::string_view bucket_of(std::string_view route) const;
  // Found here; to be told.
  void move(std::string_view route, std::string_view bucket);

  // There is something to tell, or the fleet has another version than this.
  bool is_behind(int64_t version) const { return version != version_; }
  bool has_news() const { return !news_.empty(); }
  bool is_asking() const { return is_asking_; }
  PartsQuestion question();  // its answer, or on_failure(), is to follow
  // True: routes may have other buckets now.
  bool on_answer(const PartsAnswer& answer);
  void on_failure() { is_asking_ = false; }

 private:
  using Map = std::map<std::string, std::string, std::less<>>;
  Map buckets_;  // by route; only those that left
  Map news_;     // not told yet
  int64_t version_ = 0;
  bool is_asking_ = false;
};

// What the fleet keeps. As ShareTable, what the script that Redis runs is written after and
// compared with, and its stand-in in tests and benchmarks; no Postern keeps one.
class PartsTable final {
 public:
  PartsAnswer answer(const PartsQuestion& question);
  int64_t version() const { return version_; }

 private:
  int64_t version_ = 0;
  std::map<std::string, std::string> buckets_;
};

}  // namespace postern::limits
