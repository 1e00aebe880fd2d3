// RequestCounts: what the requests have been, in plain counters.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "http/method.h"
#include "relay/observer.h"

namespace postern::admin {

// How long things took. A value.
struct Histogram {
  // Upper bounds in seconds; what is longer falls into the last bucket.
  static constexpr std::array<double, 13> kBounds{0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5,
                                                  1,     2.5,  5,     10,   30,  90};
  static constexpr size_t kSeries = kBounds.size() + 3;  // +Inf, sum and count

  std::array<uint64_t, kBounds.size() + 1> counts{};
  double sum = 0;  // seconds

  void add(Duration time);
};

// Texts by number, in the order in which they came. Not bounded: its user is.
class Names final {
 public:
  Names() = default;
  Names(const Names&) = delete;  // views of it are out
  Names& operator=(const Names&) = delete;

  uint16_t of(std::string_view name);  // allocates for a new one only
  std::vector<std::string> all() const { return {names_.begin(), names_.end()}; }

 private:
  std::deque<std::string> names_;
  std::unordered_map<std::string_view, uint16_t> numbers_;
};

// A copy of the counters; numbers are places in `grants` and `routes`.
struct RequestFigures {
  struct Requests {
    uint16_t grant = 0;
    uint16_t route = 0;
    uint16_t status = 0;  // 0: the client left before an answer
    http::Method method = http::Method::kOther;
    bool is_own = false;  // Postern's own answer, not Sentry's
    uint64_t count = 0;
  };
  struct Times {
    uint16_t grant = 0;
    uint16_t route = 0;
    Histogram total;
  };
  struct Traffic {
    uint64_t bytes_in = 0;
    uint64_t bytes_out = 0;
    Histogram queue;
    Histogram upstream;  // of requests that were sent
  };
  struct Named {
    std::string name;
    uint64_t count = 0;
  };

  std::vector<std::string> grants;
  std::vector<std::string> routes;
  std::vector<Requests> requests;
  std::vector<Times> times;
  std::vector<Traffic> traffic;  // by grant
  std::vector<Named> problems;   // by code
  uint64_t unrouted = 0;         // requests told under kOtherRoute for want of room
};

// Loop thread. Grants are as many as are configured, routes as many as policy::UnlistedRoutes and
// the endpoint table allow. What has a route may have `max_series` series of the metrics, all its
// combinations with grants, methods and codes together. A tenth of them is set aside for
// kOtherRoute, by which requests are told that find the rest full.
class RequestCounts final : public relay::Observer {
 public:
  static constexpr std::string_view kOtherRoute = "other";

  explicit RequestCounts(size_t max_series) : max_series_(max_series) {}

  void on_finished(const relay::AccessRecord& record) override;
  RequestFigures figures() const;
  size_t series() const { return requests_.size() + times_.size() * Histogram::kSeries; }

 private:
  struct Place {
    uint16_t grant;
    uint16_t route;
  };
  // False: there is no room, `most` series are there.
  bool count_request(const relay::AccessRecord& record, Place place, size_t most);
  bool count_time(Duration total, Place place, size_t most);
  void count_traffic(const relay::AccessRecord& record, uint16_t grant);

  const size_t max_series_;
  Names grants_;
  Names routes_;
  std::vector<RequestFigures::Requests> requests_;
  std::unordered_map<uint64_t, uint32_t> request_places_;  // in requests_, by all but the count
  std::vector<RequestFigures::Times> times_;
  std::unordered_map<uint32_t, uint32_t> time_places_;  // in times_, by grant and route
  std::vector<RequestFigures::Traffic> traffic_;
  Names codes_;
  std::vector<uint64_t> problems_;
  uint64_t unrouted_ = 0;
};

}  // namespace postern::admin
