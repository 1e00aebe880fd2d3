#include "admin/request_reader.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/text.h"

namespace postern::admin {
namespace {

using relay::Code;
using relay::Problem;

constexpr http::HeadLimits kHeadLimits{8 * 1024, kMaxHead, 100, 256, true};
constexpr std::array<std::string_view, 3> kProbes{"/livez", "/readyz", "/startupz"};
// Where a link may lead from elsewhere, and where forms of ours go.
constexpr std::array<std::string_view, 2> kLinked{"/", "/oauth/callback"};
constexpr std::array<std::string_view, 2> kForms{"/connect", "/connect/test"};

template <class List>
bool has(const List& list, std::string_view path) {
  return std::find(list.begin(), list.end(), path) != list.end();
}

// A request without any name of ours. Simple probes speak HTTP/1.0, which has no Host (RFC 9112
// §3.2 asks for it from 1.1 on); a web page, whose name may have been rebound to this address,
// cannot send such a request.
bool is_nameless(const http::RequestHead& head) {
  return head.authority.empty();
}
bool is_probe(const http::RequestHead& head) {
  return head.method == http::Method::kGet && has(kProbes, head.path);
}

// It has the field, and wherever it has it with this value.
bool says(const http::RequestHead& head, http::FieldName name, std::string_view value) {
  return http::find(head.fields, name) != nullptr &&
         std::all_of(head.fields.begin(), head.fields.end(), [=](const http::Field& field) {
           return field.id != name || text::iequals(field.value, value);
         });
}

// A page of ours reads what it shows: it is loaded from this very address, which Host confirms.
// And a link may lead to the front page from anywhere, and Sentry to the callback, as long as a
// person sees where it has led: in a window of its own, not in a frame, and not read by a script.
bool is_welcome(const http::RequestHead& head) {
  if (head.method != http::Method::kGet && head.method != http::Method::kHead) return false;
  if (says(head, http::FieldName::kSecFetchSite, "same-origin")) return true;
  return has(kLinked, head.path) && says(head, http::FieldName::kSecFetchMode, "navigate") &&
         says(head, http::FieldName::kSecFetchDest, "document");
}

// Browsers say so in two ways, and where a name is not trustworthy to them in one. What says
// neither is no browser, or hides it.
bool is_sent_by_own_page(const http::RequestHead& head) {
  const bool has_site = http::find(head.fields, http::FieldName::kSecFetchSite) != nullptr;
  const bool has_origin = http::find(head.fields, http::FieldName::kOrigin) != nullptr;
  if (has_site && !says(head, http::FieldName::kSecFetchSite, "same-origin")) return false;
  const std::string authority(head.authority);
  const bool is_own = says(head, http::FieldName::kOrigin, "http://" + authority) ||
                      says(head, http::FieldName::kOrigin, "https://" + authority);
  return has_origin ? is_own : has_site;
}

// For the guard, which lets no page in.
void drop(http::FieldName name, http::Fields& fields) {
  std::erase_if(fields, [name](const http::Field& field) { return field.id == name; });
}

std::string joined_cookies(const http::Fields& fields) {
  std::string all;
  for (const http::Field& field : fields) {
    if (field.id != http::FieldName::kCookie) continue;
    all += (all.empty() ? "" : "; ") + std::string(field.value);
  }
  return all;
}

Problem too_large() {
  return {Code::kBodyTooLarge, "the body is larger than the control plane takes",
          "send at most 16 KiB"};
}

}  // namespace

RequestReader::RequestReader(const relay::Guard& guard, const http::Caller& caller)
    : guard_(guard), caller_(caller), parser_(kHeadLimits) {}

RequestReader::State RequestReader::read(std::string_view bytes) {
  if (state_ != State::kMore) return state_;
  received_ += bytes;
  if (!has_head_) state_ = read_head();
  if (has_head_ && state_ == State::kMore) state_ = read_body();
  return state_;
}

RequestReader::State RequestReader::read_head() {
  http::RequestHead head;
  const http::ParseState parsed = parser_.parse(received_, head);
  if (parsed == http::ParseState::kNeedMore) return State::kMore;
  if (parsed == http::ParseState::kError) return refuse(relay::from_parse_error(parser_.error()));
  if (is_nameless(head)) {
    if (!is_probe(head))
      return refuse({Code::kBadRequest, "Host is missing", "send Host: localhost"});
    head.authority = "localhost";  // the guard's other questions are asked all the same
  }
  is_own_page_ = is_sent_by_own_page(head);
  const bool is_form = head.method == http::Method::kPost && has(kForms, head.path);
  if (is_welcome(head) || (is_form && is_own_page_))
    drop(http::FieldName::kSecFetchSite, head.fields);
  if (is_form && is_own_page_) drop(http::FieldName::kOrigin, head.fields);
  const State taken = take_head(head);
  const std::string body = received_.substr(parser_.consumed());
  wipe();
  received_ = body;
  return taken;
}

// Copies what is wanted of it: its views die with the next bytes.
RequestReader::State RequestReader::take_head(const http::RequestHead& head) {
  has_head_ = true;
  if (auto problem = guard_.refuse(head, caller_)) return refuse(std::move(*problem));
  if (head.expect_continue)
    return refuse(
        {Code::kExpectationFailed, "the control plane takes no Expect", "leave the field out"});
  if (head.framing.kind == http::Framing::Kind::kLength && head.framing.length > kMaxBody)
    return refuse(too_large());
  method_ = head.method;
  path_ = head.path;
  query_ = head.query;
  host_ = head.authority;
  cookies_ = Secret(joined_cookies(head.fields));
  constexpr std::string_view kScheme = "Bearer ";
  const http::Field* shown = http::find(head.fields, http::FieldName::kAuthorization);
  if (shown != nullptr && text::iequals(shown->value.substr(0, kScheme.size()), kScheme))
    bearer_ = Secret(std::string(shown->value.substr(kScheme.size())));
  decoder_.start(head.framing);
  decoder_.limit(kMaxBody);
  return State::kMore;
}

RequestReader::State RequestReader::read_body() {
  std::string_view rest = received_;
  while (!decoder_.done()) {
    const http::BodyDecoder::Step step = decoder_.decode(rest);
    body_ += step.data;
    rest.remove_prefix(step.consumed);
    if (step.state == http::BodyDecoder::State::kError) {
      if (decoder_.is_too_large()) return refuse(too_large());
      return refuse(
          {Code::kBadRequest, std::string(decoder_.error()), "send the body as RFC 9112 has it"});
    }
    if (step.consumed == 0) break;
  }
  received_.assign(rest);
  return decoder_.done() ? State::kWhole : State::kMore;
}

void RequestReader::wipe() {
  wipe_memory(received_.data(), received_.size());
  received_.clear();
}

RequestReader::State RequestReader::refuse(Problem problem) {
  problem_ = std::move(problem);
  return State::kRefused;
}

}  // namespace postern::admin
