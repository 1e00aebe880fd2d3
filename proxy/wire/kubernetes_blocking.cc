#include "wire/kubernetes_blocking.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <string_view>
#include <utility>

#include "base/text.h"
#include "event/deadline.h"
#include "kubernetes/objects.h"
#include "wire/kubernetes_server.h"

namespace postern::wire {
namespace {

constexpr Duration kRest = std::chrono::milliseconds(500);
constexpr uint64_t kLongestRestSeconds = 10;  // well below a lease

// The pause that a server asks for, in seconds; dates are not used there.
Duration pause_of(std::string_view retry_after) {
  const auto seconds = text::parse_unsigned(text::trim(retry_after));
  if (!seconds) return kRest;
  return std::max<Duration>(kRest, std::chrono::seconds(std::min(*seconds, kLongestRestSeconds)));
}

// One that was closed while it was idle says nothing about the server, and whatever is asked here
// may be asked twice.
bool is_stale(const http::Collected& collected) {
  return !collected.is_whole && collected.failure.kind == http::FailKind::kClosed &&
         collected.failure.reused;
}

}  // namespace

Result<std::unique_ptr<KubernetesBlocking>> KubernetesBlocking::make(
    const kubernetes::Options& options) {
  std::unique_ptr<KubernetesBlocking> made(new KubernetesBlocking(options));
  if (auto pool = made->make_pool(); !pool) return tl::unexpected(pool.error());
  return made;
}

KubernetesBlocking::KubernetesBlocking(const kubernetes::Options& options)
    : options_(options),
      silent_({log::Level::kError, log::Format::kText, false, 64}, [](std::string_view) {}),
      resolver_(loop_) {}

Result<void> KubernetesBlocking::make_pool() {
  auto pool =
      H1Pool::make(loop_, resolver_, silent_, kubernetes_upstream(options_, options_.timeout));
  if (!pool) return tl::unexpected(pool.error());
  pool_ = std::move(*pool);
  return {};
}

kubernetes::Answer KubernetesBlocking::call(const kubernetes::Request& request) {
  if (clock_.now() < rest_until_) return tl::unexpected(kubernetes::Failure{rest_why_});
  auto answer = ask(request);
  // Kubelet may have renewed it since it was read.
  if (answer && answer->status == kubernetes::kUnauthorized) answer = ask(request);
  if (!answer) return answer;
  const std::string message =
      answer->status == kubernetes::kOk ? "" : kubernetes::message_of(answer->body.reveal());
  if (auto refusal = kubernetes::refusal_of(answer->status, message, options_.server))
    return tl::unexpected(std::move(*refusal));
  return answer;
}

kubernetes::Answer KubernetesBlocking::ask(const kubernetes::Request& request) {
  auto authorization = kubernetes_authorization(options_);
  if (!authorization) return tl::unexpected(kubernetes::Failure{authorization.error().what});
  if (!pool_) {
    if (auto made = make_pool(); !made) return rest(kRest, made.error().what);
  }
  http::Collected collected = exchange(request, *authorization);
  if (is_stale(collected)) collected = exchange(request, *authorization);
  return judge(std::move(collected));
}

http::Collected KubernetesBlocking::exchange(const kubernetes::Request& request,
                                             const Secret& authorization) {
  KubernetesHead head(kubernetes_authority(options_), request.target, authorization);
  const std::string_view body = request.body.reveal();
  const http::OutgoingRequest outgoing =
      request.verb == kubernetes::Verb::kPatch ? head.patch(body.size()) : head.get();
  std::optional<http::Collected> result;
  http::Collector collector(clock_, kubernetes::kMaxObject + 1, [&](http::Collected collected) {
    result = std::move(collected);
    loop_.stop();
  });
  event::Deadline out_of_time(loop_, [&] { collector.give_up("no answer within the timeout"); });
  out_of_time.set_after(options_.timeout);
  collector.begin(*pool_, outgoing, body);
  loop_.settle();
  while (!result) loop_.run();
  return std::move(*result);
}

kubernetes::Answer KubernetesBlocking::judge(http::Collected collected) {
  if (!collected.is_whole) {
    if (collected.failure.kind == http::FailKind::kTls) pool_.reset();
    return rest(kRest, kubernetes_trouble(options_, collected.failure));
  }
  const int status = collected.answer.status;
  const bool is_unfit = status == 429 || status >= 500;
  if (is_unfit) {
    const std::string message = kubernetes::message_of(collected.answer.body.reveal());
    const auto refusal = kubernetes::refusal_of(status, message, options_.server);
    return rest(pause_of(collected.answer.retry_after), refusal->what);
  }
  return kubernetes::Reply{status, std::move(collected.answer.body)};
}

kubernetes::Answer KubernetesBlocking::rest(Duration pause, std::string why) {
  rest_until_ = clock_.now() + pause;
  rest_why_ = std::move(why);
  return tl::unexpected(kubernetes::Failure{rest_why_});
}

}  // namespace postern::wire
