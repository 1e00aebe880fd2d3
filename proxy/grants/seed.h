// Seeding: a read-only first grant, such as a mounted Secret, fills an empty store once.
#pragma once

#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "grants/options.h"
#include "grants/store.h"

namespace postern::grants {

// Parses what the file holds: a stored grant, or an answer of the token endpoint. `text` is its
// contents. Puts it into the store if the store has no such grant; what is stored is never
// replaced, since a seed's refresh token was used up by the first refresh. The value says what
// happened, for the log; the error, why the seed is of no use.
Result<std::string> seed(Store& store, const GrantOptions& grant, std::string_view text,
                         WallTime now);

}  // namespace postern::grants
