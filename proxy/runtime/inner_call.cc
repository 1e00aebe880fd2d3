#include "runtime/inner_call.h"

#include <algorithm>
#include <utility>

#include "base/text.h"

namespace postern::runtime {
namespace {

constexpr size_t kMaxBody = 64 * 1024;
constexpr std::string_view kName = "status page";  // as the log, and rules, know the caller

}  // namespace

InnerCall::InnerCall(Question question, Timers& timers, const Clock& clock, Done done)
    : question_(std::move(question)),
      clock_(clock),
      done_(std::move(done)),
      finish_(timers.make([this] { finish(); })) {
  caller_.listener = caller_.address = caller_.listener_name = kName;
  head_.method = http::Method::kGet;
  head_.method_text = "GET";
  head_.target = head_.path = question_.target;
  head_.authority = "localhost";
  const auto add = [this](std::string_view name, std::string_view value) {
    head_.fields.push_back({name, value, http::field_name(name)});
  };
  add("Host", "localhost");
  add("X-Postern-Grant", question_.grant);
  add("Cache-Control", "no-cache");  // an answer of Sentry is wanted
  std::string_view value = question_.required_header;
  const std::string_view name = text::trim(text::take_until(value, ':'));
  if (!name.empty()) add(name, value.empty() ? "1" : text::trim(value));
}

InnerCall::~InnerCall() {
  if (handler_) handler_->on_gone("not wanted any more");
}

void InnerCall::begin(http::Service& service) {
  begun_ = clock_.now();
  handler_ = service.handle(head_, caller_, *this);
}

void InnerCall::send_head(const http::OutgoingResponse& response) {
  answer_.status = response.status;
}

void InnerCall::send_body(std::string_view bytes) {
  answer_.body += bytes.substr(0, kMaxBody - std::min(kMaxBody, answer_.body.size()));
}

void InnerCall::end() {
  answer_.took = clock_.now() - begun_;
  finish_->set_soon();
}

void InnerCall::cut() {
  answer_.status = 0;
  end();
}

void InnerCall::finish() {
  handler_.reset();
  const Done done = std::move(done_);
  done(std::move(answer_));
}

}  // namespace postern::runtime
