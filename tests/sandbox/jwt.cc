#include "jwt.h"

#include <charconv>
#include <optional>

#include "digest.h"
#include "json.h"
#include "message.h"

namespace postern::sandbox {
namespace {

std::optional<JsonObject> read_part(const std::string& part) {
  const auto text = base64url_decode(part);
  return text ? JsonObject::parse(*text) : std::nullopt;
}

// A number of seconds; fractions are cut off.
std::optional<std::int64_t> read_time(const JsonObject& claims, std::string_view name) {
  if (claims.text(name)) return std::nullopt;
  for (const auto& [key, value] : claims.scalars()) {
    std::int64_t seconds = 0;
    if (key != name) continue;
    const auto result = std::from_chars(value.data(), value.data() + value.size(), seconds);
    if (result.ec == std::errc()) return seconds;
  }
  return std::nullopt;
}

// What is wrong with the signature or its algorithm.
std::string problem_of_signature(const std::vector<std::string>& parts, std::string_view secret) {
  const auto header = read_part(parts[0]);
  if (!header) return "Invalid header string";
  if (header->text("alg").value_or("") != "HS256") return "The specified alg value is not allowed";
  const auto signature = base64url_decode(parts[2]);
  if (signature != hmac_sha256(secret, parts[0] + "." + parts[1])) {
    return "Signature verification failed";
  }
  return "";
}

std::string problem_of_claims(const JsonObject& claims, std::int64_t now_s) {
  for (const std::string_view name : {"iss", "sub", "iat", "exp", "jti"}) {
    if (!claims.has(name)) return "Token is missing the \"" + std::string(name) + "\" claim";
  }
  const auto issued = read_time(claims, "iat");
  const auto expires = read_time(claims, "exp");
  if (!issued) return "Issued At claim (iat) must be an integer.";
  if (!expires) return "Expiration Time claim (exp) must be an integer.";
  if (*issued > now_s) return "The token is not yet valid (iat)";
  return *expires <= now_s ? "Signature has expired" : "";
}

}  // namespace

Assertion read_assertion(std::string_view text, std::string_view secret, std::int64_t now_s) {
  Assertion assertion;
  const std::vector<std::string> parts = split(text, '.');
  if (parts.size() != 3) {
    assertion.problem = "Not enough segments";
    return assertion;
  }
  assertion.problem = problem_of_signature(parts, secret);
  if (!assertion.problem.empty()) return assertion;
  const auto claims = read_part(parts[1]);
  assertion.problem = claims ? problem_of_claims(*claims, now_s) : "Invalid payload string";
  if (!assertion.problem.empty()) return assertion;
  assertion.issuer = claims->text("iss").value_or("");
  assertion.subject = claims->text("sub").value_or("");
  assertion.id = claims->text("jti").value_or("");
  return assertion;
}

}  // namespace postern::sandbox
