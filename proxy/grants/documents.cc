#include "grants/documents.h"

#include <algorithm>
#include <initializer_list>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>

#include "base/text.h"
#include "grants/timestamp.h"

namespace postern::grants {
namespace {

using Json = nlohmann::json;

constexpr int kMaxDepth = 16;
constexpr int64_t kLongestLifetime = int64_t{10} * 365 * 24 * 3600;  // seconds

// The JSON object in `text`. The library's own messages quote the input, so only the place is kept.
Result<Json> parse_object(std::string_view text) {
  if (text.size() > kMaxDocument) return fail("larger than 64 KiB");
  bool too_deep = false;
  auto watch_depth = [&](int depth, Json::parse_event_t, Json&) {
    too_deep = too_deep || depth > kMaxDepth;
    return !too_deep;
  };
  try {
    Json json = Json::parse(text, watch_depth);
    if (too_deep) return fail("nested deeper than 16 levels");
    if (!json.is_object()) return fail("not a JSON object");
    return json;
  } catch (const Json::parse_error& error) {
    return fail("not valid JSON at byte " + std::to_string(error.byte));
  } catch (const Json::exception&) {
    return fail("not valid JSON");
  }
}

// Takes typed fields out of an object and remembers the first fault.
class Fields final {
 public:
  Fields(const Json& object, std::string prefix) : object_(object), prefix_(std::move(prefix)) {}

  const Json* find(const char* name) const {
    auto found = object_.find(name);
    return found == object_.end() || found->is_null() ? nullptr : &*found;
  }

  std::string text(const char* name) {
    const Json* value = find(name);
    if (value == nullptr) return {};
    if (!value->is_string()) return refuse(name, "must be a string"), std::string();
    return value->get<std::string>();
  }

  // Ids are strings of digits; some servers send them as numbers.
  std::string id(const char* name) {
    const Json* value = find(name);
    if (value != nullptr && value->is_number_unsigned()) {
      return std::to_string(value->get<uint64_t>());
    }
    return text(name);
  }

  uint64_t number(const char* name) {
    const Json* value = find(name);
    if (value == nullptr || !value->is_number_unsigned()) {
      return refuse(name, "must be a whole number that is not negative"), 0;
    }
    return value->get<uint64_t>();
  }

  // A token goes into a header field one day, so its bytes must be fit for one.
  Secret token(const char* name) {
    std::string value = text(name);
    bool clean = value.size() <= 4096 && std::all_of(value.begin(), value.end(),
                                                     [](char c) { return c > ' ' && c < 0x7f; });
    if (!clean) refuse(name, "must be at most 4096 visible ASCII characters");
    return Secret(std::move(value));
  }

  std::optional<WallTime> time(const char* name) {
    if (find(name) == nullptr) return {};
    auto value = parse_timestamp(text(name));
    if (!value) refuse(name, "must be a time like 2026-01-31T12:00:00Z");
    return value;
  }

  std::vector<std::string> texts(const char* name) {
    std::vector<std::string> out;
    const Json* list = find(name);
    if (list == nullptr) return out;
    if (!list->is_array()) return refuse(name, "must be a list of strings"), out;
    for (const Json& item : *list) {
      if (!item.is_string()) return refuse(name, "must be a list of strings"), out;
      out.push_back(item.get<std::string>());
    }
    return out;
  }

  // The fields of the object `name`; an empty object when it is not there.
  Fields object(const char* name) {
    static const Json empty = Json::object();
    const Json* value = find(name);
    if (value == nullptr) return Fields(empty, prefix_);
    if (!value->is_object()) return refuse(name, "must be an object"), Fields(empty, prefix_);
    return Fields(*value, prefix_ + name + ".");
  }

  void refuse(const char* name, std::string_view why) {
    if (fault_.empty()) fault_ = prefix_ + name + " " + std::string(why);
  }
  void take_fault(const Fields& inner) {
    if (fault_.empty()) fault_ = inner.fault_;
  }
  const std::string& fault() const { return fault_; }

