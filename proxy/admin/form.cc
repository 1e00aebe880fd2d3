#include "admin/form.h"

#include <optional>

#include "base/percent.h"
#include "base/text.h"

namespace postern::admin {
namespace {

// Nothing: not valid.
std::optional<std::string> decode(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const bool is_encoded = text.front() == '%';
    const int byte =
        is_encoded ? text::percent_byte(text) : static_cast<unsigned char>(text.front());
    if (byte < ' ' || byte == 0x7f) return std::nullopt;
    out.push_back(byte == '+' && !is_encoded ? ' ' : static_cast<char>(byte));
    text.remove_prefix(is_encoded ? 3 : 1);
  }
  return out;
}

}  // namespace

Form::~Form() {
  for (auto& [name, value] : fields_) wipe_memory(value.data(), value.size());
}

Result<Form> Form::parse(std::string_view body) {
  Form form;
  while (!body.empty()) {
    std::string_view value = text::take_until(body, '&');
    if (value.empty()) continue;
    auto name = decode(text::take_until(value, '='));
    auto decoded = decode(value);
    if (!name || !decoded) return fail("the form is not encoded in the right way");
    if (form.fields_.size() == kMostFields) return fail("the form has too many fields");
    form.fields_.emplace_back(std::move(*name), std::move(*decoded));
  }
  return form;
}

std::string_view Form::value(std::string_view name) const {
  std::string_view found;
  bool is_there = false;
  for (const auto& [one, value] : fields_) {
    if (one != name) continue;
    if (is_there) return {};
    is_there = true;
    found = value;
  }
  return found;
}

std::vector<std::string> Form::words(std::string_view name) const {
  std::vector<std::string> all;
  const std::string prefix = std::string(name) + '.';
  for (const auto& [one, value] : fields_) {
    if (one != name && !std::string_view(one).starts_with(prefix)) continue;
    std::string_view rest = value;
    while (!rest.empty()) {
      const std::string_view word = text::take_until(rest, ' ');
      if (!word.empty()) all.emplace_back(word);
    }
  }
  return all;
}

}  // namespace postern::admin
