#include "message.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>

namespace postern::sandbox {
namespace {

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

}  // namespace

bool same_without_case(std::string_view left, std::string_view right) {
  return std::equal(left.begin(), left.end(), right.begin(), right.end(),
                    [](char a, char b) { return lower(a) == lower(b); });
}

std::optional<std::string> Fields::get(std::string_view name) const {
  for (const auto& [key, value] : items_) {
    if (key == name) return value;
  }
  return std::nullopt;
}

std::optional<std::string> Fields::header(std::string_view name) const {
  for (const auto& [key, value] : items_) {
    if (same_without_case(key, name)) return value;
  }
  return std::nullopt;
}

std::string Fields::get_or(std::string_view name, std::string_view otherwise) const {
  return get(name).value_or(std::string(otherwise));
}

std::vector<std::string> Fields::all(std::string_view name) const {
  std::vector<std::string> values;
  for (const auto& [key, value] : items_) {
    if (key == name) values.push_back(value);
  }
  return values;
}

std::optional<std::int64_t> Fields::number(std::string_view name) const {
  const auto text = get(name);
  if (!text) return std::nullopt;
  std::int64_t value = 0;
  const char* end = text->data() + text->size();
  const auto [rest, error] = std::from_chars(text->data(), end, value);
  if (error != std::errc() || rest != end) return std::nullopt;
  return value;
}

Reply text_reply(int status, std::string_view content_type, std::string body) {
  Reply reply;
  reply.status = status;
  reply.headers.add("Content-Type", std::string(content_type));
  reply.body = std::move(body);
  return reply;
}

Reply json_reply(int status, const Json& body) {
  return text_reply(status, "application/json", body.text());
}

Reply detail_reply(int status, std::string_view detail) {
  return json_reply(status, Json::object({{"detail", detail}}));
}

Reply redirect_reply(std::string location) {
  Reply reply = text_reply(302, "text/html; charset=utf-8", "");
  reply.headers.add("Location", std::move(location));
  return reply;
}

std::string percent_decode(std::string_view text, bool plus_is_space) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool escaped = text[i] == '%' && i + 2 < text.size() && hex_value(text[i + 1]) >= 0 &&
                         hex_value(text[i + 2]) >= 0;
    if (escaped) {
      out += static_cast<char>(hex_value(text[i + 1]) * 16 + hex_value(text[i + 2]));
      i += 2;
    } else {
      out += text[i] == '+' && plus_is_space ? ' ' : text[i];
    }
  }
  return out;
}

std::string percent_encode(std::string_view text) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) != 0 || c == '-' || c == '.' || c == '_' || c == '~') {
      out += c;
    } else {
      out += {'%', kHex[byte >> 4U], kHex[byte & 15U]};
    }
  }
  return out;
}

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  while (!text.empty()) {
    const auto end = text.find(separator);
    if (end != 0) parts.emplace_back(text.substr(0, end));
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
  return parts;
}

Fields parse_form(std::string_view text) {
  Fields fields;
  for (const std::string& pair : split(text, '&')) {
    const auto equals = pair.find('=');
    const auto value = equals == std::string::npos ? "" : pair.substr(equals + 1);
    fields.add(percent_decode(pair.substr(0, equals), true), percent_decode(value, true));
  }
  return fields;
}

Fields form_of(const Request& request) {
  const std::string type = request.headers.header("Content-Type").value_or("");
  const auto end = type.find_first_of("; ");
  if (!same_without_case(type.substr(0, end), "application/x-www-form-urlencoded")) return {};
  return parse_form(request.body);
}

std::vector<std::string> segments_of(std::string_view path) {
  std::vector<std::string> parts = split(path, '/');
  for (std::string& part : parts) part = percent_decode(part, false);
  return parts;
}

std::string_view reason_of(int status) {
  struct Entry {
    int status;
    std::string_view reason;
  };
  static constexpr std::array<Entry, 27> kReasons = {{
      {200, "OK"},
      {201, "Created"},
      {202, "Accepted"},
      {204, "No Content"},
      {206, "Partial Content"},
      {208, "Already Reported"},
      {301, "Moved Permanently"},
      {302, "Found"},
      {303, "See Other"},
      {304, "Not Modified"},
      {307, "Temporary Redirect"},
      {308, "Permanent Redirect"},
      {400, "Bad Request"},
      {401, "Unauthorized"},
      {403, "Forbidden"},
      {404, "Not Found"},
      {405, "Method Not Allowed"},
      {406, "Not Acceptable"},
      {409, "Conflict"},
      {413, "Request Entity Too Large"},
      {422, "Unprocessable Entity"},
      {429, "Too Many Requests"},
      {500, "Internal Server Error"},
      {501, "Not Implemented"},
      {502, "Bad Gateway"},
      {503, "Service Unavailable"},
      {504, "Gateway Timeout"},
  }};
  for (const Entry& entry : kReasons) {
    if (entry.status == status) return entry.reason;
  }
  return "Unknown";
}

}  // namespace postern::sandbox
