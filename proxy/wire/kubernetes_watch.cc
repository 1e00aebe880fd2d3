#include "wire/kubernetes_watch.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "kubernetes/objects.h"
#include "kubernetes/requests.h"
#include "kubernetes/server.h"
#include "wire/rest.h"

namespace postern::wire {
namespace {

using kubernetes::WatchEvent;

// Bookmarks come each minute, where there are any.
constexpr Duration kLongestSilence = std::chrono::minutes(2);
constexpr size_t kMostOfRefusal = size_t{64} * 1024;
// Between two watches that ended in order.
constexpr Duration kPause = std::chrono::milliseconds(100);

constexpr Rest kBetweenTries{std::chrono::seconds(1), std::chrono::seconds(30)};

}  // namespace

Result<std::unique_ptr<KubernetesWatch>> KubernetesWatch::make(event::Loop& loop,
                                                               Resolver& resolver,
                                                               const kubernetes::Options& options,
                                                               KubernetesWatchEvents& events) {
  std::unique_ptr<KubernetesWatch> made(new KubernetesWatch(loop, resolver, options, events));
  if (auto pool = made->make_pool(); !pool) return tl::unexpected(pool.error());
  made->next_try_.set(loop.now());
  return made;
}

KubernetesWatch::KubernetesWatch(event::Loop& loop, Resolver& resolver,
                                 const kubernetes::Options& options, KubernetesWatchEvents& events)
    : loop_(loop),
      resolver_(resolver),
      options_(options),
      events_(events),
      silent_({log::Level::kError, log::Format::kText, false, 64}, [](std::string_view) {}),
      random_(std::random_device()()),
      next_try_(loop, [this] { begin(); }) {}

KubernetesWatch::~KubernetesWatch() = default;

Result<void> KubernetesWatch::make_pool() {
  auto pool =
      H1Pool::make(loop_, resolver_, silent_, kubernetes_upstream(options_, kLongestSilence));
  if (!pool) return tl::unexpected(pool.error());
  pool_ = std::move(*pool);
  is_pool_doubtful_ = false;
  return {};
}

void KubernetesWatch::begin() {
  if (is_pool_doubtful_) {
    if (auto made = make_pool(); !made) return lose(made.error().what);
  }
  auto authorization = kubernetes_authorization(options_);
  if (!authorization) return lose(authorization.error().what);
  status_ = 0;
  refusal_.clear();
  lines_.clear();
  head_.emplace(kubernetes_authority(options_), kubernetes::watch_target(options_, version_),
                std::move(*authorization));
  call_ = http::Call(*pool_, pool_->open(head_->get(), *this));
}

// ------------------------------------------------------------------------------------- the answer

void KubernetesWatch::on_head(const http::ResponseHead& head) {
  status_ = head.status;
  if (status_ != kubernetes::kOk) return;
  failures_ = 0;
  events_.on_watch_heard();
}

void KubernetesWatch::on_body(std::string_view bytes) {
  call_.credit(bytes.size());
  if (status_ != kubernetes::kOk) {
    refusal_ += bytes.substr(0, kMostOfRefusal - std::min(kMostOfRefusal, refusal_.size()));
    return;
  }
  lines_.take(bytes);
  bool is_changed = false;
  auto event = lines_.next();
  for (; event && *event && (*event)->kind != WatchEvent::Kind::kError; event = lines_.next()) {
    version_ = std::move((*event)->resource_version);
    is_changed = is_changed || (*event)->kind == WatchEvent::Kind::kChanged;
  }
  // However this one ends: the next goes on behind that change.
  if (is_changed) events_.on_secret_changed();
  if (!event) return;
  if (!*event) return lose("an event of " + options_.server + ": " + event->error().what);
  end_by((*event)->code, (*event)->message);
}

void KubernetesWatch::on_done() {
  call_.forget();
  if (status_ != kubernetes::kOk) return end_by(status_, kubernetes::message_of(refusal_));
  next_try_.set_after(kPause);
}

void KubernetesWatch::on_fail(const http::Failure& failure) {
  call_.forget();
  // The cluster's CA may have been renewed since its file was read. The pool is on the stack here.
  is_pool_doubtful_ = failure.kind == http::FailKind::kTls;
  lose(kubernetes_trouble(options_, failure));
}

// The version that it was to go on from is forgotten there: what is there now is told anew.
void KubernetesWatch::end_by(int code, const std::string& message) {
  if (code != kubernetes::kGone || version_.empty()) {
    const auto refusal = kubernetes::refusal_of(code, message, options_.server);
    return lose(refusal ? refusal->what
                        : options_.server + " ended the watch (" + std::to_string(code) +
                              "): " + message);
  }
  call_.cancel();
  version_.clear();
  next_try_.set_after(kPause);
}

void KubernetesWatch::lose(const std::string& why) {
  call_.cancel();
  next_try_.set_after(rest_after(failures_++, kBetweenTries, random_));
  events_.on_watch_unheard(why);
}

}  // namespace postern::wire
