// The part of Exchange that spares calls: it answers from the cache, follows another request's call
// for the same answer, and lets others follow its own.
#include <optional>
#include <utility>

#include "relay/caller_name.h"
#include "relay/exchange.h"
#include "relay/forward_headers.h"

namespace postern::relay {

bool Exchange::recall() {
  if (settings_->caching == nullptr) return true;
  visit_ =
      std::make_unique<Caching::Visit>(*settings_->caching, static_cast<Caching::Holder&>(*this));
  http::Fields& sent_fields = relay_.scratch_;
  make_request_fields(head_, {}, {}, sent_fields);
  CallerName caller = name_of(caller_);
  caller.append(" ");
  caller.append(client_);
  std::optional<Instant> deadline;
  if (settings_->admission != nullptr) deadline = begun_ + patience_;
  switch (visit_->begin({head_,
                         sent_fields,
                         sent_target(),
                         match_,
                         *grant_,
                         body_urls_ != BodyUrls::kNone,
                         {std::string(caller.text()), urgency_},
                         deadline})) {
    case Caching::Visit::Turn::kSend:
      return true;
    case Caching::Visit::Turn::kAnswer:
      replay();
      return false;
    case Caching::Visit::Turn::kFollow:
      break;
  }
  return false;
}

void Exchange::on_recalled() {
  replay();
}

void Exchange::on_to_be_sent() {
  go_on();
}

// The stored answer goes the way of one that comes from Sentry, as far as this caller sees it.
void Exchange::replay() {
  route_ = &relay_.routes_.at(grant_);  // whose URLs are turned
  record_.queue = relay_.clock_.now() - begun_;
  send_answer_head(*visit_->stored_head());
  send_rest();
}

// As fast as the caller takes it; on_drained() goes on.
void Exchange::send_rest() {
  constexpr size_t kPiece = 64 * 1024;
  while (!responder_.congested()) {
    const std::string_view piece = visit_->rest().substr(0, kPiece);
    if (piece.empty()) break;
    send_body(piece);
    visit_->passed(piece.size());
  }
  if (visit_->take_end()) responder_.end();
}

// True: the bytes are gathered for others as well, and go to the caller from there.
bool Exchange::gather(std::string_view bytes) {
  if (!visit_->gathers()) return false;
  if (!visit_->add(bytes)) {
    send_body(visit_->stop_gathering());
    return false;
  }
  call_.credit(bytes.size());
  send_rest();
  return true;
}

}  // namespace postern::relay
