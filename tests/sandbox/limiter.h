// Limiter: Sentry's rate limiter. Windows of fixed length aligned to the epoch, and slots for
// requests in flight, per bucket. Time is an argument.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace postern::sandbox {

struct Limit {
  std::int64_t requests = 100000;
  std::int64_t window_s = 1;
  std::int64_t concurrent = 999;  // 0: the bucket has no such limit
};

enum class Verdict { kAllowed, kTooFrequent, kTooManyAtOnce };

struct Admission {
  Verdict verdict = Verdict::kAllowed;
  Limit limit;
  std::int64_t remaining = 0;
  std::int64_t reset_s = 0;  // epoch seconds of the next window
  std::int64_t concurrent_remaining = 0;
  bool holds_slot = false;  // release() must be called
  std::uint64_t slot = 0;
};

// What became of the requests of one window.
struct Tally {
  std::string bucket;
  std::int64_t reset_s = 0;  // as the answers said
  std::int64_t limit = 0;    // at the last request
  std::int64_t allowed = 0;
  std::int64_t too_frequent = 0;
  std::int64_t too_many_at_once = 0;
  std::int64_t most_in_flight = 0;
};

class Limiter final {
 public:
  // Refuses for concurrency only when this is set; the numbers are reported always.
  bool enforce_concurrency = false;

  // Rejected requests count too.
  Admission admit(const std::string& bucket, const Limit& limit, std::int64_t now_ms);
  void release(const std::string& bucket, std::uint64_t slot);

  // Requests of others in the buckets whose name contains `part`: so many in each window from now
  // on, and so many slots held for good. Zeros end it.
  void set_foreign(const std::string& part, std::int64_t per_window, std::int64_t slots);
  // Counts requests of others in the current window, once.
  void add_foreign(const std::string& part, std::int64_t requests);
  void clear();

  // Of the last 2000 windows in which a request came, oldest first. The foreign requests
  // below are not in them.
  const std::deque<Tally>& tallies() const { return tallies_; }

 private:
  Admission decide(const std::string& name, const Limit& limit, std::int64_t now_ms);
  void count(const std::string& bucket, const Admission& admission);
  struct Slot {
    std::uint64_t id;
    std::int64_t since_ms;
  };
  struct Bucket {
    std::int64_t window = -1;
    std::int64_t count = 0;
    std::vector<Slot> slots;
  };
  struct Foreign {
    std::string part;
    std::int64_t per_window;
    std::int64_t slots;
  };

  void enter_window(const std::string& name, Bucket& bucket, std::int64_t window);

  std::map<std::string, Bucket> buckets_;
  std::vector<Foreign> foreign_;
  std::deque<Tally> tallies_;
  std::uint64_t last_slot_ = 0;
};

}  // namespace postern::sandbox
