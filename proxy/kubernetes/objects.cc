#include "kubernetes/objects.h"

#include <array>
#include <chrono>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/base64.h"
#include "base/printable.h"

namespace postern::kubernetes {
namespace {

using Json = nlohmann::json;

constexpr size_t kMostOfMessage = 400;

// The library's own messages quote the input, so none of them gets out.
Result<Json> parse_object(std::string_view text) {
  if (text.size() > kMaxObject) return fail("it is longer than 3 MiB");
  Json json = Json::parse(text, nullptr, false);
  if (!json.is_object()) return fail("it is not a JSON object");
  return json;
}

// An empty object when there is none of that name.
const Json& object_in(const Json& object, const char* name) {
  static const Json empty = Json::object();
  const auto found = object.find(name);
  return found != object.end() && found->is_object() ? *found : empty;
}

std::string text_in(const Json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

uint64_t number_in(const Json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_number_unsigned() ? found->get<uint64_t>() : 0;
}

std::string version_of(const Json& object) {
  return text_in(object_in(object, "metadata"), "resourceVersion");
}

// As metav1.MicroTime has it, which insists on six digits.
std::string micro_time(WallTime time) {
  const auto micros = std::chrono::floor<std::chrono::microseconds>(time);
  const auto whole = std::chrono::floor<std::chrono::seconds>(micros);
  const std::time_t second = std::chrono::system_clock::to_time_t(whole);
  std::tm parts{};
  gmtime_r(&second, &parts);
  std::array<char, 64> out{};
  const size_t size = std::strftime(out.data(), out.size(), "%Y-%m-%dT%H:%M:%S", &parts);
  std::snprintf(out.data() + size, out.size() - size, ".%06ldZ",
                static_cast<long>((micros - whole).count()));
  return out.data();
}

Secret patch_of(const std::string& resource_version, const char* name, Json part) {
  Json patch;
  patch["metadata"]["resourceVersion"] = resource_version;
  patch[name] = std::move(part);
  return Secret(patch.dump(-1, ' ', false, Json::error_handler_t::replace));
}

}  // namespace

Result<SecretObject> parse_secret(std::string_view json) {
  auto object = parse_object(json);
  if (!object) return tl::unexpected(object.error());
  SecretObject secret;
  secret.resource_version = version_of(*object);
  if (secret.resource_version.empty()) return fail("it has no metadata.resourceVersion");
  for (const auto& [key, value] : object_in(*object, "data").items()) {
    auto bytes = text::from_base64(value.is_string() ? value.get<std::string>() : "-");
    if (!bytes) return fail("its data." + text::printable(key, 100) + " is not base64");
    secret.data.emplace(key, std::move(*bytes));
  }
  return secret;
}

Result<LeaseObject> parse_lease(std::string_view json) {
  auto object = parse_object(json);
  if (!object) return tl::unexpected(object.error());
  const Json& spec = object_in(*object, "spec");
  LeaseObject lease{version_of(*object),
                    text_in(spec, "holderIdentity"),
                    number_in(spec, "leaseDurationSeconds"),
                    number_in(spec, "leaseTransitions"),
                    text_in(spec, "acquireTime"),
                    text_in(spec, "renewTime")};
  if (lease.resource_version.empty()) return fail("it has no metadata.resourceVersion");
  return lease;
}

Secret format_secret_patch(const std::string& resource_version, const std::string& key,
                           std::string_view value) {
  Json data;
  data[key] = text::to_base64(value).reveal();
  return patch_of(resource_version, "data", std::move(data));
}

Secret format_taking(const LeaseObject& lease, WallTime now) {
  const std::string time = micro_time(now);
  return patch_of(lease.resource_version, "spec",
                  {{"holderIdentity", lease.holder},
                   {"leaseDurationSeconds", lease.seconds},
                   {"leaseTransitions", lease.transitions},
                   {"acquireTime", time},
                   {"renewTime", time}});
}

Secret format_renewal(const std::string& resource_version, WallTime now) {
  return patch_of(resource_version, "spec", {{"renewTime", micro_time(now)}});
}

Secret format_release(const std::string& resource_version) {
  return patch_of(resource_version, "spec", {{"holderIdentity", ""}});
}

std::string message_of(std::string_view json) {
  const auto object = parse_object(json);
  return object ? text::printable(text_in(*object, "message"), kMostOfMessage) : "";
}

Result<WatchEvent> parse_watch_event(std::string_view json) {
  const auto line = parse_object(json);
  if (!line) return tl::unexpected(line.error());
  const std::string type = text_in(*line, "type");
  const Json& object = object_in(*line, "object");
  WatchEvent event;
  event.resource_version = version_of(object);
  if (type == "ADDED" || type == "MODIFIED" || type == "DELETED") {
    event.kind = WatchEvent::Kind::kChanged;
  } else if (type == "BOOKMARK") {
    event.kind = WatchEvent::Kind::kBookmark;
  } else if (type == "ERROR") {
    event.code = static_cast<int>(number_in(object, "code") % 1000);
    event.message = text::printable(text_in(object, "message"), kMostOfMessage);
  } else {
    return fail("it tells of an event that is not known");
  }
  return event;
}

}  // namespace postern::kubernetes
