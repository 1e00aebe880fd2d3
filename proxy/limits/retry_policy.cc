#include "limits/retry_policy.h"

#include <algorithm>
#include <cmath>

namespace postern::limits {
namespace {

constexpr double kMostCredit = 10;
constexpr Seconds kFirstPause = 0.25;

// Slots become free all the time, so the first pause is short; where others hold them all, it
// grows.
Seconds concurrency_pause(int calls) {
  return std::min(1.5, 0.06 * std::pow(2.0, std::min(calls, 10) - 1));
}

// What an answer without the limiter's numbers asks for.
Seconds asked_for(const LimitHeaders& headers) {
  const bool asks = headers.retry_after && !headers.has_window();
  return asks ? seconds(*headers.retry_after) : 0;
}

}  // namespace

void RetryBudget::earn() {
  credit_ = std::min(kMostCredit, credit_ + share_);
}

bool RetryBudget::spend() {
  if (share_ <= 0 || credit_ < 1) return false;
  credit_ -= 1;
  return true;
}

std::optional<Pause> RetryPolicy::pause(const Answer& answer, const Setback& setback,
                                        Jitter& jitter) {
  switch (answer.kind) {
    case AnswerKind::kServed:
      return std::nullopt;
    case AnswerKind::kWindow:
      return Pause{asked_for(answer.headers), false};
    case AnswerKind::kConcurrency:
      return Pause{std::max(concurrency_pause(setback.calls) * jitter.between(0.33, 1.67),
                            asked_for(answer.headers)),
                   false};
    case AnswerKind::kUnknown:
      // The bucket has learned a rate from it.
      if (!setback.has_limit) return Pause{asked_for(answer.headers), false};
      break;
    case AnswerKind::kGateway:
      // A 429 was not processed; of another answer nobody knows.
      if (answer.status != 429 && !setback.idempotent) return std::nullopt;
      break;
    case AnswerKind::kSearch:
      break;
  }
  if (setback.tries + 1 >= max_tries_ || !budget_.spend()) return std::nullopt;
  Pause pause;
  pause.counts = true;
  pause.seconds = kFirstPause * std::pow(2.0, setback.tries) * jitter.between(0.75, 1.25);
  if (answer.headers.retry_after)
    pause.seconds = std::max(pause.seconds, seconds(*answer.headers.retry_after));
  return pause;
}

}  // namespace postern::limits
