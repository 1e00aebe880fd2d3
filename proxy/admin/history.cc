#include "admin/history.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace postern::admin {
namespace {

// Families split and their routes move; the first route is the steadiest name that a bucket has.
std::string name_of(const relay::BucketView& bucket) {
  return bucket.user + '\n' + bucket.host + '\n' + bucket.group + '\n' +
         (bucket.routes.empty() ? std::string() : bucket.routes.front());
}

QueueSample sample_of(const relay::BucketView& bucket) {
  constexpr int64_t kMost = std::numeric_limits<uint32_t>::max();
  const int64_t wait = std::chrono::ceil<std::chrono::milliseconds>(bucket.oldest_wait).count();
  return {static_cast<uint32_t>(std::min<size_t>(bucket.queued, kMost)),
          static_cast<uint32_t>(std::clamp<int64_t>(wait, 0, kMost))};
}

template <class Samples>
std::vector<QueueSample> in_order(const Samples& samples, size_t taken) {
  std::vector<QueueSample> out;
  const size_t size = std::min(taken, samples.size());
  for (size_t back = size; back > 0; --back)
    out.push_back(samples[(taken - back) % samples.size()]);
  return out;
}

}  // namespace

History::Line& History::line_of(const relay::BucketView& bucket) {
  std::string name = name_of(bucket);
  const auto found = std::find_if(lines_.begin(), lines_.end(),
                                  [&name](const Line& line) { return line.name == name; });
  if (found != lines_.end()) return *found;
  lines_.push_back({std::move(name), {}, true});
  return lines_.back();
}

void History::sample(const std::vector<relay::BucketView>& buckets) {
  for (Line& line : lines_) line.is_present = false;
  const size_t place = taken_++ % kSamples;
  QueueSample all;
  size_t left = kMostBuckets;
  for (const relay::BucketView& bucket : buckets) {
    const QueueSample one = sample_of(bucket);
    all.queued += one.queued;
    all.oldest_wait_ms = std::max(all.oldest_wait_ms, one.oldest_wait_ms);
    if (left == 0) continue;
    --left;
    Line& line = line_of(bucket);
    line.is_present = true;
    line.samples[place] = one;
  }
  total_.samples[place] = all;
  std::erase_if(lines_, [](const Line& line) { return !line.is_present; });
}

std::vector<QueueSample> History::of(const relay::BucketView& bucket) const {
  const std::string name = name_of(bucket);
  for (const Line& line : lines_)
    if (line.name == name) return in_order(line.samples, taken_);
  return {};
}

std::vector<QueueSample> History::of_all() const {
  return in_order(total_.samples, taken_);
}

}  // namespace postern::admin
