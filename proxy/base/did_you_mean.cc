#include "base/did_you_mean.h"

#include "base/text.h"

namespace postern::text {

std::string did_you_mean(std::string_view candidate) {
  return std::string("; did you mean ").append(candidate).append("?");
}

std::string did_you_mean(std::string_view name, std::span<const std::string_view> candidates) {
  const auto near = nearest(name, candidates);
  return near ? did_you_mean(*near) : "";
}

}  // namespace postern::text
