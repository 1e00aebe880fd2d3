#include "limits/family_table.h"

#include <cmath>
#include <iterator>
#include <utility>

namespace postern::limits {
namespace {

// A line end parts the names: none of them can hold one.
void write_key(std::string& key, std::string_view user, std::string_view host,
               std::string_view group) {
  key.assign(user).append(1, '\n').append(host).append(1, '\n').append(group);
}

Family::Frame frame_of(const Options& options, QueueTotals& totals) {
  const auto share = [&](auto whole) {
    const double part = options.bucket_share * static_cast<double>(whole);
    return static_cast<decltype(whole)>(std::ceil(part));
  };
  totals.max_entries = options.max_queue;
  totals.max_bytes = options.max_queue_bytes;
  Family::Frame frame;
  frame.bucket.reserve = options.reserve;
  frame.bucket.most_in_flight = options.max_in_flight;
  frame.bounds.max_entries = share(options.max_queue);
  frame.bounds.max_bytes = share(options.max_queue_bytes);
  frame.totals = &totals;
  return frame;
}

}  // namespace

FamilyTable::FamilyTable(const Options& options, QueueTotals& totals)
    : most_(options.max_buckets), frame_(frame_of(options, totals)) {
  frame_.next_id = &next_slot_;
}

void FamilyTable::set_options(const Options& options) {
  most_ = options.max_buckets;
  ShareBoard* board = frame_.board;
  frame_ = frame_of(options, *frame_.totals);
  frame_.board = board;
  frame_.next_id = &next_slot_;
  for (Family& family : families_) family.set_frame(frame_);
}

Family* FamilyTable::find(std::string_view user, std::string_view host, std::string_view group) {
  write_key(key_, user, host, group);
  const auto found = by_key_.find(key_);
  return found == by_key_.end() ? nullptr : &*found->second;
}

Family* FamilyTable::get(std::string_view user, std::string_view host, std::string_view group) {
  write_key(key_, user, host, group);
  const auto found = by_key_.find(key_);
  if (found != by_key_.end()) {
    families_.splice(families_.begin(), families_, found->second);
    return &families_.front();
  }
  if (families_.size() >= most_ && !evict_idle()) return nullptr;
  write_key(key_, user, host, group);
  std::unique_ptr<Host>& entry = hosts_[std::string(host)];
  if (entry == nullptr) entry = std::make_unique<Host>();
  families_.emplace_front(FamilyKey{std::string(user), std::string(host), std::string(group)},
                          *entry, frame_);
  by_key_.emplace(key_, families_.begin());
  return &families_.front();
}

bool FamilyTable::evict_idle() {
  for (auto family = families_.rbegin(); family != families_.rend(); ++family) {
    if (family->requests() > 0) continue;
    const FamilyKey& key = family->key();
    write_key(key_, key.user, key.host, key.group);
    by_key_.erase(key_);
    families_.erase(std::next(family).base());
    return true;
  }
  return false;
}

}  // namespace postern::limits
