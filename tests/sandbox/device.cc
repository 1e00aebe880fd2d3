// The device flow of Oauth: for applications that cannot receive a redirect.
#include <algorithm>

#include "consent.h"
#include "digest.h"
#include "directory.h"
#include "oauth.h"
#include "scopes.h"

namespace postern::sandbox {
namespace {

// Eight consonants with a dash in the middle.
std::string make_user_code() {
  constexpr std::string_view kConsonants = "BCDFGHJKLMNPQRSTVWXZ";
  const std::string random = random_hex(8);
  std::string code;
  for (std::size_t i = 0; i < 8; ++i) {
    if (i == 4) code += '-';
    const auto value = std::stoul(random.substr(i * 2, 2), nullptr, 16);
    code += kConsonants[value % kConsonants.size()];
  }
  return code;
}

// Unlike the token endpoint, this one explains itself.
Reply device_error(int status, std::string_view code, std::string_view description) {
  return json_reply(status, Json::object({{"error", code}, {"error_description", description}}));
}

Reply poll_error(std::string_view code) {
  return json_reply(400, Json::object({{"error", code}}));
}

}  // namespace

Reply Oauth::device_code(const Request& request) {
  if (request.method != "POST") {
    Reply reply = text_reply(405, "text/html; charset=utf-8", "");
    reply.headers.add("Allow", "POST");
    return reply;
  }
  const Fields form = form_of(request);
  const Application* application = applications_.find(form.get_or("client_id", ""));
  if (application == nullptr || !application->active) {
    return device_error(401, "invalid_client", "Missing or invalid client_id.");
  }
  Device device;
  device.client_id = application->id;
  device.scopes = split(form.get_or("scope", ""), ' ');
  if (!std::all_of(device.scopes.begin(), device.scopes.end(), is_scope)) {
    return device_error(400, "invalid_scope", "The requested scope is unknown.");
  }
  device.user_code = make_user_code();
  device.created_ms = clock_.now_ms();
  if (rules_.auto_approve) device.decision = Decision::kApproved;
  const std::string code = random_hex(32);
  const std::string page = hosts_.control() + "/oauth/device/";
  const std::string shown = device.user_code;
  devices_[code] = std::move(device);
  return json_reply(200, Json::object({{"device_code", code},
                                       {"user_code", shown},
                                       {"verification_uri", page},
                                       {"verification_uri_complete", page + "?user_code=" + shown},
                                       {"expires_in", rules_.device_lifetime_s},
                                       {"interval", rules_.device_interval_s}}));
}

Reply Oauth::device_page(const Request& request) {
  const auto page = [](int status, std::string text) {
    return text_reply(status, "text/html; charset=utf-8", std::move(text));
  };
  if (request.method != "POST") {
    return page(200, device_form(request.query.get_or("user_code", "")));
  }
  const Fields form = form_of(request);
  const bool approve = form.get_or("op", "") == "approve";
  if (!decide_device(form.get_or("user_code", ""), approve)) {
    return page(400, message_page("Error", "This code is unknown or has expired."));
  }
  return page(200, message_page(approve ? "Approved" : "Denied", "You can close this page."));
}

bool Oauth::decide_device(const std::string& user_code, bool approve) {
  for (auto& [code, device] : devices_) {
    if (device.user_code != user_code || device.decision != Decision::kPending) continue;
    device.decision = approve ? Decision::kApproved : Decision::kDenied;
    return true;
  }
  return false;
}

Reply Oauth::exchange_device(const Application& application, const Fields& form) {
  const auto code = form.get("device_code");
  if (!code || code->empty()) return poll_error("invalid_request");
  const auto found = devices_.find(*code);
  if (found == devices_.end() || found->second.client_id != application.id) {
    return poll_error("invalid_grant");
  }
  Device& device = found->second;
  const std::int64_t now = clock_.now_ms();
  if (now > device.created_ms + rules_.device_lifetime_s * 1000) {
    devices_.erase(found);
    return poll_error("expired_token");
  }
  const bool soon =
      device.polled_ms != 0 && now < device.polled_ms + rules_.device_interval_s * 1000;
  device.polled_ms = now;
  if (soon) return poll_error("slow_down");
  if (device.decision == Decision::kPending) return poll_error("authorization_pending");
  const Device decided = device;
  devices_.erase(found);
  if (decided.decision == Decision::kDenied) return poll_error("access_denied");
  return success(tokens_.issue(make_grant(application.id, decided.scopes)));
}

Reply Oauth::metadata() const {
  const std::string base = hosts_.control();
  return json_reply(
      200, Json::object({{"issuer", base},
                         {"authorization_endpoint", base + "/oauth/authorize/"},
                         {"token_endpoint", base + "/oauth/token/"},
                         {"response_types_supported", std::vector<std::string>{"code"}},
                         {"grant_types_supported",
                          std::vector<std::string>{"authorization_code", "refresh_token"}},
                         {"code_challenge_methods_supported", std::vector<std::string>{"S256"}},
                         {"scopes_supported", all_scopes()}}));
}

Reply Oauth::userinfo(const Request& request) const {
  const std::string header = request.headers.header("Authorization").value_or("");
  const bool bearer = same_without_case(header.substr(0, 7), "bearer ");
  const Credential credential = tokens_.find(bearer ? header.substr(7) : "");
  // Expiry is not looked at here.
  if (credential.grant == nullptr) {
    Reply reply = detail_reply(401, "Invalid token");
    reply.headers.add("WWW-Authenticate", "Bearer realm=\"api\", error=\"invalid_token\"");
    return reply;
  }
  const auto& scopes = credential.grant->scopes;
  const auto holds = [&](const char* scope) {
    return std::find(scopes.begin(), scopes.end(), scope) != scopes.end();
  };
  if (!holds("openid")) {
    Reply reply = detail_reply(403, "openid scope is required");
    reply.headers.add("WWW-Authenticate", "Bearer realm=\"api\", error=\"insufficient_scope\"");
    return reply;
  }
  const User& user = directory_.user();
  std::vector<Json::Member> members = {{"sub", user.id}};
  if (holds("profile")) members.emplace_back("name", user.name);
  if (holds("email")) {
    members.emplace_back("email", user.email);
    members.emplace_back("email_verified", true);
  }
  return json_reply(200, Json::object(members));
}

}  // namespace postern::sandbox
