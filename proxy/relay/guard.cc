#include "relay/guard.h"

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "base/text.h"

namespace postern::relay {
namespace {

constexpr std::array<std::string_view, 3> kLoopbackNames = {"localhost", "127.0.0.1", "[::1]"};

Problem problem(Code code, std::string_view detail, std::string_view action) {
  Problem made;
  made.code = code;
  made.detail = detail;
  made.action = action;
  return made;
}

constexpr size_t kMostHosts = 8;  // that an answer names

Problem misdirected(const std::vector<std::string>& hosts) {
  constexpr std::string_view kDetail = "The Host of the request is none of Postern's names.";
  if (hosts.empty())
    return problem(Code::kMisdirected, kDetail,
                   "Use localhost, 127.0.0.1 or [::1], or add the name to guard.hosts.");
  std::string action = "Use ";
  for (size_t i = 0; i < std::min(hosts.size(), kMostHosts); ++i) action += hosts[i] + ", ";
  if (hosts.size() > kMostHosts) action += "another one of guard.hosts, ";
  return problem(Code::kMisdirected, kDetail,
                 action + "localhost, 127.0.0.1 or [::1], or add the name to guard.hosts.");
}

Problem forbidden_page() {
  return problem(Code::kForbiddenCaller, "The request was made by a web page.",
                 "Call Postern from a program, or name the page's origin in guard.origins.");
}

bool is_port(std::string_view text) {
  const auto number = text.size() <= 5 ? text::parse_unsigned(text) : std::nullopt;
  return number && *number > 0 && *number <= 65535;
}

// Is there a field of this id whose value is not in order?
template <class InOrder>
bool has_odd(const http::Fields& fields, http::FieldName id, InOrder in_order) {
  return std::any_of(fields.begin(), fields.end(), [&](const http::Field& field) {
    return field.id == id && !in_order(field.value);
  });
}

// `required` is "Name" or "Name: value". Surplus lines of that name must have the value as well.
bool has_required(const http::Fields& fields, std::string_view required) {
  const size_t colon = required.find(':');
  const std::string_view name = text::trim(required.substr(0, colon));
  bool found = false;
  for (const http::Field& field : fields) {
    if (!text::iequals(field.name, name)) continue;
    if (colon != std::string_view::npos && field.value != text::trim(required.substr(colon + 1)))
      return false;
    found = true;
  }
  return found;
}

}  // namespace

Problem foreign_user() {
  return problem(Code::kForbiddenCaller, "The calling user may not use this socket.",
                 "Add the user's id to the listener's uids.");
}

Problem foreign_certificate(std::string_view name) {
  Problem made = problem(Code::kForbiddenCaller, "",
                         "Add the name to the listener's tls.client_names, or call with another "
                         "certificate.");
  made.detail = name.empty() ? "The caller's certificate has no name that Postern could know it by."
                             : "The caller's certificate is that of " + std::string(name) +
                                   ", who may not use this address.";
  return made;
}

std::optional<Problem> Guard::refuse(const http::RequestHead& head,
                                     const http::Caller& caller) const {
  if (!caller.uid_allowed) return foreign_user();
  if (!caller.name_allowed) return foreign_certificate(caller.name);

  // Both are asked: an absolute-form target overrules Host, but a foreign Host is still a sign of
  // name rebinding. Fetch metadata is missing in just that case, hence this check comes first.
  const auto ours = [this](std::string_view authority) { return is_our_host(authority); };
  if (!ours(head.authority) || has_odd(head.fields, http::FieldName::kHost, ours))
    return misdirected(options_.hosts);

  const auto allowed = [this](std::string_view origin) { return is_allowed_origin(origin); };
  if (has_odd(head.fields, http::FieldName::kOrigin, allowed)) return forbidden_page();
  const bool from_allowed_page = http::find(head.fields, http::FieldName::kOrigin) != nullptr;
  const auto none = [](std::string_view site) { return site == "none"; };
  if (!from_allowed_page && has_odd(head.fields, http::FieldName::kSecFetchSite, none))
    return forbidden_page();

  if (options_.require_header.empty()) return std::nullopt;
  if (!has_required(head.fields, options_.require_header))
    return problem(Code::kPreconditionRequired,
                   "The request lacks the header that guard.require_header asks for.",
                   "Have the calling program send that header.");
  // Whoever asks for a header fears requests made on a stranger's behalf; those are forwarded, and
  // by none of the proxies that are meant to.
  if (!caller.is_behind_proxy && http::find(head.fields, http::FieldName::kXForwarded) != nullptr)
    return problem(Code::kForbiddenCaller, "The request was forwarded by another proxy.",
                   "Call Postern directly.");
  return std::nullopt;
}

bool Guard::is_allowed_origin(std::string_view origin) const {
  // "null" is what every sandboxed or local page says: naming it would name them all.
  if (origin == "null") return false;
  return std::any_of(options_.origins.begin(), options_.origins.end(),
                     [origin](const std::string& name) { return text::iequals(name, origin); });
}

bool Guard::is_our_host(std::string_view authority) const {
  std::string_view host = authority;
  const size_t bracket = authority.rfind(']');
  const size_t colon = authority.find(':', bracket == std::string_view::npos ? 0 : bracket);
  if (colon != std::string_view::npos) {
    if (!is_port(authority.substr(colon + 1))) return false;
    host = authority.substr(0, colon);
  }
  const auto same = [host](std::string_view name) { return text::iequals(name, host); };
  return std::any_of(kLoopbackNames.begin(), kLoopbackNames.end(), same) ||
         std::any_of(options_.hosts.begin(), options_.hosts.end(), same);
}

}  // namespace postern::relay
