#include "cli/admin_commands.h"

#include <algorithm>
#include <chrono>
#include <ostream>
#include <sstream>
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

// Whatever answers there, its control bytes do not reach the terminal.
std::string printable_lines(const std::string& text) {
  std::istringstream lines(text);
  std::string out;
  for (std::string line; std::getline(lines, line);) out += printable(line, 600) + '\n';
  return out;
}

Probe ask(const std::string& address, const std::string& probe, Duration patience) {
  auto answer = admin_call(address, "GET", "/" + probe + "?verbose", "", patience);
  if (!answer) return {false, printable(answer.error().what, 400) + '\n'};
  return {answer->status == 200, printable_lines(answer->body)};
}

}  // namespace

int healthcheck(const config::Options& options, const Arguments& arguments, Context& context) {
  const Probe probe = ask(admin_address(options, arguments.admin), arguments.probe, kPatience);
  (probe.passed ? context.out : context.err) << probe.said;
  return probe.passed ? kDone : kFailed;
}

int wait_until_ready(const config::Options& options, const Arguments& arguments, Context& context) {
  const Instant end = BootClock::now() + arguments.timeout.value_or(1min);
  for (;;) {
    // Anew each time: the instance may not have written its address yet.
    const Duration left = std::max<Duration>(end - BootClock::now(), 1ms);
    const Probe probe =
        ask(admin_address(options, arguments.admin), "readyz", std::min(kPatience, left));
    if (probe.passed) return kDone;
    if (BootClock::now() >= end) {
      context.err << "not ready in time\n" << probe.said;
      return kFailed;
    }
    std::this_thread::sleep_for(std::min<Duration>(kAskAgain, end - BootClock::now()));
  }
}

namespace {

// The error says how else it can be given.
Result<Secret> token_for(const std::string& file) {
  if (file.empty())
    return fail("where the admin token is kept is not known: give --token-file FILE");
  auto token = admin::read_token(file);
  if (!token) return fail(token.error().what + "; --token-file FILE names another file");
  return token;
}

}  // namespace

int shut_down(const config::Options& options, const Arguments& arguments, Context& context) {
  const std::string address = admin_address(options, arguments.admin);
  if (address.empty()) {
    context.err << "no running instance with an admin listener is known; send SIGTERM instead\n";
    return kFailed;
  }
  const std::string& token_file =
      arguments.token_file.empty() ? options.admin.token_file : arguments.token_file;
  Secret token;
  if (!address.starts_with("unix:")) {
    auto read = token_for(token_file);
    if (!read) {
      context.err << printable(read.error().what, 400) << '\n';
      return kFailed;
    }
    token = std::move(*read);
  }
  auto answer = admin_call(address, "POST", "/api/shutdown", token.reveal(), kPatience);
  if (answer && answer->status == 202) return kDone;
  if (answer) {
    context.err << "the instance at " << printable(address) << " refuses ("
                << printable(token_file, 400)
                << " holds another one's token? --token-file FILE names another file):\n"
                << printable_lines(answer->body);
  } else {
    context.err << printable(answer.error().what, 400) << '\n';
  }
  return kFailed;
}

}  // namespace postern::cli
