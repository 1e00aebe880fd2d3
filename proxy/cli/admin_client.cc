#include "cli/admin_client.h"

#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <system_error>

#include "config/runtime_file.h"
#include "http/body.h"
#include "http/response_parser.h"
#include "wire/address.h"
#include "wire/socket.h"

namespace postern::cli {
namespace {

constexpr size_t kMaxAnswer = 4 * 1024 * 1024;

using Failed = tl::unexpected<AdminFailure>;

Failed failed(std::string what, bool is_absent = false) {
  return Failed(AdminFailure{is_absent, std::move(what)});
}

// A socket with an end of patience.
class Line final {
 public:
  Line(std::string address, Instant end) : address_(std::move(address)), end_(end) {}

  Result<void, AdminFailure> open() {
    auto address = wire::parse_listen_address(address_);
    if (!address) return failed(address.error().what);
    socket_ =
        wire::Socket(::socket(address->family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!socket_) return broken(errno);
    int error = ::connect(socket_.fd(), address->get(), address->length) == 0 ? 0 : errno;
    if (error == EINPROGRESS) {
      if (!wait(POLLOUT)) return broken(ETIMEDOUT);
      socklen_t size = sizeof error;
      if (::getsockopt(socket_.fd(), SOL_SOCKET, SO_ERROR, &error, &size) != 0) error = errno;
    }
    if (error == 0) return {};
    if (error == ECONNREFUSED || error == ENOENT)
      return failed("nothing answers at " + address_, true);
    return broken(error);
  }

  Result<void, AdminFailure> write(std::string_view bytes) {
    while (!bytes.empty()) {
      wire::IoResult result = wire::transmit(socket_.fd(), bytes);
      if (result.status == wire::IoStatus::kOk) {
        bytes.remove_prefix(result.size);
      } else if (result.status != wire::IoStatus::kWouldBlock) {
        return broken(ECONNRESET);
      } else if (!wait(POLLOUT)) {
        return broken(ETIMEDOUT);
      }
    }
    return {};
  }

  // Everything until the peer closes, as it was asked to.
  Result<std::string, AdminFailure> read() {
    std::string all;
    std::array<char, 16384> block{};
    for (;;) {
      wire::IoResult result = wire::receive(socket_.fd(), block);
      if (result.status == wire::IoStatus::kEnd) return all;
      if (result.status == wire::IoStatus::kError) return broken(ECONNRESET);
      if (result.status == wire::IoStatus::kWouldBlock) {
        if (!wait(POLLIN)) return broken(ETIMEDOUT);
        continue;
      }
      all.append(block.data(), result.size);
      if (all.size() > kMaxAnswer) return broken(EMSGSIZE);
    }
  }

 private:
  bool wait(short what) const {
    for (;;) {
      auto left = std::chrono::ceil<std::chrono::milliseconds>(end_ - BootClock::now()).count();
      pollfd waiting{socket_.fd(), what, 0};
      int ready = left <= 0 ? 0 : ::poll(&waiting, 1, static_cast<int>(left));
      if (ready >= 0) return ready == 1;
      if (errno != EINTR) return false;
    }
  }
  Failed broken(int error) const {
    return failed("no answer from " + address_ + ": " + std::generic_category().message(error));
  }

  std::string address_;
  Instant end_;
  wire::Socket socket_;
};

Result<AdminAnswer, AdminFailure> parse(std::string_view bytes, const std::string& address) {
  http::ResponseHead head;
  http::ResponseParser parser{http::HeadLimits{}};
  if (parser.parse(bytes, false, head) != http::ParseState::kDone)
    return failed("what answers at " + address + " does not speak HTTP");
  AdminAnswer answer;
  answer.status = head.status;
  bytes.remove_prefix(parser.consumed());
  http::BodyDecoder decoder(head.framing);
  for (;;) {
    auto step = decoder.decode(bytes);
    answer.body += step.data;
    bytes.remove_prefix(step.consumed);
    if (step.state == http::BodyDecoder::State::kDone) return answer;
    if (step.state == http::BodyDecoder::State::kError || step.consumed == 0) break;
  }
  if (decoder.finish() == http::BodyDecoder::State::kDone) return answer;
  return failed("the answer from " + address + " broke off");
}

}  // namespace

Result<AdminAnswer, AdminFailure> admin_call(const std::string& address, std::string_view method,
                                             std::string_view path, std::string_view token,
                                             Duration timeout) {
  if (address.empty()) return failed("no running instance is known", true);
  Line line(address, BootClock::now() + timeout);
  if (auto opened = line.open(); !opened) return tl::unexpected(opened.error());
  std::string host = address.starts_with("unix:") ? "localhost" : address;
  std::string request = std::string(method) + ' ' + std::string(path) +
                        " HTTP/1.1\r\nHost: " + host + "\r\nConnection: close\r\n";
  if (!token.empty()) request += "Authorization: Bearer " + std::string(token) + "\r\n";
  if (method != "GET") request += "Content-Length: 0\r\n";
  request += "\r\n";
  if (auto sent = line.write(request); !sent) return tl::unexpected(sent.error());
  auto bytes = line.read();
  if (!bytes) return tl::unexpected(bytes.error());
  return parse(*bytes, address);
}

std::string admin_address(const config::Options& options, const std::string& asked) {
  if (!asked.empty()) return asked;
  auto info = config::read_runtime_file(options.runtime_file);
  if (info && *info && !(*info)->admin.empty()) return (*info)->admin;
  // Which port it was only the runtime file could tell.
  return options.admin.listen.ends_with(":0") ? "" : options.admin.listen;
}

}  // namespace postern::cli
