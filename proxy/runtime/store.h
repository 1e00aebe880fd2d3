// The stores that a configuration names.
#pragma once

#include <memory>

#include "base/result.h"
#include "config/options.h"
#include "grants/store.h"

namespace postern::runtime {

// The store of every grant that is not static, sealed if there is a key.
Result<std::unique_ptr<grants::Store>> open_store(const config::StoreOptions& options);

// Is it there already? Opening makes the folder, which then belongs to whoever asked first.
bool has_store(const config::StoreOptions& options);

}  // namespace postern::runtime
