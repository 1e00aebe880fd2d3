#include "admin/inspector.h"

#include <cassert>

namespace postern::admin {
namespace {

// FixedText cuts what is too long.
template <size_t kMost>
void set(FixedText<kMost>& field, std::string_view text) {
  field.clear();
  field.append(text);
}

}  // namespace

void Inspector::on_finished(const relay::AccessRecord& record) {
  if (ring_.empty()) return;
  InspectedRequest& kept = ring_[total_ % ring_.size()];
  kept.number = ++total_;
  kept.ended_at = clock_.wall();
  set(kept.method, record.method);
  set(kept.route, record.route);
  kept.status = record.status;
  set(kept.origin, record.origin);
  set(kept.cache, record.cache);
  set(kept.code, record.code);
  set(kept.reason, record.reason);
  set(kept.missing_scope, record.missing_scope);
  set(kept.grant, record.grant);
  set(kept.listener, record.listener);
  set(kept.client, record.client);
  set(kept.request_id, record.request_id);
  kept.bytes_in = record.bytes_in;
  kept.bytes_out = record.bytes_out;
  kept.queue = record.queue;
  kept.upstream = record.upstream;
  kept.total = record.total;
  kept.attempts = record.attempts;
  kept.limited = record.limited;
}

const InspectedRequest& Inspector::newest(size_t back) const {
  assert(back < size());
  return ring_[(total_ - 1 - back) % ring_.size()];
}

}  // namespace postern::admin
