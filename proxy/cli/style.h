// Colours, where they are wanted: https://no-color.org, TERM=dumb, --color.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "cli/arguments.h"
#include "cli/context.h"

namespace postern::cli {

enum class Ink : uint8_t { kPlain, kBold, kGood, kUneasy, kBad };

class Style final {
 public:
  explicit Style(bool is_colored) : is_colored_(is_colored) {}
  std::string paint(Ink ink, std::string_view text) const;

 private:
  bool is_colored_;
};

// Nothing: the word is none of auto, always and never.
std::optional<ColorWhen> color_when(std::string_view word);

// kAuto: on a terminal, unless NO_COLOR says otherwise.
Style make_style(ColorWhen when, const Context& context);

// Is it of the kind that knows no escapes?
bool is_dumb(const config::Environment& environment);

}  // namespace postern::cli
