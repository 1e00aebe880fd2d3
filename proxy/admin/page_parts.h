// The parts of the status page, each appended as HTML.
#pragma once

#include <string>
#include <string_view>

#include "admin/history.h"
#include "admin/inspector.h"
#include "admin/status_report.h"

namespace postern::admin {

void append_summary(std::string& out, const StatusReport& report);
void append_grants(std::string& out, const StatusReport& report);
void append_limits(std::string& out, const StatusReport& report, const History& history);
void append_upstream(std::string& out, const StatusReport& report, const Inspector& inspector);
void append_requests(std::string& out, const Inspector& inspector);

// A state in a few words, which are text; `kind` is "good", "warn" or "bad".
std::string pill(std::string_view kind, std::string_view words);

// A row of a description list: nothing for an empty `value`. `value` is text, and is escaped.
void append_fact(std::string& out, std::string_view name, std::string_view value);

}  // namespace postern::admin
