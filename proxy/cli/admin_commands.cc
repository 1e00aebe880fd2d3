#include "cli/admin_commands.h"

#include <chrono>
#include <ostream>
#include <thread>

#include "admin/token.h"
#include "cli/admin_client.h"

namespace postern::cli {
namespace {

using namespace std::chrono_literals;

constexpr Duration kPatience = 5s;
constexpr Duration kAskAgain = 200ms;

// What a probe says, or why it cannot be asked.
struct Probe {
  bool passed = false;
  std::string said;  // ends in a line feed
};

Probe ask(const std::string& address, const std::string& probe) {
  auto answer = admin_call(address, "GET", "/" + probe + "?verbose", "", kPatience);
  if (!answer) return {false, printable(answer.error().what, 400) + '\n'};
  return {answer->status == 200, answer->body};
}

}  // namespace

int healthcheck(const config::Options& options, const Arguments& arguments, Context& context) {
  const Probe probe = ask(admin_address(options, arguments.admin), arguments.probe);
  (probe.passed ? context.out : context.err) << probe.said;
  return probe.passed ? kDone : kFailed;
}

int wait_until_ready(const config::Options& options, const Arguments& arguments, Context& context) {
  const Instant end = BootClock::now() + arguments.timeout.value_or(1min);
  for (;;) {
    // Anew each time: the instance may not have written its address yet.
    const Probe probe = ask(admin_address(options, arguments.admin), "readyz");
    if (probe.passed) return kDone;
    if (BootClock::now() + kAskAgain > end) {
      context.err << "not ready in time\n" << probe.said;
      return kFailed;
    }
    std::this_thread::sleep_for(kAskAgain);
  }
}

int shut_down(const config::Options& options, const Arguments& arguments, Context& context) {
  const std::string address = admin_address(options, arguments.admin);
  std::string token;
  if (!address.starts_with("unix:")) {
    auto read = admin::read_token(options.admin.token_file);
    if (!read) {
      context.err << printable(read.error().what, 400) << '\n';
      return kFailed;
    }
    token = std::move(*read);
  }
  auto answer = admin_call(address, "POST", "/api/shutdown", token, kPatience);
  if (answer && answer->status == 202) return kDone;
  context.err << printable(answer ? "the instance at " + address + " refuses: " + answer->body
                                  : answer.error().what,
                           600)
              << '\n';
  return kFailed;
}

}  // namespace postern::cli
