// The requests that are made: one Secret and one Lease, by their names.
#pragma once

#include <string>
#include <string_view>

#include "base/secret.h"
#include "kubernetes/options.h"
#include "kubernetes/server.h"

namespace postern::kubernetes {

// Names of objects are DNS subdomains (RFC 1123), so they need no encoding.
bool is_object_name(std::string_view name);

Request get_secret(const Options& options);
Request get_lease(const Options& options);
Request patch_secret(const Options& options, Secret patch);
Request patch_lease(const Options& options, Secret patch);

// A patch of nothing, to know whether one would be taken.
Request try_secret(const Options& options);
Request try_lease(const Options& options);

// Of the Secret alone, from the version on; empty: from what is there now, which is told first.
std::string watch_target(const Options& options, const std::string& resource_version);

}  // namespace postern::kubernetes
