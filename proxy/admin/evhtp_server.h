// EvhtpServer: the listener of the control plane. libevhtp accepts and replies; in front of its
// parser stands a RequestReader, which hands over only what it has read whole and written anew.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "admin/options.h"
#include "admin/page.h"
#include "base/result.h"
#include "base/secret.h"
#include "event/deadline.h"
#include "event/loop.h"
#include "relay/guard.h"
#include "wire/listening_socket.h"

struct evhtp;
struct evhtp_connection;
struct evhtp_request;
struct evconnlistener;

namespace postern::admin {

class EvhtpConnection;

// What a listener is for, and by which setting it got its address.
enum class Purpose : uint8_t { kAdmin, kProbes };

// Loop thread; `loop` must outlive it. One request a connection.
class EvhtpServer final {
 public:
  // `hosts` are accepted as Host beside the loopback names; for kProbes, so is the address that the
  // caller has connected to, since kubelet and Prometheus find it by that.
  EvhtpServer(event::Loop& loop, const Options& options, const relay::GuardOptions& hosts,
              Purpose purpose);
  EvhtpServer(const EvhtpServer&) = delete;
  EvhtpServer& operator=(const EvhtpServer&) = delete;
  ~EvhtpServer();

  // GET answers HEAD as well. Paths are compared whole.
  void add(http::Method method, std::string path, Handler handler);
  void set_hosts(const relay::GuardOptions& hosts) { hosts_ = hosts; }  // of callers to come
  void set_token(Secret token) { token_ = std::move(token); }

  // Binds and listens at once, or listens at `given`. The error says which address and why.
  Result<std::string> listen(std::optional<wire::ListeningSocket> given = {});  // as bound

 private:
  friend class EvhtpConnection;
  static void on_accept_failed(evconnlistener* listener, void* self);
  static uint16_t on_accepted(evhtp_connection* raw, void* self);
  static uint16_t on_closed(evhtp_connection* raw, void* self);
  static void on_request(evhtp_request* raw, void* self);
  Response answer(const EvhtpConnection& connection) const;
  Response call_page(const std::map<http::Method, Handler>& page,
                     const EvhtpConnection& connection) const;
  void make_room();
  relay::Guard guard_of(int fd) const;
  const std::string& address() const;  // as configured
  std::string_view name() const;       // of its setting

  event::Loop& loop_;
  Options options_;
  relay::GuardOptions hosts_;
  Purpose purpose_;
  Secret token_;
  std::map<std::string, std::map<http::Method, Handler>, std::less<>> pages_;
  std::optional<wire::ListeningSocket> socket_;
  evhtp* evhtp_ = nullptr;
  bool is_ending_ = false;
  event::Deadline retry_accept_;
  std::unordered_map<evhtp_connection*, std::unique_ptr<EvhtpConnection>> connections_;
};

}  // namespace postern::admin
