// The status page: the HTML of GET / and of its parts, which the page's script asks for again when
// they have changed. Everything that comes from Sentry, callers or the configuration is escaped.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "admin/connect_page.h"
#include "admin/fleet_report.h"
#include "admin/history.h"
#include "admin/inspector.h"
#include "admin/status_report.h"

namespace postern::admin {

// What is shown. Refers to it; a value of a moment.
struct PageView {
  const StatusReport& report;
  const Inspector& inspector;
  const History& history;
  std::string_view configuration;        // as `postern show` prints it, secrets masked
  const ConnectView* connect = nullptr;  // null: the page has no such section to fill
  const FleetReport* fleet = nullptr;    // likewise
};

inline constexpr std::array<std::string_view, 5> kPageParts{"summary", "grants", "limits",
                                                            "upstream", "requests"};

std::string render_page(const PageView& view);
// REQUIRES: `part` is one of kPageParts.
std::string render_part(std::string_view part, const PageView& view);
std::string render_fleet(const FleetReport& report);

}  // namespace postern::admin
