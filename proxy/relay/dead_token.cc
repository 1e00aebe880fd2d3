#include "relay/dead_token.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <string>

#include "base/text.h"

namespace postern::relay {
namespace {

// What Sentry has said over the years about a token that it does not, or no longer, accept.
constexpr std::array<std::string_view, 8> kDead = {
    "invalid token", "invalid org token",        "token not found",
    "token expired",
    "invalid_token",  // RFC 6750
    "expired_token", "user inactive or deleted", "userapplication inactive or deleted",
};

// A good token in the wrong place: a new one would be refused as well.
constexpr std::array<std::string_view, 3> kNotTheToken = {
    "organization", "organisation",
    "credentials were not provided",  // the endpoint takes no tokens at all
};

bool is_dead_sentence(std::string_view sentence) {
  while (sentence.ends_with('.') || sentence.ends_with(' ')) sentence.remove_suffix(1);
  return std::find(kDead.begin(), kDead.end(), sentence) != kDead.end();
}

bool blames_something_else(std::string_view sentence) {
  return std::any_of(kNotTheToken.begin(), kNotTheToken.end(), [sentence](std::string_view words) {
    return sentence.find(words) != std::string_view::npos;
  });
}

const std::string* string_member(const nlohmann::json& body, const char* key) {
  const auto found = body.find(key);
  return found != body.end() ? found->get_ptr<const std::string*>() : nullptr;
}

bool is_dead_401(const nlohmann::json& body) {
  if (!body.is_object()) return true;  // not Sentry's own words: as good as unread
  const auto detail = body.find("detail");
  if (detail == body.end()) return true;
  const auto* text = detail->get_ptr<const std::string*>();
  if (text == nullptr) return false;  // {"code":"sso-required",…}: about the person
  const std::string sentence = text::lowered(*text);
  return is_dead_sentence(sentence) || !blames_something_else(sentence);
}

bool is_dead_400(const nlohmann::json& body) {
  if (!body.is_object()) return false;
  for (const char* key : {"detail", "error"}) {
    const std::string* text = string_member(body, key);
    if (text != nullptr && is_dead_sentence(text::lowered(*text))) return true;
  }
  return false;
}

}  // namespace

bool says_token_dead(int status, std::optional<std::string_view> text) {
  if (status != 400 && status != 401) return false;
  if (!text) return status == 401;
  const nlohmann::json body = nlohmann::json::parse(*text, nullptr, false);
  return status == 401 ? is_dead_401(body) : is_dead_400(body);
}

}  // namespace postern::relay
