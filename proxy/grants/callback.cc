#include "grants/callback.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/percent.h"
#include "base/printable.h"

namespace postern::grants {
namespace {

constexpr size_t kMaxCode = 512;

// application/x-www-form-urlencoded; nothing for a broken escape.
std::optional<std::string> decoded(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i] == '+' ? ' ' : text[i];
      continue;
    }
    if (i + 2 >= text.size()) return {};
    int high = text::hex_value(text[i + 1]);
    int low = text::hex_value(text[i + 2]);
    if (high < 0 || low < 0) return {};
    out += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return out;
}

// The parameters that matter; one that stands twice makes the query unusable.
struct Answer {
  std::optional<std::string> code;
  std::optional<std::string> state;
  std::optional<std::string> error;
  std::optional<std::string> iss;

  std::optional<std::string>* find(std::string_view name) {
    if (name == "code") return &code;
    if (name == "state") return &state;
    if (name == "error") return &error;
    return name == "iss" ? &iss : nullptr;
  }
};

std::optional<Answer> parse_query(std::string_view query) {
  Answer found;
  while (!query.empty()) {
    std::string_view pair = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(query.size(), pair.size() + 1));
    auto* place = found.find(pair.substr(0, pair.find('=')));
    if (place == nullptr) continue;
    if (place->has_value()) return {};
    size_t equals = pair.find('=');
    auto value = decoded(equals == std::string_view::npos ? "" : pair.substr(equals + 1));
    if (!value) return {};
    *place = std::move(value);
  }
  return found;
}

bool is_code(std::string_view text) {
  if (text.empty() || text.size() > kMaxCode) return false;
  for (char c : text)
    if (c <= ' ' || c > '~') return false;
  return true;
}

}  // namespace

Callback read_callback(std::string_view query, const Secret& state, std::string_view issuer) {
  Callback callback;
  auto found = parse_query(query);
  if (!found || (!found->state && !found->code && !found->error)) return callback;
  bool is_ours = found->state && Secret(std::move(*found->state)) == state;
  if (!is_ours || (found->iss && *found->iss != issuer)) {
    callback.kind = Callback::Kind::kStranger;
  } else if (found->error && !found->code) {
    callback.kind = Callback::Kind::kError;
    callback.error = text::printable(*found->error, 100);
  } else if (found->code && !found->error && is_code(*found->code)) {
    callback.kind = Callback::Kind::kCode;
    callback.code = Secret(std::move(*found->code));
  }
  return callback;
}

Secret read_state(std::string_view query) {
  auto found = parse_query(query);
  return found && found->state ? Secret(std::move(*found->state)) : Secret();
}

Callback read_pasted(std::string_view text, const Secret& state, std::string_view issuer) {
  while (!text.empty() && static_cast<unsigned char>(text.back()) <= ' ') text.remove_suffix(1);
  while (!text.empty() && static_cast<unsigned char>(text.front()) <= ' ') text.remove_prefix(1);
  size_t query = text.find('?');
  if (query != std::string_view::npos) {
    text = text.substr(0, text.find('#'));
    return read_callback(text.substr(query + 1), state, issuer);
  }
  Callback callback;
  if (!is_code(text) || text.find_first_of("/=&") != std::string_view::npos) return callback;
  callback.kind = Callback::Kind::kCode;
  callback.code = Secret(std::string(text));
  return callback;
}

}  // namespace postern::grants