 private:
  const Json& object_;
  std::string prefix_;
  std::string fault_;
};

User read_user(Fields& fields) {
  Fields inner = fields.object("user");
  User user{inner.id("id"), inner.text("name"), inner.text("email")};
  fields.take_fault(inner);
  return user;
}

Organization read_organization(Fields& fields) {
  Fields inner = fields.object("organization");
  Organization organization{inner.text("slug"), inner.id("id")};
  fields.take_fault(inner);
  return organization;
}

std::optional<JournalEntry> read_journal(Fields& fields) {
  if (fields.find("journal") == nullptr) return {};
  Fields inner = fields.object("journal");
  JournalEntry entry{inner.text("step"), inner.time("at").value_or(WallTime{})};
  fields.take_fault(inner);
  return entry;
}

std::vector<std::string> split_words(const std::string& text) {
  std::vector<std::string> words;
  for (size_t start = 0; start < text.size();) {
    size_t end = std::min(text.find(' ', start), text.size());
    if (end > start) words.push_back(text.substr(start, end - start));
    start = end + 1;
  }
  return words;
}

// A lifetime in seconds, also as the text of a number; fractions are cut off.
std::optional<std::chrono::seconds> read_seconds(const Json& value) {
  constexpr auto kMost = static_cast<uint64_t>(kLongestLifetime);
  if (value.is_number_float()) {
    const double seconds = std::clamp(value.get<double>(), 0.0, static_cast<double>(kMost));
    return std::chrono::seconds(static_cast<int64_t>(seconds));
  }
  if (value.is_number_integer() && !value.is_number_unsigned()) return std::chrono::seconds(0);
  std::optional<uint64_t> seconds;
  if (value.is_number_unsigned()) seconds = value.get<uint64_t>();
  if (value.is_string()) seconds = text::parse_unsigned(value.get<std::string>());
  if (!seconds) return {};
  return std::chrono::seconds(static_cast<int64_t>(std::min(*seconds, kMost)));
}

// As the answer says it; else what is left until the time it names.
void read_expiry(Fields& fields, bool serialized, WallTime now, TokenAnswer& answer) {
  answer.expires_at = fields.time(serialized ? "expiresAt" : "expires_at");
  const Json* told = serialized ? nullptr : fields.find("expires_in");
  if (told != nullptr) answer.lifetime = read_seconds(*told);
  if (told != nullptr && !answer.lifetime)
    fields.refuse("expires_in", "must be a whole number of seconds");
  if (answer.lifetime && !answer.expires_at)
    answer.expires_at = now + std::chrono::duration_cast<std::chrono::seconds>(*answer.lifetime);
  if (!answer.lifetime && answer.expires_at)
    answer.lifetime = std::max<Duration>(*answer.expires_at - now, Duration::zero());
}

// What is wrong with the tokens. Where one of the two is enough, the other one is emptied instead.
std::string judge_tokens(TokenAnswer& answer, const std::string& access_fault,
                         const std::string& refresh_fault, Strictness strictness) {
  const bool one_will_do = strictness == Strictness::kEitherToken;
  const bool has_refresh = refresh_fault.empty() && !answer.refresh_token.empty();
  if (one_will_do && !access_fault.empty() && has_refresh) {
    answer.access_token = Secret();
    answer.flaw = access_fault;
    return {};
  }
  if (one_will_do && access_fault.empty() && !refresh_fault.empty()) {
    answer.refresh_token = Secret();
    answer.flaw = refresh_fault;
    return {};
  }
  return access_fault.empty() ? refresh_fault : access_fault;
}

Json or_null(std::string_view text) {
  return text.empty() ? Json() : Json(text);
}

// A string, or a number in digits; "" for anything else.
std::string text_of(const Json& object, const char* name) {
  if (!object.is_object()) return {};
  const auto found = object.find(name);
  if (found == object.end()) return {};
  if (found->is_string()) return found->get<std::string>();
  return found->is_number_integer() ? found->dump() : "";
}

std::optional<Organization> organization_of(const Json& object) {
  Organization seen{text_of(object, "slug"), text_of(object, "id")};
  if (seen.slug.empty() || !text::parse_unsigned(seen.id)) return {};
  return seen;
}

// The first of these members that is a text.
std::string first_text(std::string_view json, std::initializer_list<const char*> names) {
  const auto object = parse_object(json);
  if (!object) return {};
  for (const char* name : names) {
    const auto found = object->find(name);
    if (found != object->end() && found->is_string()) return found->get<std::string>();
  }
  return {};
}

}  // namespace

Result<StoredGrant> parse_stored_grant(std::string_view json) {
  auto object = parse_object(json);
  if (!object) return tl::unexpected(object.error());
  Fields fields(*object, "");
  uint64_t version = fields.number("version");
  if (fields.fault().empty() && version != StoredGrant::kVersion) {
    return fail("its version is " + std::to_string(version) + ", this Postern reads version 1");
  }
  StoredGrant stored;
  stored.generation = fields.number("generation");
  stored.sentry = fields.text("sentry");
  stored.kind = fields.text("kind");
  stored.organization = read_organization(fields);
  stored.user = read_user(fields);
  stored.access_token = fields.token("access_token");
  stored.refresh_token = fields.token("refresh_token");
  stored.expires_at = fields.time("expires_at");
  stored.obtained_at = fields.time("obtained_at").value_or(WallTime{});
  stored.scopes = fields.texts("scopes");
  stored.journal = read_journal(fields);
  if (stored.access_token.empty()) fields.refuse("access_token", "is missing");
  if (!fields.fault().empty()) return fail(fields.fault());
  return stored;
}

Secret format_stored_grant(const StoredGrant& stored) {
  nlohmann::ordered_json json;
  json["version"] = StoredGrant::kVersion;
  json["generation"] = stored.generation;
  json["sentry"] = stored.sentry;
  json["kind"] = stored.kind;
  json["organization"] = {{"slug", stored.organization.slug},
                          {"id", or_null(stored.organization.id)}};
  json["user"] = {{"id", or_null(stored.user.id)},
                  {"name", or_null(stored.user.name)},
                  {"email", or_null(stored.user.email)}};
  json["access_token"] = stored.access_token.reveal();
  json["refresh_token"] = or_null(stored.refresh_token.reveal());
  json["expires_at"] = stored.expires_at ? Json(format_timestamp(*stored.expires_at)) : Json();
  json["obtained_at"] = format_timestamp(stored.obtained_at);
  json["scopes"] = stored.scopes;
  json["journal"] = nullptr;
  if (stored.journal) {
    json["journal"] = {{"step", stored.journal->step},
                       {"at", format_timestamp(stored.journal->at)}};
  }
  // Replacing bytes that are not UTF-8 (a name, at worst) is better than failing to store a token.
  return Secret(json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n");
}

Result<TokenAnswer> parse_token_answer(std::string_view json, WallTime now, Strictness strictness) {
  auto object = parse_object(json);
  if (!object) return tl::unexpected(object.error());
  Fields fields(*object, "");
  if (fields.find("error") != nullptr) return fail("it is an error answer, not a token");
  // An installation's answer has names of its own.
  const bool serialized =
      fields.find("access_token") == nullptr &&
      (fields.find("token") != nullptr || fields.find("refreshToken") != nullptr);
  std::string type = fields.text("token_type");
  if (!type.empty() && !text::iequals(type, "bearer")) {
    fields.refuse("token_type", "must be Bearer");
  }
  TokenAnswer answer;
  answer.access_token = fields.token(serialized ? "token" : "access_token");
  if (answer.access_token.empty()) fields.refuse("access_token", "is missing");
  Fields second(*object, "");
  answer.refresh_token = second.token(serialized ? "refreshToken" : "refresh_token");
  Fields details(*object, "");
  read_expiry(details, serialized, now, answer);
  answer.scopes = serialized ? details.texts("scopes") : split_words(details.text("scope"));
  answer.user = read_user(details);
  answer.organization_id = details.id("organization_id");
  std::string fault = judge_tokens(answer, fields.fault(), second.fault(), strictness);
  if (fault.empty() && strictness == Strictness::kAll) fault = details.fault();
  if (!fault.empty()) return fail(fault);
  return answer;
}

Result<DeviceCode> parse_device_code(std::string_view json) {
  auto object = parse_object(json);
  if (!object) return tl::unexpected(object.error());
  Fields fields(*object, "");
  DeviceCode code;
  code.device_code = fields.token("device_code");
  code.user_code = fields.text("user_code");
  code.verification_uri = fields.text("verification_uri");
  code.verification_uri_complete = fields.text("verification_uri_complete");
  code.expires_in = std::chrono::seconds(std::min<uint64_t>(fields.number("expires_in"), 3600));
  uint64_t interval = fields.find("interval") != nullptr ? fields.number("interval") : 5;
  code.interval = std::chrono::seconds(std::clamp<uint64_t>(interval, 1, 60));
  if (code.device_code.empty()) fields.refuse("device_code", "is missing");
  if (code.user_code.empty()) fields.refuse("user_code", "is missing");
  // It is shown on a terminal.
  if (!std::all_of(code.user_code.begin(), code.user_code.end(),
                   [](char c) { return c >= ' ' && c < 0x7f; }))
    fields.refuse("user_code", "must be printable");
  if (!fields.fault().empty()) return fail(fields.fault());
  return code;
}

std::string read_error_code(std::string_view json) {
  return first_text(json, {"error", "detail"});
}

std::string read_action(std::string_view json) {
  return first_text(json, {"action"});
}

Result<Organization> parse_organization(std::string_view text) {
  auto seen = organization_of(Json::parse(text, nullptr, false));
  if (!seen) return fail("Sentry's answer names no organization");
  return std::move(*seen);
}

Result<std::vector<Organization>> parse_organizations(std::string_view text) {
  const Json document = Json::parse(text, nullptr, false);
  if (!document.is_array()) return fail("Sentry's answer is not a list of organizations");
  std::vector<Organization> all;
  for (const Json& entry : document)
    if (auto seen = organization_of(entry)) all.push_back(std::move(*seen));
  return all;
}

Secret format_members(const Parameters& members) {
  nlohmann::ordered_json json = nlohmann::ordered_json::object();
  for (const auto& [name, value] : members) json[name] = value;
  return Secret(json.dump(-1, ' ', false, Json::error_handler_t::replace));
}

std::string format_claims(std::string_view client_id, int64_t issued_at, int64_t expires_at,
                          std::string_view unique) {
  nlohmann::ordered_json json;
  json["iss"] = client_id;
  json["sub"] = client_id;
  json["iat"] = issued_at;
  json["exp"] = expires_at;
  json["jti"] = unique;
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace postern::grants
