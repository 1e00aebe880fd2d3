// The part of Governor that shares limits with other Posterns.
#include <algorithm>
#include <utility>

#include "limits/governor.h"

namespace postern::limits {

void Governor::share(std::string replica) {
  board_ = std::make_unique<ShareBoard>(std::move(replica));
  families_.share(*board_);
}

std::optional<ShareAsk> Governor::next_question(Instant at) {
  if (!board_) return std::nullopt;
  const Seconds now = now_ = seconds(at);
  while (FleetShare* share = board_->due(now)) {
    Slot& slot = share->slot();
    ShareView view = slot.bucket.share_view(now);
    view.waiting = static_cast<int64_t>(slot.queue.size());
    const std::optional<ShareQuestion> question = share->ask(view, now);
    if (!question) continue;
    schedule(slot, now);  // who waits looks again when the answer is overdue
    const FamilyKey& key = slot.family->key();
    return ShareAsk{board_->open(*share), {key.user, key.host, key.group, slot.name}, *question};
  }
  return std::nullopt;
}

void Governor::on_share_answer(uint64_t id, const ShareAnswer& answer, Instant at) {
  FleetShare* share = board_->close(id);
  if (share == nullptr) return;
  const Seconds now = now_ = seconds(at);
  share->on_answer(answer, now);
  Slot& slot = share->slot();
  slot.bucket.learn_length(answer.length);
  slot.bucket.learn_fleet(answer.past, now);
  if (slot.family->parts()->is_behind(answer.parts)) want_parts(*slot.family);
  schedule(slot, now);
}

void Governor::on_share_failure(uint64_t id, Instant at) {
  FleetShare* share = board_->close(id);
  if (share == nullptr) return;
  const Seconds now = now_ = seconds(at);
  share->on_failure(now);
  schedule(share->slot(), now);
}

void Governor::want_parts(Family& family) {
  if (!family.parts()->is_asking()) parts_due_.push_back(family.key());
}

std::optional<PartsAsk> Governor::next_parts_question(Instant at) {
  now_ = seconds(at);
  while (!parts_due_.empty()) {
    FamilyKey key = std::move(parts_due_.front());
    parts_due_.pop_front();
    Family* family = families_.find(key.user, key.host, key.group);
    if (family == nullptr || family->parts()->is_asking()) continue;
    PartsAsk ask{++last_parts_id_, {key.user, key.host, key.group, ""}, {}};
    ask.question = family->parts()->question();
    parts_asked_.emplace(ask.id, std::move(key));
    return ask;
  }
  return std::nullopt;
}

// Null: it has gone meanwhile.
Family* Governor::close_parts(uint64_t id) {
  const auto node = parts_asked_.extract(id);
  if (node.empty()) return nullptr;
  const FamilyKey& key = node.mapped();
  return families_.find(key.user, key.host, key.group);
}

void Governor::on_parts_answer(uint64_t id, const PartsAnswer& answer, Instant at) {
  Family* family = close_parts(id);
  if (family == nullptr) return;
  const Seconds now = now_ = seconds(at);
  if (!family->parts()->on_answer(answer)) {
    if (family->parts()->has_news()) want_parts(*family);
    return;
  }
  if (!family->follow_parts()) return;
  for (const std::unique_ptr<Slot>& slot : family->slots()) schedule(*slot, now);
}

// What was found here is told with the next find; others find it by themselves.
void Governor::on_parts_failure(uint64_t id) {
  if (Family* family = close_parts(id)) family->parts()->on_failure();
}

}  // namespace postern::limits
