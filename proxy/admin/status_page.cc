#include "admin/status_page.h"

#include "admin/html.h"
#include "admin/page_parts.h"
#include "admin/web_files.h"

namespace postern::admin {
namespace {

// The text behind a mark such as {{grants}}; the marks stand in web/page.html.
std::string fill(std::string_view mark, const PageView& view) {
  if (mark == "configuration") return html(view.configuration);
  if (mark == "connect") return view.connect == nullptr ? "" : render_connect(*view.connect);
  if (mark == "fleet") return view.fleet == nullptr ? "" : render_fleet(*view.fleet);
  return render_part(mark, view);
}

}  // namespace

std::string render_part(std::string_view part, const PageView& view) {
  std::string out;
  if (part == "summary") append_summary(out, view.report);
  if (part == "grants") append_grants(out, view.report);
  if (part == "limits") append_limits(out, view.report, view.history);
  if (part == "upstream") append_upstream(out, view.report, view.inspector);
  if (part == "requests") append_requests(out, view.inspector);
  return out;
}

std::string render_page(const PageView& view) {
  std::string out;
  std::string_view rest = page_html();
  while (true) {
    const size_t begin = rest.find("{{");
    const size_t end = rest.find("}}", begin);
    if (begin == rest.npos || end == rest.npos) break;
    out += rest.substr(0, begin);
    out += fill(rest.substr(begin + 2, end - begin - 2), view);
    rest.remove_prefix(end + 2);
  }
  out += rest;
  return out;
}

}  // namespace postern::admin
