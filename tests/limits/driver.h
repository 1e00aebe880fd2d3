// Plays callers and network around a governor: each permit is sent at once, arrives 5 ms later and
// is answered 20 ms after that.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

#include "limits/governor.h"
#include "sentry.h"

namespace postern::limits::test {

struct Driver {
  struct Call {
    Permit permit;
    Ticket ticket;
    Seconds asked = 0;
    std::optional<Seconds> arrives;  // at the limiter
    std::optional<Seconds> answered;
    Answer answer;
  };

  Governor governor;
  Seconds now = 1000.5;
  std::map<uint64_t, Call> calls;
  uint64_t tags = 0;
  std::function<Answer(uint64_t tag, Seconds now)> upstream;
  std::function<void()> talk = [] {};  // with the fleet, after each change
  std::function<void(uint64_t tag, const Answer&)> leave = [](uint64_t, const Answer&) {};

  int served = 0;
  int passed_on = 0;  // 429 and 5xx
  int sent = 0;
  std::vector<std::pair<uint64_t, Refusal>> refused;
  std::vector<uint64_t> order;  // tags as they were sent

  explicit Driver(const Options& options = {}) : governor(options) {}
  explicit Driver(Sentry& sentry, const Options& options = {}) : governor(options) {
    upstream = [&sentry](uint64_t, Seconds at) { return sentry.arrive(at); };
    leave = [&sentry](uint64_t, const Answer& answer) { sentry.leave(answer); };
  }

  // From now on, and without a limiter's fields.
  void always_answer(int status) {
    upstream = [status](uint64_t, Seconds) {
      Answer answer;
      answer.status = status;
      return answer;
    };
  }

  uint64_t ask(Request request) {
    const uint64_t tag = request.tag = ++tags;
    Call& call = calls[tag];
    call.asked = now;
    Governor::Admission admission = governor.admit(request, instant(now));
    if (auto* permit = std::get_if<Permit>(&admission)) {
      take(tag, std::move(*permit));
    } else if (auto* ticket = std::get_if<Ticket>(&admission)) {
      call.ticket = std::move(*ticket);
    } else {
      refuse(tag, std::get<Refusal>(admission));
    }
    poll();
    return tag;
  }
  uint64_t ask(std::string_view caller, Seconds patience = 20) {
    return ask(request(caller, now, patience));
  }
  void vanish(uint64_t tag) {
    calls.erase(tag);
    poll();
  }
  bool is_waiting(uint64_t tag) const {
    const auto found = calls.find(tag);
    return found != calls.end() && found->second.ticket;
  }

  // Until `end`, or nothing is left to do.
  void run(Seconds end) {
    while (now < end) {
      Seconds next = end;
      for (const auto& entry : calls) {
        if (entry.second.arrives) next = std::min(next, *entry.second.arrives);
        if (entry.second.answered) next = std::min(next, *entry.second.answered);
      }
      if (const auto wake = governor.next_wakeup()) next = std::min(next, seconds(*wake));
      now = std::max(now, next);
      deliver();
      poll();
    }
  }

 private:
  void take(uint64_t tag, Permit permit) {
    Call& call = calls[tag];
    call.permit = std::move(permit);
    call.ticket = {};
    call.permit.on_sent(instant(now));
    call.arrives = now + 0.005;
    order.push_back(tag);
    ++sent;
  }
  void refuse(uint64_t tag, const Refusal& refusal) {
    refused.emplace_back(tag, refusal);
    calls.erase(tag);
  }
  void poll() {
    take_ready();
    talk();
    take_ready();
  }
  void take_ready() {
    while (auto ready = governor.poll(instant(now))) {
      if (auto* permit = std::get_if<Permit>(&ready->outcome)) {
        take(ready->tag, std::move(*permit));
      } else {
        refuse(ready->tag, std::get<Refusal>(ready->outcome));
      }
    }
  }
  void deliver() {
    for (auto at = calls.begin(); at != calls.end();) {
      const uint64_t tag = at->first;
      Call& call = at->second;
      ++at;
      if (call.arrives && *call.arrives <= now) {
        call.arrives.reset();
        call.answer = upstream(tag, now);
        call.answered = now + 0.02;
      } else if (call.answered && *call.answered <= now) {
        call.answered.reset();
        answer(tag, call);
      }
    }
  }
  void answer(uint64_t tag, Call& call) {
    leave(tag, call.answer);
    Verdict verdict = call.permit.on_answer(call.answer, instant(now));
    if (verdict.again) {
      call.ticket = std::move(*verdict.again);
      return;
    }
    ++(call.answer.status < 400 ? served : passed_on);
    calls.erase(tag);
  }
};

}  // namespace postern::limits::test
