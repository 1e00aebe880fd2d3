#include "admin/plot.h"

#include <algorithm>

#include "admin/html.h"
#include "admin/words.h"

namespace postern::admin {
namespace {

constexpr uint64_t kHeight = 48;
constexpr uint64_t kBarWidth = 4;  // and a gap of one
constexpr int64_t kWide = 1000;    // of a waterfall or a gauge

void append_rectangle(std::string& out, std::string_view kind, int64_t x, int64_t width) {
  if (width <= 0) return;
  out += "<rect class=\"" + std::string(kind) + "\" x=\"" + std::to_string(x) +
         "\" y=\"0\" width=\"" + std::to_string(width) + "\" height=\"10\"/>";
}

int64_t share(Duration part, Duration whole) {
  if (whole <= Duration::zero()) return 0;
  const double share = static_cast<double>(part.count()) / static_cast<double>(whole.count());
  return std::clamp<int64_t>(static_cast<int64_t>(share * kWide), 0, kWide);
}

uint64_t height_of(uint64_t value, uint64_t highest) {
  if (value == 0 || highest == 0) return 1;
  return std::max<uint64_t>(2, value * kHeight / highest);
}

}  // namespace

void append_bars(std::string& out, std::span<const Bar> bars, size_t slots,
                 std::string_view label) {
  uint64_t highest = 0;
  for (const Bar& bar : bars) highest = std::max(highest, bar.value);
  const size_t width = slots * (kBarWidth + 1);
  out += "<svg class=\"bars\" viewBox=\"0 0 " + std::to_string(width) + ' ' +
         std::to_string(kHeight) + "\" preserveAspectRatio=\"none\" role=\"img\" aria-label=\"" +
         html(label) + "\">";
  const size_t shown = std::min(bars.size(), slots);
  size_t x = (slots - shown) * (kBarWidth + 1);
  for (const Bar& bar : bars.last(shown)) {
    const uint64_t height = height_of(bar.value, highest);
    out += "<rect class=\"" + std::string(bar.kind) + (bar.value == 0 ? " none" : "") + "\" x=\"" +
           std::to_string(x) + "\" y=\"" + std::to_string(kHeight - height) + "\" width=\"" +
           std::to_string(kBarWidth) + "\" height=\"" + std::to_string(height) + "\">";
    if (!bar.title.empty()) out += "<title>" + html(bar.title) + "</title>";
    out += "</rect>";
    x += kBarWidth + 1;
  }
  out += "</svg>";
}

void append_waterfall(std::string& out, const InspectedRequest& request, Duration longest) {
  const int64_t queue = share(request.queue, longest);
  const int64_t upstream = share(request.upstream, longest);
  // A request that was quick beside the longest is still to be seen.
  const int64_t total = std::max<int64_t>(share(request.total, longest), 6);
  out +=
      "<svg class=\"waterfall\" viewBox=\"0 0 1000 10\" preserveAspectRatio=\"none\" "
      "role=\"img\" aria-label=\"" +
      html(short_words(request.queue) + " in line, " + short_words(request.upstream) +
           " at Sentry, " + short_words(request.total) + " in all") +
      "\">";
  append_rectangle(out, "rest", 0, total);
  append_rectangle(out, "queue", 0, std::min(queue, total));
  append_rectangle(out, "upstream", std::min(queue, total), std::min(upstream, total - queue));
  out += "</svg>";
}

void append_gauge(std::string& out, int64_t part, int64_t whole, std::string_view kind) {
  const int64_t most = std::max<int64_t>(whole, 1);
  const int64_t width = std::clamp<int64_t>(part, 0, most) * kWide / most;
  out +=
      "<svg class=\"gauge\" viewBox=\"0 0 1000 10\" preserveAspectRatio=\"none\" "
      "aria-hidden=\"true\"><rect class=\"track\" x=\"0\" y=\"0\" width=\"1000\" "
      "height=\"10\"/>";
  append_rectangle(out, kind, 0, width);
  out += "</svg>";
}

}  // namespace postern::admin
