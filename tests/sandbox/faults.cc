#include "faults.h"

#include <algorithm>
#include <array>

#include "digest.h"

namespace postern::sandbox {
namespace {

bool concerns(const Fault& fault, const Request& request) {
  if (fault.count == 0) return false;
  if (!fault.method.empty() && fault.method != request.method) return false;
  const bool with_query = fault.path.find('?') != std::string::npos;
  const std::string& asked = with_query ? request.target : request.path;
  if (fault.path.empty() || fault.path.back() != '*') return fault.path == asked;
  return asked.compare(0, fault.path.size() - 1, fault.path, 0, fault.path.size() - 1) == 0;
}

void count_down(Fault& fault) {
  if (fault.count > 0) --fault.count;
}

Reply page(int status) {
  const std::string title = std::to_string(status) + " " + std::string(reason_of(status));
  return text_reply(status, "text/html; charset=UTF-8",
                    "<html><head><title>" + title + "</title></head><body><center><h1>" + title +
                        "</h1></center><hr></body></html>\n");
}

Reply gateway(int status, std::string_view detail) {
  return json_reply(status, Json::object({{"error", "apigateway"}, {"detail", detail}}));
}

Reply plain_status(int status) {
  if (status == 500) {
    return json_reply(500,
                      Json::object({{"detail", "Internal Error"}, {"errorId", random_hex(16)}}));
  }
  return detail_reply(status, reason_of(status));
}

Reply structured(std::string_view code, std::string_view message) {
  const Json extra = Json::object({{"loginUrl", "/auth/login/acme/"}});
  const Json detail = Json::object({{"code", code}, {"message", message}, {"extra", extra}});
  return json_reply(401, Json::object({{"detail", detail}}));
}

Reply unauthorized(std::string_view detail) {
  Reply reply = detail_reply(401, detail);
  reply.headers.add("WWW-Authenticate", "xBasic realm=\"api\"");
  return reply;
}

Reply oauth_error(const Fault& fault) {
  const int status = fault.status == 0 ? 400 : fault.status;
  Reply reply = json_reply(status, Json::object({{"error", fault.name}}));
  if (status == 401) reply.headers.add("WWW-Authenticate", "Basic realm=\"oauth\"");
  return reply;
}

Reply undelivered(Delivery delivery) {
  Reply reply;
  reply.delivery = delivery;
  return reply;
}

void change(const Fault& fault, Reply& reply) {
  if (fault.kind == "cut") {
    reply.delivery = Delivery::kCut;
    return;
  }
  reply.body = with_member(reply.body, fault.name, fault.value).value_or(reply.body);
}

struct Kind {
  std::string_view name;
  Reply (*make)(const Fault& fault);
};
constexpr std::array<Kind, 19> kKinds = {{
    {"status", [](const Fault& fault) { return plain_status(fault.status); }},
    {"html", [](const Fault& fault) { return page(fault.status); }},
    {"cloudflare", [](const Fault& fault) { return page(fault.status == 0 ? 429 : fault.status); }},
    {"oauth", oauth_error},
    {"empty",
     [](const Fault& fault) {
       return text_reply(fault.status == 0 ? 200 : fault.status, "application/json", "");
     }},
    {"hang", [](const Fault&) { return undelivered(Delivery::kHung); }},
    {"drop", [](const Fault&) { return undelivered(Delivery::kLost); }},
    {"snuba",
     [](const Fault&) {
       return detail_reply(429,
                           "Rate limit exceeded. Please try your query with a smaller date "
                           "range or fewer projects.");
     }},
    {"gateway-404", [](const Fault&) { return gateway(404, "Not found"); }},
    {"gateway-429", [](const Fault&) { return gateway(429, "Too many requests"); }},
    {"gateway-500", [](const Fault&) { return gateway(500, "Proxied request timed out"); }},
    {"gateway-502", [](const Fault&) { return gateway(502, "Downstream error"); }},
    {"gateway-503", [](const Fault&) { return gateway(503, "Downstream service unavailable"); }},
    {"gateway-504", [](const Fault&) { return gateway(504, "Downstream timeout"); }},
    {"sso-required", [](const Fault&) { return structured("sso-required", "Must login via SSO"); }},
    {"2fa-required",
     [](const Fault&) {
       return structured("2fa-required", "Organization requires two-factor auth");
     }},
    {"member-disabled-over-limit",
     [](const Fault&) {
       return structured("member-disabled-over-limit", "Organization over member limit");
     }},
    {"user-inactive", [](const Fault&) { return unauthorized("User inactive or deleted"); }},
    {"app-inactive",
     [](const Fault&) { return unauthorized("UserApplication inactive or deleted"); }},
}};

}  // namespace

std::optional<Fault> Faults::take_answer(const Request& request) {
  for (Fault& fault : faults_) {
    if (fault.kind.empty() || !concerns(fault, request)) continue;
    count_down(fault);
    return fault;
  }
  return std::nullopt;
}

std::int64_t Faults::take_delay_ms(const Request& request) {
  std::int64_t sum = 0;
  for (Fault& fault : faults_) {
    if (!fault.kind.empty() || !concerns(fault, request)) continue;
    count_down(fault);
    const std::int64_t longest = std::max(fault.delay_ms, fault.longest_ms);
    sum += std::uniform_int_distribution<std::int64_t>(fault.delay_ms, longest)(draw_);
  }
  return sum;
}

bool is_before_limiter(const Fault& fault) {
  return fault.kind.rfind("gateway-", 0) == 0 || fault.kind == "cloudflare" || fault.kind == "html";
}

bool changes_answer(const Fault& fault) {
  return fault.kind == "field" || fault.kind == "cut";
}

Reply answer_with(const std::optional<Fault>& fault, const std::function<Reply()>& real) {
  if (!fault) return real();
  if (changes_answer(*fault)) {
    Reply reply = real();
    change(*fault, reply);
    return reply;
  }
  if (fault->after) real();
  return fault_reply(*fault).value_or(Reply());
}

std::optional<Reply> fault_reply(const Fault& fault) {
  const auto* found = std::find_if(kKinds.begin(), kKinds.end(),
                                   [&](const Kind& kind) { return kind.name == fault.kind; });
  if (found == kKinds.end()) return std::nullopt;
  Reply reply = found->make(fault);
  if (!fault.retry_after.empty()) reply.headers.add("Retry-After", fault.retry_after);
  return reply;
}

}  // namespace postern::sandbox
