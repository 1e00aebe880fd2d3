#include "policy/api_path.h"

#include "base/text.h"

namespace postern::policy {

std::optional<ApiPath> split_api_path(std::string_view path) {
  std::optional<ApiPath> out;
  if (!path.starts_with(kApiPrefix)) return out;
  ApiPath& split = out.emplace();
  split.slash = path.back() == '/';
  std::string_view rest = path.substr(kApiPrefix.size());
  while (!rest.empty() && split.count < split.segments.size())
    split.segments[split.count++] = text::take_until(rest, '/');
  return out;
}

std::string_view ApiPath::behind(size_t known, std::string_view path) const {
  if (known == count) return {};
  return path.substr(static_cast<size_t>(segments[known].data() - path.data()));
}

}  // namespace postern::policy
