// A keeper's status, in the words of the status document.
#pragma once

#include "admin/status_report.h"
#include "base/clock.h"
#include "grants/keeper.h"

namespace postern::admin {

GrantReport report_of(const grants::Keeper& keeper, WallTime now);

}  // namespace postern::admin
