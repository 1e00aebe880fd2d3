// The endpoint table as text: the one that is part of the program, and how a table is read.
#pragma once

#include <string_view>
#include <vector>

#include "base/result.h"
#include "policy/endpoint.h"

namespace postern::policy {

// conf/sentry-endpoints.tsv, byte for byte, as it was when the program was built.
std::string_view built_in_table();

// The rows in their order. `name` is what the table is called in messages. At most 1 MiB, 4096
// rows, 8 KiB a line. An error lists the faults, one a line, `name:line: what is wrong`, the first
// 20 of them. Each row is looked at by itself: that no two mean the same is the catalogue's matter.
// The endpoints point into `text`. Pure.
Result<std::vector<Endpoint>> read_endpoints(std::string_view text, std::string_view name);

}  // namespace postern::policy
