#include "admin/evhtp_server.h"

#include <event2/buffer.h>
#include <event2/listener.h>
#include <evhtp/evhtp.h>
#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "admin/evhtp_connection.h"
#include "wire/address.h"

namespace postern::admin {
namespace {

constexpr int kBacklog = 128;
constexpr Duration kRest = std::chrono::milliseconds(100);  // after descriptors ran out

void add_field(evhtp_request* request, std::string_view name, std::string_view value) {
  // Both copied by libevhtp.
  evhtp_headers_add_header(
      request->headers_out,
      evhtp_header_new(std::string(name).c_str(), std::string(value).c_str(), 1, 1));
}

// Metrics may be a megabyte: handed over, not copied.
void give_body(evbuffer* to, std::string body) {
  if (body.empty()) return;
  auto* kept = new std::string(std::move(body));
  const auto free_kept = [](const void*, size_t, void* text) {
    delete static_cast<std::string*>(text);
  };
  if (evbuffer_add_reference(to, kept->data(), kept->size(), free_kept, kept) != 0) delete kept;
}

// libevhtp's hooks have many types and are handed over as one; void (*)() stands for any.
evhtp_hook as_hook(evhtp_hook_connection_fini_cb callback) {
  return reinterpret_cast<evhtp_hook>(reinterpret_cast<void (*)()>(callback));
}

Response no_such_page() {
  return Response::problem({relay::Code::kNotAnApiPath, "the control plane has no such page",
                            "try / in a browser, /livez, /readyz, /startupz, /metrics or "
                            "/api/status at admin.listen; requests to Sentry go to the addresses "
                            "under listen."});
}

}  // namespace

EvhtpServer::EvhtpServer(event::Loop& loop, const Options& options,
                         const relay::GuardOptions& hosts, Purpose purpose)
    : loop_(loop), options_(options), hosts_(hosts), purpose_(purpose), retry_accept_(loop, [this] {
        evconnlistener_enable(evhtp_->server);
      }) {}

EvhtpServer::~EvhtpServer() {
  is_ending_ = true;
  while (!connections_.empty()) evhtp_connection_free(connections_.begin()->first);
  if (evhtp_ == nullptr) return;
  evhtp_unbind_socket(evhtp_);
  evhtp_free(evhtp_);
}

void EvhtpServer::add(http::Method method, std::string path, Handler handler) {
  pages_[std::move(path)][method] = std::move(handler);
}

Result<std::string> EvhtpServer::listen(std::optional<wire::ListeningSocket> given) {
  if (given) {
    socket_.emplace(std::move(*given));
  } else {
    wire::ListenOptions where;
    where.address = address();
    auto socket = wire::ListeningSocket::open(where);
    const std::string setting(name());
    if (!socket)
      return fail("the " + setting + " listener: " + socket.error().what + "; set " + setting +
                  ".listen to another address, or to off");
    socket_.emplace(std::move(*socket));
  }
  evhtp_ = evhtp_new(loop_.base(), this);
  evhtp_set_gencb(evhtp_, on_request, this);
  evhtp_set_post_accept_cb(evhtp_, on_accepted, this);
  // libevhtp closes the descriptor that it is given.
  const int fd = ::fcntl(socket_->fd(), F_DUPFD_CLOEXEC, 0);
  if (fd < 0 || evhtp_accept_socket(evhtp_, fd, kBacklog) != 0)
    return fail("the " + std::string(name()) + " listener: cannot accept at " + socket_->address() +
                ": " + std::strerror(errno));
  evconnlistener_set_error_cb(evhtp_->server, on_accept_failed);
  return socket_->address();
}

const std::string& EvhtpServer::address() const {
  return purpose_ == Purpose::kProbes ? options_.probes_listen : options_.listen;
}

std::string_view EvhtpServer::name() const {
  return purpose_ == Purpose::kProbes ? "probes" : "admin";
}

// A page whose name was rebound to this address still says its own name.
relay::Guard EvhtpServer::guard_of(int fd) const {
  relay::GuardOptions hosts = hosts_;
  std::string own = purpose_ == Purpose::kProbes ? wire::local_host(fd) : std::string();
  if (!own.empty()) hosts.hosts.push_back(std::move(own));
  return relay::Guard(hosts);
}

// Without this libevent would try again at once, and for ever. Its argument is that of the accept
// callback: libevhtp's.
void EvhtpServer::on_accept_failed(evconnlistener* listener, void* its_evhtp) {
  auto& server = *static_cast<EvhtpServer*>(static_cast<evhtp*>(its_evhtp)->arg);
  evconnlistener_disable(listener);
  server.retry_accept_.set_after(kRest);
}

uint16_t EvhtpServer::on_accepted(evhtp_connection* raw, void* self) {
  auto& server = *static_cast<EvhtpServer*>(self);
  server.make_room();
  evhtp_connection_set_hook(raw, evhtp_hook_on_connection_fini, as_hook(on_closed), self);
  server.connections_.emplace(raw, std::make_unique<EvhtpConnection>(server, raw));
  server.loop_.settle();
  return EVHTP_RES_OK;
}

uint16_t EvhtpServer::on_closed(evhtp_connection* raw, void* self) {
  auto& server = *static_cast<EvhtpServer*>(self);
  auto node = server.connections_.extract(raw);
  // What was promised is done, whether or not the caller has stayed for the answer.
  const std::function<void()> then = node ? node.mapped()->take_then() : nullptr;
  if (then && !server.is_ending_) then();
  return EVHTP_RES_OK;
}

// Whoever has been here longest without a request to be answered gives way: a few silent callers
// cannot keep the probes out. A request that came in the same turn as the newcomer is answered
// instead; nobody has looked for it yet.
void EvhtpServer::make_room() {
  while (connections_.size() >= options_.max_connections) {
    const auto slowest = std::min_element(
        connections_.begin(), connections_.end(), [](const auto& a, const auto& b) {
          return std::pair(a.second->is_answering(), a.second->since()) <
                 std::pair(b.second->is_answering(), b.second->since());
        });
    evhtp_connection* raw = slowest->first;
    const bool was_answering = slowest->second->is_answering();
    slowest->second->serve_now();
    const auto still = connections_.find(raw);
    if (still == connections_.end()) continue;
    if (was_answering || !still->second->is_answering()) still->second->drop();
  }
}

Response EvhtpServer::answer(const EvhtpConnection& connection) const {
  const RequestReader& reader = connection.reader();
  const auto page = pages_.find(reader.path());
  if (page == pages_.end()) return no_such_page();
  return call_page(page->second, connection);
}

Response EvhtpServer::call_page(const std::map<http::Method, Handler>& page,
                                const EvhtpConnection& connection) const {
  const RequestReader& reader = connection.reader();
  const bool is_head = reader.method() == http::Method::kHead;
  const auto handler = page.find(is_head ? http::Method::kGet : reader.method());
  if (handler != page.end()) {
    return handler->second({handler->first, reader.path(), reader.query(), reader.body(),
                            connection.may_change(), reader.host(), reader.cookies().reveal(),
                            is_head, reader.is_own_page()});
  }
  std::string allow;
  for (const auto& [method, one] : page) {
    allow += (allow.empty() ? "" : ", ") + std::string(http::to_string(method));
    if (method == http::Method::kGet) allow += ", HEAD";
  }
  Response response =
      Response::problem({relay::Code::kMethodNotAllowed,
                         reader.path() + " does not take this method", "use " + allow});
  response.allow = std::move(allow);
  return response;
}

void EvhtpServer::on_request(evhtp_request* raw, void* self) {
  auto& server = *static_cast<EvhtpServer*>(self);
  EvhtpConnection& connection = *server.connections_.at(raw->conn);
  Response response = connection.take_response();
  for (const http::Field& field : answer_fields(response)) add_field(raw, field.name, field.value);
  add_field(raw, "Content-Length", std::to_string(response.body.size()));
  if (connection.reader().method() != http::Method::kHead)
    give_body(raw->buffer_out, std::move(response.body));
  evhtp_send_reply(raw, static_cast<evhtp_res>(response.status));
}

}  // namespace postern::admin
