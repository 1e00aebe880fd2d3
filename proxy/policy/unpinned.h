// Does an entry of policy.unpinned free anything?
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "policy/catalogue.h"

namespace postern::policy {

// What is doubtful about an entry that has no fault (unpinned_fault): no template of the catalogue
// fits it, so it is either misspelt or about something that the table does not know. Nothing: it
// names an endpoint. The words follow the entry.
std::optional<std::string> unpinned_doubt(std::string_view entry, const Catalogue& catalogue);

}  // namespace postern::policy
