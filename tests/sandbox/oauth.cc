#include "oauth.h"

#include <algorithm>

#include "consent.h"
#include "digest.h"
#include "directory.h"
#include "scopes.h"

namespace postern::sandbox {
namespace {

constexpr std::size_t kMaxBasic = 4096;
constexpr const char* kDeviceGrant = "urn:ietf:params:oauth:grant-type:device_code";

Reply html(int status, std::string page) {
  return text_reply(status, "text/html; charset=utf-8", std::move(page));
}

void never_cache(Reply& reply) {
  reply.headers.add("Cache-Control", "max-age=0, no-cache, no-store, must-revalidate, private");
}

Reply oauth_error(int status, std::string_view code) {
  Reply reply = json_reply(status, Json::object({{"error", code}}));
  if (status == 401) reply.headers.add("WWW-Authenticate", "Basic realm=\"oauth\"");
  return reply;
}

Reply only_post() {
  Reply reply = text_reply(405, "text/html; charset=utf-8", "");
  reply.headers.add("Allow", "POST");
  return reply;
}

bool has_basic(const Request& request) {
  const std::string header = request.headers.header("Authorization").value_or("");
  return same_without_case(header.substr(0, 6), "basic ");
}

// 43 to 128 of the unreserved characters, for verifiers and challenges alike.
bool is_pkce_text(const std::string& text) {
  return text.size() >= 43 && text.size() <= 128 && percent_encode(text) == text;
}

std::string with_query(const std::string& uri, const Fields& fields) {
  std::string out = uri;
  char separator = uri.find('?') == std::string::npos ? '?' : '&';
  for (const auto& [name, value] : fields) {
    out += separator + name + "=" + percent_encode(value);
    separator = '&';
  }
  return out;
}

}  // namespace

Oauth::Oauth(const Options& options, const Clock& clock, const Directory& directory,
             const PublicHosts& hosts, Tokens& tokens)
    : clock_(clock), directory_(directory), hosts_(hosts), tokens_(tokens), applications_(options) {
  rules_.auto_approve = options.auto_approve;
  rules_.org_scoped = options.org_scoped;
}

// What is shown to the user instead of being redirected. Fills in the redirect URI.
std::optional<Reply> Oauth::refuse_on_page(const Fields& fields, std::string& redirect_uri) {
  const auto wrong = [](const char* text) { return html(400, message_page("Error", text)); };
  const Application* application = applications_.find(fields.get_or("client_id", ""));
  if (application == nullptr || !application->active) {
    return wrong("Missing or invalid client_id parameter.");
  }
  const bool one = application->redirect_uris.size() == 1;
  redirect_uri = fields.get_or("redirect_uri", one ? application->redirect_uris[0] : "");
  if (!may_redirect(*application, redirect_uri)) {
    return wrong("Missing or invalid redirect_uri parameter.");
  }
  if (fields.get_or("response_type", "") != "code") {
    return wrong("Missing or invalid response_type parameter.");
  }
  return std::nullopt;
}

// The `error` to redirect with, empty when all is well.
std::string Oauth::error_in(const Fields& fields) {
  for (const std::string& scope : split(fields.get_or("scope", ""), ' ')) {
    if (!is_scope(scope)) return "invalid_scope";
  }
  const auto challenge = fields.get("code_challenge");
  const auto method = fields.get("code_challenge_method");
  if (challenge && (!is_pkce_text(*challenge) || method.value_or("") != "S256")) {
    return "invalid_request";
  }
  return method && !challenge ? "invalid_request" : "";
}

Reply Oauth::grant_code(const Fields& fields, const std::string& redirect_uri) {
  Code code;
  code.client_id = fields.get_or("client_id", "");
  code.redirect_uri = redirect_uri;
  code.scopes = split(fields.get_or("scope", ""), ' ');
  code.challenge = fields.get_or("code_challenge", "");
  code.created_ms = clock_.now_ms();
  auto& consent = consents_[code.client_id];
  consent.insert(code.scopes.begin(), code.scopes.end());
  const std::string name = random_hex(32);
  codes_[name] = std::move(code);
  Fields answer;
  answer.add("code", name);
  if (const auto state = fields.get("state")) answer.add("state", *state);
  return redirect_reply(with_query(redirect_uri, answer));
}

Reply Oauth::authorize(const Request& request) {
  const bool answered = request.method == "POST";
  const Fields fields = answered ? form_of(request) : request.query;
  std::string redirect_uri;
  if (auto refused = refuse_on_page(fields, redirect_uri)) return *refused;
  std::string error = error_in(fields);
  if (error.empty() && answered && fields.get_or("op", "") != "approve") error = "access_denied";
  if (!error.empty()) {
    Fields answer;
    answer.add("error", error);
    if (const auto state = fields.get("state")) answer.add("state", *state);
    return redirect_reply(with_query(redirect_uri, answer));
  }
  const auto scopes = split(fields.get_or("scope", ""), ' ');
  // The real page has no words for this scope and fails.
  const bool unspeakable = std::find(scopes.begin(), scopes.end(), "org:ci") != scopes.end();
  if (unspeakable) return html(500, message_page("Internal Server Error", "org:ci"));
  const bool silent = rules_.auto_approve || has_consent(fields, scopes);
  return answered || silent ? grant_code(fields, redirect_uri) : ask_consent(fields, scopes);
}

// Approved before, for this application and all of these scopes. Tokens bound to an organization
// are asked about each time.
bool Oauth::has_consent(const Fields& fields, const std::vector<std::string>& scopes) const {
  const auto found = consents_.find(fields.get_or("client_id", ""));
  if (found == consents_.end() || fields.get("force_prompt") || rules_.org_scoped) return false;
  return std::all_of(scopes.begin(), scopes.end(),
                     [&](const auto& scope) { return found->second.count(scope) > 0; });
}

Reply Oauth::ask_consent(const Fields& fields, const std::vector<std::string>& scopes) const {
  std::vector<std::string> organizations;
  for (const Organization& organization : directory_.organizations()) {
    if (organization.member) organizations.push_back(organization.slug);
    if (rules_.org_scoped) break;
  }
  return html(200, consent_page(fields.get_or("client_id", ""), scopes, organizations, fields));
}

// Null when the client is unknown or its secret is wrong.
const Application* Oauth::identify(const Request& request, const Fields& form) {
  std::string id = form.get_or("client_id", "");
  std::string secret = form.get_or("client_secret", "");
  if (has_basic(request)) {
    const std::string payload = request.headers.header("Authorization")->substr(6);
    const auto decoded = payload.size() > kMaxBasic ? std::nullopt : base64_decode(payload);
    const auto colon = decoded ? decoded->find(':') : std::string::npos;
    if (colon == std::string::npos) return nullptr;
    id = percent_decode(decoded->substr(0, colon), false);
    secret = percent_decode(decoded->substr(colon + 1), false);
  }
  const Application* application = applications_.find(id);
  // A Public application's secret is not looked at.
  const bool known =
      application != nullptr && (!application->secret || *application->secret == secret);
  return known ? application : nullptr;
}

Reply Oauth::token(const Request& request) {
  if (request.method != "POST") return only_post();
  const Fields form = form_of(request);
  const std::string kind = form.get_or("grant_type", "");
  const bool twice = has_basic(request) && (form.get("client_id") || form.get("client_secret"));
  const bool known =
      kind == "authorization_code" || kind == "refresh_token" || kind == kDeviceGrant;
  Reply reply;
  if (kind.empty() || twice) {
    reply = oauth_error(400, "invalid_request");
  } else if (!known) {
    reply = oauth_error(400, "unsupported_grant_type");
  } else {
    reply = exchange(request, form, kind);
  }
  never_cache(reply);
  return reply;
}

Reply Oauth::exchange(const Request& request, const Fields& form, const std::string& kind) {
  const Application* application = identify(request, form);
  if (application == nullptr) return oauth_error(401, "invalid_client");
  if (!application->active) return oauth_error(400, "invalid_grant");
  if (kind == "authorization_code") return exchange_code(*application, form);
  if (kind == "refresh_token") return exchange_refresh(*application, form);
  return exchange_device(*application, form);
}

Reply Oauth::exchange_code(const Application& application, const Fields& form) {
  const auto found = codes_.find(form.get_or("code", ""));
  if (found == codes_.end()) return oauth_error(400, "invalid_grant");
  if (found->second.client_id != application.id) return oauth_error(400, "invalid_grant");
  const Code code = found->second;
  codes_.erase(found);  // a code has one try, whatever comes of it
  const bool late = clock_.now_ms() > code.created_ms + rules_.code_lifetime_s * 1000;
  const std::string verifier = form.get_or("code_verifier", "");
  const bool proven = code.challenge.empty() ||
                      (is_pkce_text(verifier) && sha256_base64url(verifier) == code.challenge);
  if (late || !proven || form.get_or("redirect_uri", "") != code.redirect_uri) {
    return oauth_error(400, "invalid_grant");
  }
  return success(tokens_.issue(make_grant(code.client_id, code.scopes)));
}

Reply Oauth::exchange_refresh(const Application& application, const Fields& form) {
  const auto refresh = form.get("refresh_token");
  if (!refresh || refresh->empty() || form.get("scope")) {
    return oauth_error(400, "invalid_request");
  }
  tokens_.note_request(*refresh);
  const Grant* grant = tokens_.refresh(*refresh, application.id);
  if (grant == nullptr) return oauth_error(400, "invalid_grant");
  return success(*grant, tokens_.rules().rotation == Rotation::kPair);
}

Grant Oauth::make_grant(const std::string& client_id,
                        const std::vector<std::string>& scopes) const {
  Grant grant;
  grant.client_id = client_id;
  grant.scopes = with_implied(scopes);
  grant.user_id = directory_.user().id;
  if (rules_.org_scoped) grant.organization_id = directory_.organizations().front().id;
  return grant;
}

Json Oauth::answer_for(const Grant& grant, bool with_refresh) const {
  const User& user = directory_.user();
  std::vector<Json::Member> members = {{"access_token", grant.access}};
  if (with_refresh) members.emplace_back("refresh_token", grant.refresh);
  const std::int64_t left_ms = grant.expires_at_ms - clock_.now_ms();
  members.emplace_back("expires_in", std::max<std::int64_t>(0, left_ms / 1000));
  members.emplace_back("expires_at", iso_time(grant.expires_at_ms));
  members.emplace_back("token_type", "Bearer");
  members.emplace_back("scope", joined(grant.scopes, ' '));
  members.emplace_back("user",
                       Json::object({{"id", user.id}, {"name", user.name}, {"email", user.email}}));
  if (grant.organization_id) members.emplace_back("organization_id", *grant.organization_id);
  return Json::object(members);
}

Reply Oauth::success(const Grant& grant, bool with_refresh) const {
  return json_reply(200, answer_for(grant, with_refresh));
}

}  // namespace postern::sandbox
