// The stores that a configuration names.
#pragma once

#include <memory>
#include <string>

#include "base/log.h"
#include "base/result.h"
#include "config/options.h"
#include "grants/store.h"
#include "kubernetes/options.h"
#include "redis/options.h"

namespace postern::runtime {

// The store of every grant that is not static, sealed if there is a key. One on a network is not
// asked for anything yet. `logger` may be null.
Result<std::unique_ptr<grants::Store>> open_store(const config::Options& options,
                                                  log::Logger* logger = nullptr);

// What a person calls the Redis that these name: "redis://host:6379". Empty: they name none.
std::string place_of(const redis::Options& options);

// Is it there already? Opening makes the folder, which then belongs to whoever asked first. One on
// a network is taken to be there.
bool has_store(const config::StoreOptions& options);

// The cluster that the settings name, or that this pod is in. The error says which setting is
// missing.
Result<kubernetes::Options> cluster_of(const config::StoreOptions& options);

}  // namespace postern::runtime
