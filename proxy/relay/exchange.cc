#include "relay/exchange.h"

#include <utility>

#include "policy/target.h"
#include "relay/cors.h"
#include "relay/forward_headers.h"
#include "relay/refusals.h"
#include "relay/trace_context.h"

namespace postern::relay {
namespace {

std::string_view value_of(const http::Field* field) {
  return field != nullptr ? field->value : std::string_view();
}

std::string_view wanted_grant(const http::RequestHead& head) {
  const http::Field* any = http::find(head.fields, http::FieldName::kXPostern);
  return any != nullptr ? value_of(http::find(head.fields, "X-Postern-Grant")) : "";
}

}  // namespace

Exchange::Exchange(Relay& relay, const http::RequestHead& head, const http::Caller& caller,
                   http::Responder& responder)
    : relay_(relay),
      settings_(relay.settings_),
      head_(head),
      caller_(caller),
      responder_(responder),
      id_(relay.request_ids_.next()),
      request_id_(id_.data(), id_.size()),
      begun_(relay.clock_.now()),
      kept_(relay.blocks_),
      pass_(settings_->admission, *this) {
  ++relay_.counters_.requests;
  ++relay_.counters_.active;
  const http::Field* own = http::find(head.fields, http::FieldName::kXRequestId);
  if (own != nullptr && is_request_id(own->value)) request_id_ = own->value;
  if (relay.kept_bodies_ > 0) tap_ = std::make_unique<BodyTap>(relay.kept_bodies_);
}

Exchange::~Exchange() {
  call_.cancel();
  stream_.drop();
  drop_kept();
  drop_whole();
  relay_.give_fields(std::move(fields_));
  --relay_.counters_.active;
  if (!relay_.logger_.access() && relay_.observers_.empty()) return;
  record_.method = head_.method_text;
  record_.path = head_.path;
  record_.listener = caller_.listener;
  record_.client = caller_.address;
  record_.caller = caller_.name;
  record_.request_id = request_id_;
  record_.trace_id = trace_id_of(head_.fields);
  if (grant_ != nullptr) record_.grant = grant_->options().name;
  stop_clock();
  if (visit_ != nullptr) record_.cache = visit_->outcome();
  record_.reason = reason_.empty() ? replay_reason_ : reason_;
  record_.total = relay_.clock_.now() - begun_;
  write_access(relay_.logger_, settings_->options.access_log, record_);
  std::optional<ReadableBodies> bodies;
  if (tap_ != nullptr) record_.bodies = &bodies.emplace(readable_bodies());
  for (Observer* observer : relay_.observers_) observer->on_finished(record_);
}

// Without the tokens of the grant: an answer may repeat what it was asked with.
ReadableBodies Exchange::readable_bodies() const {
  std::vector<std::string_view> tokens;
  const grants::Token* present = grant_ != nullptr ? grant_->token().get() : nullptr;
  for (const grants::Token* token : {token_.get(), present})
    if (token != nullptr)
      tokens.insert(tokens.end(), {token->access.reveal(), token->refresh.reveal()});
  return tap_->readable(head_.fields, tokens);
}

void Exchange::begin() {
  if (!check_caller() || !match()) return;
  if (is_ingest_) return pass_ingest();
  if (choose_grant() && authorize() && read_wishes() && recall() && make_ready() && admit())
    forward();
}

// ----------------------------------------------------------------------------------- the phases

bool Exchange::check_caller() {
  allowed_origin_ = settings_->guard.is_allowed_origin(
      value_of(http::find(head_.fields, http::FieldName::kOrigin)));
  std::optional<Problem> problem = settings_->guard.refuse(head_, caller_);
  // A preflight cannot carry the field that is required of the request behind it.
  bool only_field_missing = problem && problem->code == Code::kPreconditionRequired;
  if (allowed_origin_ && is_preflight(head_) && (!problem || only_field_missing))
    return answer_preflight(), false;
  if (problem) return refuse(*problem), false;
  return true;
}

bool Exchange::match() {
  policy::Target target = policy::classify(head_.path);
  organization_ = target.organization;
  is_ingest_ =
      target.kind == policy::TargetKind::kIngest && settings_->options.ingest == Ingest::kPass;
  const std::optional<Problem> problem = is_ingest_ ? std::nullopt : refuse_target(target);
  if (problem) return refuse(*problem), false;
  if (head_.framing.kind == http::Framing::Kind::kLength &&
      head_.framing.length > settings_->options.max_body)
    return refuse({Code::kBodyTooLarge, "the body is larger than body.max allows",
                   "send less, or raise body.max", 0}),
           false;
  if (is_ingest_) return true;
  match_ = relay_.catalogue_.match(head_.method, head_.path);
  return true;
}

bool Exchange::choose_grant() {
  const grants::Selection selection =
      relay_.registry_.select({caller_.grant_ceiling, wanted_grant(head_), organization_});
  grant_ = selection.grant;
  if (grant_ == nullptr)
    return refuse(from_selection(selection.failure, relay_.registry_, caller_.grant_ceiling)),
           false;
  return true;
}

// Sentry counts events apart from calls and knows their senders by the key of the DSN. Too many at
// once are turned away without waiting: SDKs come again, and calls of the API need connections too.
void Exchange::pass_ingest() {
  route_ = relay_.route_of_ingest(caller_.grant_ceiling);
  if (route_ == nullptr) return refuse(ambiguous_ingest());
  if (relay_.ingest_slots_.are_taken(settings_->options.ingest_connections))
    return refuse(too_much_ingest());
  ingest_slot_ = relay_.ingest_slots_.take();
  choose_destination();
  forward();
}

void Exchange::forward() {
  ++record_.attempts;
  if (fields_.capacity() == 0) fields_ = relay_.take_fields();
  held_.reset();
  if (is_ingest_) {
    make_ingest_fields(head_, request_id_, fields_);
  } else {
    make_request_fields(head_, request_id_, token_->authorization.reveal(), fields_);
  }
  if (body_urls_ != BodyUrls::kNone) ask_for_plain_body();
  outgoing_ = {head_.method, head_.method_text, sent_target(), to_->authority,
               &fields_,     head_.framing,     retries_ > 0};
  outgoing_.first_byte_timeout =
      settings_->timeouts.find(traffic_, is_ingest_ ? head_.path : sent_path());
  if (!can_be_replayed()) become_unreplayable();
  call_ = http::Call(*to_->upstream, to_->upstream->open(outgoing_, *this));
  // A client that asked for 100 Continue sends its body once Sentry is there to take it.
  if (!head_.expect_continue) accept_body();
}

void Exchange::accept_body() {
  if (head_.framing.has_body()) responder_.accept_body(settings_->options.max_body);
}

// -------------------------------------------------------------------------------- from the client

size_t Exchange::on_request_body(std::string_view bytes) {
  if (!call_) return answer_begun_ ? bytes.size() : 0;
  if (resent_ < kept_.size()) return 0;
  size_t taken = call_.write(bytes);
  keep(bytes.substr(0, taken));
  record_.bytes_in += taken;
  if (tap_ != nullptr) tap_->add_request(bytes.substr(0, taken));
  return taken;
}

void Exchange::on_request_end() {
  request_ended_ = true;
  if (call_ && resent_ == kept_.size()) call_.finish();
}

bool Exchange::has_room_for(uint64_t body) const {
  const Options& options = settings_->options;
  const uint64_t others = relay_.kept_total_ - kept_.memory();
  return body <= options.replay_max_body &&
         others + BlockChain::memory_for(body) <= options.replay_max_total;
}

// A body stays at hand for a second attempt while it is small, and while all of them are.
void Exchange::keep(std::string_view bytes) {
  if (!keeping_ || bytes.empty()) return;
  if (answer_begun_) return drop_kept();
  if (!has_room_for(kept_.size() + bytes.size())) return become_stream();
  relay_.kept_total_ -= kept_.memory();
  kept_.append(bytes);
  relay_.kept_total_ += kept_.memory();
  resent_ = kept_.size();
}

void Exchange::drop_kept() {
  keeping_ = false;
  relay_.kept_total_ -= kept_.memory();
  kept_.clear();
  resent_ = 0;
}

// From here on it cannot be sent again, and needs its token to live until it is answered.
void Exchange::become_stream() {
  drop_kept();
  pass_.on_outgrown();
  if (!answer_begun_ && held_ == nullptr) become_unreplayable();
}

void Exchange::become_unreplayable() {
  if (grant_ != nullptr) stream_ = grants::Grant::Stream(*grant_);
}

// Gives what was kept to a new attempt. False: it has no room for all of it yet.
bool Exchange::resend() {
  while (resent_ < kept_.size()) {
    size_t taken = call_.write(kept_.piece(resent_));
    if (taken == 0) return false;
    resent_ += taken;
  }
  if (request_ended_) call_.finish();
  return true;
}

void Exchange::on_drained() {
  if (visit_ != nullptr) send_rest();
  if (call_) call_.credit(std::exchange(owed_, 0));
}

void Exchange::on_request_error(const http::ParseError& error) {
  give_up(from_parse_error(error));
}

void Exchange::on_gone(std::string_view reason) {
  ++relay_.counters_.gone;
  if (reason_.empty()) reason_ = reason;
}

}  // namespace postern::relay
