#include "admin/inspector.h"

#include <cassert>

#include "base/utf8.h"

namespace postern::admin {
namespace {

// FixedText cuts what is too long.
template <size_t kMost>
void set(FixedText<kMost>& field, std::string_view text) {
  field.clear();
  field.append(text);
}

}  // namespace

Inspector::Inspector(const Clock& clock, size_t most, size_t most_of_body)
    : clock_(clock), most_of_body_(most_of_body), ring_(most) {
  for (InspectedRequest& kept : ring_)
    for (InspectedBody* body : {&kept.request_body, &kept.response_body})
      body->text.reserve(most_of_body);
}

void Inspector::set_body(InspectedBody& kept, const relay::ReadableBody& body) const {
  std::string_view text = body.text;
  if (text.size() > most_of_body_) text = utf8::without_cut_end(text.substr(0, most_of_body_));
  kept.text.assign(text);
  set(kept.form, body.form);
  kept.is_cut = body.is_cut || text.size() < body.text.size();
}

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
  static const relay::ReadableBodies none;
  const relay::ReadableBodies& bodies = record.bodies != nullptr ? *record.bodies : none;
  set_body(kept.request_body, bodies.request);
  set_body(kept.response_body, bodies.response);
}

const InspectedRequest& Inspector::newest(size_t back) const {
  assert(back < size());
  return ring_[(total_ - 1 - back) % ring_.size()];
}

}  // namespace postern::admin
