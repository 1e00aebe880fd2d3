#include "cli/device_login.h"

#include <algorithm>
#include <optional>
#include <ostream>

#include "cli/countdown.h"
#include "grants/remedy.h"

namespace postern::cli {
namespace {

constexpr Duration kSecond = std::chrono::seconds(1);
constexpr Duration kUsualInterval = std::chrono::seconds(5);  // RFC 8628 §3.2
constexpr Duration kSlower = std::chrono::seconds(5);         // RFC 8628 §3.5
constexpr Duration kSlowest = std::chrono::minutes(1);
constexpr int kTooManyRequests = 429;
constexpr int kServerError = 500;

class DeviceLogin final {
 public:
  explicit DeviceLogin(const Attempt& attempt)
      : attempt_(attempt), countdown_(attempt.context, "waiting for the code to be entered") {}

  Result<grants::TokenAnswer> run() {
    auto code = ask_for_code();
    if (!code) return tl::unexpected(code.error());
    invite(*code);
    interval_ = code->interval > Duration::zero() ? code->interval : kUsualInterval;
    Duration patience = code->expires_in;
    if (attempt_.arguments.timeout) patience = std::min(patience, *attempt_.arguments.timeout);
    ends_at_ = attempt_.clock.now() + patience;
    while (wait()) {
      if (poll(code->device_code)) return std::move(*result_);
    }
    return fail("nobody entered the code in time; nothing was stored. Run the login again");
  }

 private:
  Result<grants::DeviceCode> ask_for_code() {
    auto result =
        attempt_.calls.post(attempt_.setup, grants::device_code_request(attempt_.grant()));
    if (!result.ok) {
      return fail("Sentry was not reached (" + result.stage + ": " + printable(result.detail) +
                  ")");
    }
    if (result.answer.status == 404) {
      return fail("this Sentry has no device login (it came in January 2026); run: " +
                  grants::login_command(attempt_.grant()) + " --no-browser");
    }
    auto code = grants::read_device_code(result.answer, attempt_.grant().sentry_url);
    if (!code)
      return fail(grants::explain_refusal(attempt_.grant(), code.error().what, result.answer));
    return code;
  }

  // The address is shown, never opened: who can read the code here decides where it is entered.
  void invite(const grants::DeviceCode& code) {
    std::ostream& out = attempt_.context.out;
    out << "On any device, open\n\n  " << printable(code.verification_uri)
        << "\n\nand enter the code\n\n  " << printable(code.user_code, 32) << "\n\n";
    if (!code.verification_uri_complete.empty())
      out << "or open " << printable(code.verification_uri_complete, 400)
          << " and compare the code.\n";
    out << std::flush;
  }

  // One interval, in steps so that the countdown moves. False: the time is over.
  bool wait() {
    for (Duration left = interval_; left > Duration::zero(); left -= kSecond) {
      Duration until_end = ends_at_ - attempt_.clock.now();
      if (until_end <= Duration::zero()) return false;
      countdown_.show(until_end);
      attempt_.calls.sleep(std::min({left, kSecond, until_end}));
    }
    return attempt_.clock.now() < ends_at_;
  }

  // True when there is a result.
  bool poll(const Secret& device_code) {
    auto call = attempt_.calls.post(attempt_.setup,
                                    grants::device_token_request(attempt_.grant(), device_code));
    bool is_busy = call.answer.status >= kServerError || call.answer.status == kTooManyRequests;
    if (!call.ok || is_busy) {
      interval_ = std::min(interval_ * 2, std::max(interval_, kSlowest));
      return false;
    }
    auto answer = grants::read_device_poll(call.answer, call.sent_at, call.sent_wall);
    answer.detail = grants::explain_refusal(attempt_.grant(), answer.detail, call.answer);
    return take(std::move(answer));
  }

  bool take(grants::DevicePollAnswer answer) {
    switch (answer.poll) {
      case grants::DevicePoll::kPending:
        return false;
      case grants::DevicePoll::kSlowDown:
        interval_ += kSlower;
        return false;
      case grants::DevicePoll::kDone:
        result_.emplace(std::move(answer.token));
        break;
      case grants::DevicePoll::kDenied:
        result_.emplace(fail(grants::explain_error("access_denied", attempt_.grant())));
        break;
      case grants::DevicePoll::kExpired:
        result_.emplace(
            fail("the code has expired before it was entered; nothing was stored. Run "
                 "the login again"));
        break;
      case grants::DevicePoll::kFailed:
        result_.emplace(fail("Sentry gave no token: " + answer.detail));
        break;
    }
    countdown_.clear();
    return true;
  }

  const Attempt& attempt_;
  Countdown countdown_;
  Duration interval_{};
  Instant ends_at_{};
  std::optional<Result<grants::TokenAnswer>> result_;
};

}  // namespace

Result<grants::TokenAnswer> login_on_device(const Attempt& attempt) {
  return DeviceLogin(attempt).run();
}

}  // namespace postern::cli
