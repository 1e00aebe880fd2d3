// ShareTable and PartsTable as scripts that Redis runs: one key per counter, one per family of
// routes, one question per call.
//
// The table is one packed string, so that a call reads and writes one value; it expires by itself.
// It holds nothing that is not told again within a window, so one that cannot be read is begun
// anew. No clock of the engine enters but for the expiry.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "limits/share.h"

namespace postern::limits {

// EVAL script 2 SHARE-KEY PARTS-KEY arguments… → an array of strings.
std::string_view share_script();
std::vector<std::string> share_arguments(const ShareQuestion& question);
// Nothing: not an answer of the script.
std::optional<ShareAnswer> read_share_answer(const std::vector<std::string>& fields);

// EVAL script 1 PARTS-KEY arguments… → an array of strings.
std::string_view parts_script();
std::vector<std::string> parts_arguments(const PartsQuestion& question);
std::optional<PartsAnswer> read_parts_answer(const std::vector<std::string>& fields);

// EVAL script 2 SHARE-KEY PARTS-KEY, of keys that nobody uses → "usable" or "old", and the version
// as far as it is told. Does what the two above do, so that a person hears what is not allowed.
std::string_view probe_script();

// The key's last part; users, hosts, groups and buckets hold no line end, and neither does it. The
// user is in braces, so that all keys of a user are on one node of a cluster.
std::string share_key_name(const ShareKey& key);
std::string parts_key_name(const ShareKey& key);  // whatever the bucket

}  // namespace postern::limits
