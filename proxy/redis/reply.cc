#include "redis/reply.h"

#include <utility>

#include "base/printable.h"
#include "base/text.h"

namespace postern::redis {
namespace {

// "ERR Error running script (call to f_…): @user_script:1: -READONLY You can't …"
constexpr std::string_view kWrapped = "ERR Error running script";
constexpr std::string_view kPlace = "@user_script:";

std::string_view unwrapped(std::string_view text) {
  if (!text.starts_with(kWrapped)) return text;
  const size_t place = text.find(kPlace);
  if (place == std::string_view::npos) return text;
  const size_t end = text.find(": ", place);
  if (end == std::string_view::npos) return text;
  std::string_view inner = text.substr(end + 2);
  if (inner.starts_with('-')) inner.remove_prefix(1);
  return inner;
}

}  // namespace

std::string_view Reply::error_code() const {
  if (!is_error()) return {};
  std::string_view rest = unwrapped(text);
  return text::take_until(rest, ' ');
}

std::string Reply::shown() const {
  switch (kind) {
    case Kind::kNil:
      return "nothing";
    case Kind::kInteger:
      return "an integer";
    case Kind::kText:
      return "a text";
    case Kind::kStatus:
      return "a status";
    case Kind::kError:
      return text::printable(text);
    case Kind::kArray:
      break;
  }
  return "an array";
}

std::optional<std::vector<std::string>> texts_of(Reply reply) {
  if (!reply.is_array()) return std::nullopt;
  std::vector<std::string> texts;
  texts.reserve(reply.elements.size());
  for (Reply& element : reply.elements) {
    if (!element.is_text()) return std::nullopt;
    texts.push_back(std::move(element.text));
  }
  return texts;
}

}  // namespace postern::redis
