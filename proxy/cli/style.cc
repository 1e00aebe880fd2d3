#include "cli/style.h"

namespace postern::cli {
namespace {

std::string_view value_of(const config::Environment& environment, std::string_view name) {
  const auto found = environment.find(name);
  return found == environment.end() ? std::string_view() : found->second;
}

std::string_view code_of(Ink ink) {
  switch (ink) {
    case Ink::kPlain:
      break;
    case Ink::kBold:
      return "\x1b[1m";
    case Ink::kGood:
      return "\x1b[32m";
    case Ink::kUneasy:
      return "\x1b[33m";
    case Ink::kBad:
      return "\x1b[31m";
  }
  return {};
}

}  // namespace

std::string Style::paint(Ink ink, std::string_view text) const {
  const std::string_view code = code_of(ink);
  if (!is_colored_ || code.empty() || text.empty()) return std::string(text);
  return std::string(code) + std::string(text) + "\x1b[0m";
}

std::optional<ColorWhen> color_when(std::string_view word) {
  if (word == "auto") return ColorWhen::kAuto;
  if (word == "always") return ColorWhen::kAlways;
  if (word == "never") return ColorWhen::kNever;
  return std::nullopt;
}

Style make_style(ColorWhen when, const Context& context) {
  if (when != ColorWhen::kAuto) return Style(when == ColorWhen::kAlways);
  return Style(context.terminal && value_of(context.environment, "NO_COLOR").empty());
}

bool is_dumb(const config::Environment& environment) {
  return value_of(environment, "TERM") == "dumb";
}

}  // namespace postern::cli
