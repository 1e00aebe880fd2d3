// KubernetesWatch: hears when the Secret has changed, for as long as it lives.
#pragma once

#include <memory>
#include <optional>
#include <random>
#include <string>
#include <string_view>

#include "base/log.h"
#include "base/result.h"
#include "event/deadline.h"
#include "event/loop.h"
#include "http/upstream.h"
#include "kubernetes/options.h"
#include "kubernetes/watch_lines.h"
#include "wire/h1_pool.h"
#include "wire/kubernetes_server.h"
#include "wire/resolver.h"

namespace postern::wire {

class KubernetesWatchEvents {
 public:
  virtual ~KubernetesWatchEvents() = default;
  // Never from inside the constructor. None may destroy the watch.
  virtual void on_secret_changed() = 0;  // or was, before it could be heard: look for yourself
  virtual void on_watch_heard() = 0;     // from here on changes are heard
  // Nothing is heard until on_watch_heard(); it is tried again by itself. `why` is for people.
  virtual void on_watch_unheard(const std::string& why) = 0;
};

// A call whose answer goes on for minutes, one after the other; each goes on from the version that
// the one before has told last, or from what is there now when the server has forgotten that one
// (410 Gone). A token file is read for each, a CA file again after a failure of TLS. Loop thread.
class KubernetesWatch final : private http::UpstreamEvents {
 public:
  // Connects soon. The error says which setting or file cannot be used and why. Loop, resolver and
  // events must outlive it.
  static Result<std::unique_ptr<KubernetesWatch>> make(event::Loop& loop, Resolver& resolver,
                                                       const kubernetes::Options& options,
                                                       KubernetesWatchEvents& events);
  ~KubernetesWatch() override;

 private:
  KubernetesWatch(event::Loop& loop, Resolver& resolver, const kubernetes::Options& options,
                  KubernetesWatchEvents& events);

  void on_sent(Instant) override {}
  void on_writable() override {}
  void on_head(const http::ResponseHead& head) override;
  void on_body(std::string_view bytes) override;
  void on_done() override;
  void on_fail(const http::Failure& failure) override;

  Result<void> make_pool();
  void begin();
  void end_by(int code, const std::string& message);
  void lose(const std::string& why);

  event::Loop& loop_;
  Resolver& resolver_;
  const kubernetes::Options options_;
  KubernetesWatchEvents& events_;
  log::Logger silent_;  // of the pool: what it would say is told by the events
  std::unique_ptr<H1Pool> pool_;
  bool is_pool_doubtful_ = false;  // to be made anew, with the certificates as they are then
  std::string version_;            // that was told last; empty: begin with what is there
  int status_ = 0;                 // of the answer that is being read
  std::string refusal_;            // its body, when it is no watch
  kubernetes::WatchLines lines_;
  uint32_t failures_ = 0;  // in a row
  std::minstd_rand random_;
  event::Deadline next_try_;
  std::optional<KubernetesHead> head_;
  http::Call call_;  // last: cancelled first
};

}  // namespace postern::wire
