#include "relay/caching.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/text.h"
#include "relay/body_urls.h"
#include "relay/cache_control.h"

namespace postern::relay {
namespace {

// What an answer may depend on, beside whose it is. Each value ends in a byte that none holds.
void append_to_key(std::string& key, const http::Fields& fields) {
  for (const http::Field& field : fields) {
    const bool is_language =
        field.id == http::FieldName::kOther && text::iequals(field.name, "Accept-Language");
    if (field.id == http::FieldName::kAccept)
      key += 'a';
    else if (field.id == http::FieldName::kAcceptEncoding)
      key += 'e';
    else if (is_language)
      key += 'l';
    else
      continue;
    key.append(field.value).append("\n");
  }
}

std::string key_beginning(const grants::Grant& grant, uint64_t identity) {
  return grant.options().name + "\n" + std::to_string(identity) + "\n";
}

}  // namespace

Caching::Caching(const CacheOptions& options, const policy::Catalogue& catalogue,
                 const Clock& clock, Timers& timers)
    : options_(options),
      classes_(catalogue),
      clock_(clock),
      timers_(timers),
      cache_(options.max_bytes),
      coalescer_(timers) {}

void Caching::set_options(const CacheOptions& options) {
  options_ = options;
  cache_.set_max_bytes(options.max_bytes);
}

Duration Caching::lifetime_of(policy::ResponseClass response) const {
  switch (response) {
    case policy::ResponseClass::kAlone:
    case policy::ResponseClass::kState:
      break;
    case policy::ResponseClass::kList:
      return options_.lists;
    case policy::ResponseClass::kDetail:
      return options_.details;
    case policy::ResponseClass::kEvent:
      return options_.events;
    case policy::ResponseClass::kTrace:
      return options_.traces;
  }
  return Duration::zero();
}

void Caching::count(std::string_view outcome) {
  uint64_t& counter = outcome == "hit"         ? counters_.hits
                      : outcome == "coalesced" ? counters_.coalesced
                      : outcome == "miss"      ? counters_.misses
                                               : counters_.bypasses;
  ++counter;
}

Caching::Outlook Caching::outlook(http::Method method, std::string_view target,
                                  const policy::Match& match, const grants::Grant& grant) const {
  Outlook outlook;
  if (method != http::Method::kGet || body_urls_of(method, match) != BodyUrls::kNone)
    return outlook;
  const auto traits = classes_.of(match, target.substr(0, target.find('?')));
  outlook.response = traits.response;
  outlook.lifetime = lifetime_of(traits.response);
  const std::optional<uint64_t> identity = identities_.present(grant);
  const Instant now = clock_.now();
  const bool may_be_shown = grant.token() != nullptr && !grant.token()->expired(now) &&
                            grant.state() != grants::GrantState::kRevoked;
  if (!identity || !may_be_shown) return outlook;
  const std::string beginning = key_beginning(grant, *identity).append(target).append("\n");
  const bool is_own = grant.is_of(match.organization);
  const std::string_view organization = is_own ? grant.options().organization : std::string_view();
  outlook.age = cache_.youngest(beginning, marks_.of(organization, traits.family), now);
  return outlook;
}

// What somebody else was told goes as soon as the grant is seen to be another one's.
std::string Caching::beginning_of(const grants::Grant& grant) {
  const GrantIdentities::Identity identity = identities_.of(grant);
  if (identity.has_changed) cache_.forget(grant.options().name + "\n");
  return key_beginning(grant, identity.number);
}

// -------------------------------------------------------------------------------------- a visit

Caching::Visit::~Visit() {
  on_over();
  caching_.count(outcome_);
}

Caching::Visit::Turn Caching::Visit::begin(const Question& question) {
  const std::string_view path = question.target.substr(0, question.target.find('?'));
  traits_ = caching_.classes_.of(question.match, path);
  note_organization(question);
  writes_ = !http::is_safe(question.head.method);
  const bool is_plain_get =
      question.head.method == http::Method::kGet && !question.head.framing.has_body();
  const bool is_alone = question.is_edited || traits_.response == policy::ResponseClass::kAlone;
  if (!is_plain_get || is_alone) return Turn::kSend;
  return recall(question);
}

// Answers whose organization is not known count as everybody's.
void Caching::Visit::note_organization(const Question& question) {
  const grants::Grant& grant = question.grant;
  const bool is_own = grant.is_of(question.match.organization);
  anywhere_ = !is_own;
  if (is_own) organization_ = grant.options().organization;
}

// An answer is shown only to who might make the call: a grant that needs a person, or whose token
// has run out, gets none. What it would be told by Sentry then, nobody knows.
Caching::Visit::Turn Caching::Visit::recall(const Question& question) {
  const grants::Grant& grant = question.grant;
  const Instant now = caching_.clock_.now();
  const CacheWish wish = read_cache_wish(question.head.fields);
  const bool has_grant = grant.token() != nullptr && grant.state() != grants::GrantState::kRevoked;
  if (!has_grant) caching_.cache_.forget(grant.options().name + "\n");
  if (!has_grant || wish.only_own) return Turn::kSend;

  outcome_ = "miss";
  key_ = caching_.beginning_of(grant);
  key_.append(question.target).append("\n");
  append_to_key(key_, question.sent_fields);
  const WriteMarks::Mark mark = caching_.marks_.of(organization_, traits_.family);
  if (!wish.fresh && !grant.token()->expired(now)) {
    answer_ = caching_.cache_.find(key_, mark, now);
    if (answer_ != nullptr && (!wish.max_age || answer_->age(now) <= *wish.max_age)) {
      outcome_ = "hit";
      return Turn::kAnswer;
    }
    answer_.reset();
  }
  const std::optional<Duration> max_age = wish.fresh ? Duration::zero() : wish.max_age;
  if (!seat_.join({key_, question.rank, mark, max_age, now})) return Turn::kSend;
  deadline_ = question.deadline;
  if (!deadline_) return Turn::kFollow;
  if (seat_.leader_waits() && now >= *deadline_) return seat_.leave(), Turn::kSend;
  timer_ = caching_.timers_.make([this] { on_deadline(); });
  timer_->set(*deadline_);
  return Turn::kFollow;
}

// ------------------------------------------------------------------------------------- following

void Caching::Visit::on_shared(std::shared_ptr<const StoredAnswer> answer) {
  timer_.reset();
  answer_ = std::move(answer);
  outcome_ = "coalesced";
  holder_.on_recalled();
}

// Its own answer is gathered for nobody: what nobody could share once is not worth its memory.
void Caching::Visit::on_alone() {
  timer_.reset();
  key_.clear();
  holder_.on_to_be_sent();
}

void Caching::Visit::on_lead() {
  timer_.reset();
  holder_.on_to_be_sent();
}

void Caching::Visit::on_leader_waits() {
  if (deadline_ && caching_.clock_.now() >= *deadline_) on_deadline();
}

// A call that Sentry has is waited for, as one's own would be. To wait for a rate limit any longer
// is not what this caller wants.
void Caching::Visit::on_deadline() {
  if (!seat_.follows() || !seat_.leader_waits()) return;
  seat_.leave();
  holder_.on_to_be_sent();
}

// ------------------------------------------------------------------------------- the call is made

void Caching::Visit::on_sent(Instant now) {
  if (writes_) ++sends_;
  if (key_.empty()) return;
  sent_ = now;
  mark_ = caching_.marks_.of(organization_, traits_.family);
  seat_.on_sent(now, mark_);
}

void Caching::Visit::on_head(const http::ResponseHead& head) {
  if (writes_) judge_write(head.status);
  if (key_.empty() || answer_ != nullptr) return;
  const Duration own = own_lifetime(head);
  const bool has_length = head.framing.kind == http::Framing::Kind::kLength;
  const uint64_t length = has_length ? head.framing.length : 0;
  if (own <= own_age(head) || length > caching_.options_.max_body) return seat_.decline();
  gathered_ = std::make_shared<StoredAnswer>(head);
  gathered_->sent = sent_;
  gathered_->lifetime = std::min(own, caching_.lifetime_of(traits_.response));
  fixed_ = ResponseCache::kOverhead + key_.size() + gathered_->head.bytes();
  const bool has_room = caching_.cache_.reserve(gathered_->charge, fixed_) && grow(length);
  if (!has_room) on_failed();
}

// The body's memory is charged before it is taken.
bool Caching::Visit::grow(size_t size) {
  std::string& body = gathered_->body;
  if (size <= body.capacity()) return true;
  if (!caching_.cache_.reserve(gathered_->charge, size - body.capacity())) return false;
  body.reserve(size);
  return true;
}

bool Caching::Visit::add(std::string_view bytes) {
  std::string& body = gathered_->body;
  const uint64_t most = caching_.options_.max_body;
  const size_t size = body.size() + bytes.size();
  if (size > most) return false;
  const size_t twice = std::min<size_t>(body.capacity() * 2, most);
  if (size > body.capacity() && !grow(std::max(size, twice))) return false;
  body += bytes;
  return true;
}

std::string Caching::Visit::stop_gathering() {
  std::string unsent(rest());
  passed_ = 0;
  on_failed();
  return unsent;
}

void Caching::Visit::on_done() {
  if (gathered_ == nullptr) return;
  std::string& body = gathered_->body;
  body.shrink_to_fit();
  gathered_->charge.shrink(std::min(gathered_->charge.bytes(), fixed_ + body.capacity()));
  gathered_->head.frame(http::Framing::of_length(body.size()));
  answer_ = std::move(gathered_);
  if (mark_ == caching_.marks_.of(organization_, traits_.family))
    caching_.cache_.store(key_, mark_, answer_);
  seat_.share(answer_);
}

void Caching::Visit::on_failed() {
  gathered_.reset();
  seat_.decline();
}

void Caching::Visit::on_over() {
  if (sends_ > 0) flush();
  gathered_.reset();
  seat_.leave();
}

// A call before the last one may have changed something, whatever the last one's answer says.
void Caching::Visit::judge_write(int status) {
  const bool was_refused = status / 100 == 4 && sends_ == 1;
  if (!was_refused) return flush();
  sends_ = 0;
}

void Caching::Visit::flush() {
  sends_ = 0;
  if (anywhere_) return caching_.marks_.on_write_anywhere();
  caching_.marks_.on_write(organization_, traits_.family);
}

// ---------------------------------------------------------------------------- what is passed on

const http::ResponseHead* Caching::Visit::stored_head() const {
  return answer_ != nullptr ? &answer_->head.head() : nullptr;
}

std::string_view Caching::Visit::rest() const {
  std::string_view body;
  if (gathered_ != nullptr) body = gathered_->body;
  if (answer_ != nullptr) body = answer_->body;
  return body.substr(passed_);
}

bool Caching::Visit::take_end() {
  const bool is_over = answer_ != nullptr && rest().empty();
  return is_over && !std::exchange(ended_, true);
}

void Caching::Visit::append_fields(http::Fields& fields) {
  fields.push_back({"X-Postern-Cache", outcome_, http::FieldName::kXPostern});
  if (answer_ == nullptr) return;
  const Duration age = std::max(answer_->age(caching_.clock_.now()), Duration::zero());
  age_ = std::to_string(std::chrono::duration_cast<std::chrono::seconds>(age).count());
  fields.push_back({"Age", age_});
}

}  // namespace postern::relay
