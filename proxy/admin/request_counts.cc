#include "admin/request_counts.h"

#include <algorithm>

namespace postern::admin {
namespace {

std::string_view or_none(std::string_view name) {
  return name.empty() ? "none" : name;
}

double seconds(Duration time) {
  return std::chrono::duration<double>(time).count();
}

template <class T>
T& grown(std::vector<T>& all, size_t place) {
  if (place >= all.size()) all.resize(place + 1);
  return all[place];
}

std::vector<RequestFigures::Named> named(const Names& names, const std::vector<uint64_t>& counts) {
  std::vector<RequestFigures::Named> all;
  for (const std::string& name : names.all()) all.push_back({name, counts[all.size()]});
  return all;
}

}  // namespace

void Histogram::add(Duration time) {
  const double value = seconds(time);
  const auto bound = std::lower_bound(kBounds.begin(), kBounds.end(), value);
  ++counts[static_cast<size_t>(bound - kBounds.begin())];
  sum += value;
}

uint16_t Names::of(std::string_view name) {
  const auto found = numbers_.find(name);
  if (found != numbers_.end()) return found->second;
  const auto number = static_cast<uint16_t>(names_.size());
  numbers_.emplace(names_.emplace_back(name), number);
  return number;
}

void RequestCounts::on_finished(const relay::AccessRecord& record) {
  const Place place{grants_.of(or_none(record.grant)), routes_.of(or_none(record.route))};
  const size_t most = max_series_ - max_series_ / 10;
  if (!count_request(record, place, most)) {
    ++unrouted_;
    count_request(record, {place.grant, routes_.of(kOtherRoute)}, max_series_);
  }
  if (!count_time(record.total, place, most))
    count_time(record.total, {place.grant, routes_.of(kOtherRoute)}, max_series_);
  count_traffic(record, place.grant);
  if (!record.code.empty()) ++grown(problems_, codes_.of(record.code));
}

bool RequestCounts::count_request(const relay::AccessRecord& record, Place place, size_t most) {
  const auto status = static_cast<uint16_t>(record.status);
  const http::Method method = http::parse_method(record.method);
  const bool is_own = record.origin == "postern";
  const uint64_t key = (uint64_t{place.grant} << 48) | (uint64_t{place.route} << 32) |
                       (uint64_t{status} << 16) | (static_cast<uint64_t>(method) << 8) |
                       uint64_t{is_own};
  const auto found = request_places_.find(key);
  if (found != request_places_.end()) return ++requests_[found->second].count, true;
  if (series() + 1 > most) return false;
  request_places_.emplace(key, static_cast<uint32_t>(requests_.size()));
  requests_.push_back({place.grant, place.route, status, method, is_own, 1});
  return true;
}

bool RequestCounts::count_time(Duration total, Place place, size_t most) {
  const uint32_t key = (uint32_t{place.grant} << 16) | place.route;
  auto found = time_places_.find(key);
  if (found == time_places_.end()) {
    if (series() + Histogram::kSeries > most) return false;
    found = time_places_.emplace(key, static_cast<uint32_t>(times_.size())).first;
    times_.push_back({place.grant, place.route, {}});
  }
  times_[found->second].total.add(total);
  return true;
}

void RequestCounts::count_traffic(const relay::AccessRecord& record, uint16_t grant) {
  RequestFigures::Traffic& traffic = grown(traffic_, grant);
  traffic.bytes_in += record.bytes_in;
  traffic.bytes_out += record.bytes_out;
  if (record.attempts == 0) return;
  traffic.queue.add(record.queue);
  traffic.upstream.add(record.upstream);
}

RequestFigures RequestCounts::figures() const {
  return {grants_.all(), routes_.all(), requests_, times_, traffic_, named(codes_, problems_),
          unrouted_};
}

}  // namespace postern::admin
