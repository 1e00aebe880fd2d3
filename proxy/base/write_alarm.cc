#include "base/write_alarm.h"

#include <pthread.h>
#include <signal.h>
#include <unistd.h>

// A name that later versions of glibc have.
#ifndef sigev_notify_thread_id
#define sigev_notify_thread_id _sigev_un._tid
#endif

namespace postern {

WriteAlarm::WriteAlarm() {
  struct sigaction nothing {};  // without SA_RESTART: the call ends
  nothing.sa_handler = [](int) {};
  sigset_t own;
  sigemptyset(&own);
  sigaddset(&own, SIGRTMIN);
  if (::sigaction(SIGRTMIN, &nothing, nullptr) != 0 ||
      ::pthread_sigmask(SIG_UNBLOCK, &own, nullptr) != 0)
    return;
  sigevent event{};
  event.sigev_notify = SIGEV_THREAD_ID;
  event.sigev_signo = SIGRTMIN;
  event.sigev_notify_thread_id = ::gettid();
  is_made_ = ::timer_create(CLOCK_MONOTONIC, &event, &timer_) == 0;
}

WriteAlarm::~WriteAlarm() {
  if (is_made_) ::timer_delete(timer_);
}

void WriteAlarm::set(std::chrono::milliseconds period) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(period);
  const std::chrono::nanoseconds rest = period - seconds;
  const timespec after{static_cast<time_t>(seconds.count()), static_cast<long>(rest.count())};
  const itimerspec each{after, after};
  if (is_made_) ::timer_settime(timer_, 0, &each, nullptr);
}

void WriteAlarm::clear() {
  const itimerspec never{};
  if (is_made_) ::timer_settime(timer_, 0, &never, nullptr);
}

}  // namespace postern
