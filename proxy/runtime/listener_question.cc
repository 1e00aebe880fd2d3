#include "runtime/listener_question.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "relay/guard.h"
#include "wire/tls_names.h"

namespace postern::runtime {
namespace {

relay::Problem bad_question(std::string detail, std::string action) {
  return {relay::Code::kBadRequest, std::move(detail), std::move(action), 0};
}

// The grant that every listener is bound to; empty: there is none.
std::string_view common_ceiling(const std::vector<wire::ListenOptions>& listeners) {
  std::string_view grant = listeners.empty() ? std::string_view() : listeners.front().grant;
  const bool same = std::all_of(listeners.begin(), listeners.end(),
                                [&](const auto& listener) { return listener.grant == grant; });
  return same ? grant : std::string_view();
}

std::optional<relay::Problem> refuse_user(uint32_t uid, const wire::ListenOptions* listener) {
  if (listener == nullptr)
    return bad_question("a caller's uid is known at a unix socket only", "name the listener too");
  if (!listener->address.starts_with("unix:"))
    return bad_question("callers at " + listener->address + " have no uid: it is no unix socket",
                        "leave the uid out, or name another listener");
  const std::vector<uint32_t>& allowed = listener->uids;
  const bool may =
      allowed.empty() || std::find(allowed.begin(), allowed.end(), uid) != allowed.end();
  if (may) return std::nullopt;
  return relay::foreign_user();
}

std::optional<relay::Problem> refuse_name(std::string_view name,
                                          const wire::ListenOptions* listener) {
  if (listener == nullptr)
    return bad_question("a caller's name is known where its certificate is asked for only",
                        "name the listener too");
  if (!listener->tls.asks_for_certificates())
    return bad_question(
        "callers at " + listener->address + " have no name: it has no tls.client_ca_file",
        "leave the name out, or name another listener");
  if (!wire::is_caller_name(name))
    return bad_question("no certificate can be known by this name",
                        "give one as the log has it: web.shop.svc, spiffe://shop.example/ns/web");
  const wire::CallerIdentity identity =
      wire::identity_among({std::string(name)}, listener->tls.client_names);
  if (identity.is_allowed) return std::nullopt;
  return relay::foreign_certificate(name);
}

std::optional<relay::Problem> refuse_nameless(const wire::ListenOptions* listener) {
  if (listener == nullptr || !listener->tls.asks_for_certificates()) return std::nullopt;
  return bad_question("a caller without a certificate is turned away in the handshake at " +
                          listener->address + " (tls.client_ca_file)",
                      "ask with --name, the name in the certificate of one: --name web.shop.svc");
}

}  // namespace

Result<relay::Question, relay::Problem> at_listener(relay::Question question,
                                                    const config::Options& options) {
  const wire::ListenOptions* listener = nullptr;
  if (!question.listener.empty()) {
    const auto found = config::find_listener(options, question.listener);
    if (!found)
      return tl::unexpected(bad_question(found.error().what, "name one of them, or none"));
    listener = *found;
  } else if (options.listen.size() == 1) {
    listener = &options.listen.front();
  }
  if (question.uid) {
    if (auto problem = refuse_user(*question.uid, listener))
      return tl::unexpected(std::move(*problem));
  }
  if (auto problem =
          question.name.empty() ? refuse_nameless(listener) : refuse_name(question.name, listener))
    return tl::unexpected(std::move(*problem));
  question.ceiling = listener != nullptr ? listener->grant : common_ceiling(options.listen);
  if (listener != nullptr) question.listener = wire::identity_of(*listener);
  return question;
}

}  // namespace postern::runtime
