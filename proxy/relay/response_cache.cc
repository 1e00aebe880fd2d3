#include "relay/response_cache.h"

#include <iterator>
#include <utility>

#include "base/text.h"
#include "relay/cache_control.h"

namespace postern::relay {
namespace {

bool is_of_its_moment(const http::Field& field) {
  return field.id == http::FieldName::kXSentryRateLimit ||
         field.id == http::FieldName::kSetCookie ||
         (field.id == http::FieldName::kOther && text::iequals(field.name, "Age"));
}

}  // namespace

StoredAnswer::StoredAnswer(const http::ResponseHead& from)
    : head(from, is_of_its_moment), age_before(own_age(from)) {}

std::shared_ptr<const StoredAnswer> ResponseCache::find(std::string_view key, WriteMarks::Mark mark,
                                                        Instant now) {
  const auto found = index_.find(key);
  if (found == index_.end()) return nullptr;
  const Entries::iterator entry = found->second;
  if (entry->mark != mark || entry->answer->age(now) >= entry->answer->lifetime) {
    drop(entry);
    return nullptr;
  }
  entries_.splice(entries_.begin(), entries_, entry);
  return entry->answer;
}

std::optional<Duration> ResponseCache::youngest(std::string_view beginning, WriteMarks::Mark mark,
                                                Instant now) const {
  std::optional<Duration> youngest;
  for (const Entry& entry : entries_) {
    const Duration age = entry.answer->age(now);
    const bool is_meant = std::string_view(entry.key).starts_with(beginning);
    if (!is_meant || entry.mark != mark || age >= entry.answer->lifetime) continue;
    if (!youngest || age < *youngest) youngest = age;
  }
  return youngest;
}

void ResponseCache::store(std::string key, WriteMarks::Mark mark,
                          std::shared_ptr<const StoredAnswer> answer) {
  if (answer->lifetime <= answer->age_before) return;  // too old already
  const auto found = index_.find(key);
  if (found != index_.end()) {
    const Entry& present = *found->second;
    if (present.mark >= mark && present.answer->sent > answer->sent) return;
    drop(found->second);
  }
  entries_.push_front({std::move(key), mark, std::move(answer)});
  index_.emplace(entries_.front().key, entries_.begin());
}

void ResponseCache::forget(std::string_view beginning) {
  for (Entries::iterator entry = entries_.begin(); entry != entries_.end();) {
    const Entries::iterator next = std::next(entry);
    if (std::string_view(entry->key).starts_with(beginning)) drop(entry);
    entry = next;
  }
}

void ResponseCache::set_max_bytes(uint64_t max_bytes) {
  budget_.set_most(max_bytes);
  while (!budget_.has_room(0) && !entries_.empty()) drop(std::prev(entries_.end()));
}

bool ResponseCache::reserve(ByteBudget::Charge& charge, uint64_t bytes) {
  if (bytes > budget_.most()) return false;
  while (!budget_.has_room(bytes) && !entries_.empty()) drop(std::prev(entries_.end()));
  if (!budget_.has_room(bytes)) return false;
  budget_.take(charge, bytes);
  return true;
}

void ResponseCache::drop(Entries::iterator entry) {
  index_.erase(entry->key);
  entries_.erase(entry);
}

}  // namespace postern::relay
