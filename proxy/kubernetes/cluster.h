// Where the API server is, as Kubernetes tells each of its pods.
#pragma once

#include <functional>
#include <string>

#include "base/result.h"
#include "kubernetes/options.h"

namespace postern::kubernetes {

// The folder that kubelet mounts: token, ca.crt, namespace.
inline constexpr const char* kAccountFolder = "/var/run/secrets/kubernetes.io/serviceaccount";

// The value of an environment variable; null when it is not set.
using Variable = std::function<const char*(const char* name)>;

// `options` with all that was left empty filled in: the server from KUBERNETES_SERVICE_HOST and
// _PORT, the files from `account_folder`. The error says which setting is missing and why.
Result<Options> in_cluster(Options options, const Variable& variable,
                           const std::string& account_folder = kAccountFolder);

}  // namespace postern::kubernetes
