#include "kubernetes/cluster.h"

#include <fstream>
#include <utility>

namespace postern::kubernetes {
namespace {

std::string text_of(const Variable& variable, const char* name) {
  const char* value = variable(name);
  return value != nullptr ? value : "";
}

std::string first_word_of(const std::string& path) {
  std::ifstream file(path);
  std::string word;
  file >> word;
  return word;
}

// An IPv6 address stands in brackets in a URL.
std::string origin_of(const std::string& host, const std::string& port) {
  const bool is_ipv6 = host.find(':') != std::string::npos;
  return "https://" + (is_ipv6 ? "[" + host + "]" : host) + ":" + port;
}

}  // namespace

Result<Options> in_cluster(Options options, const Variable& variable,
                           const std::string& account_folder) {
  if (options.server.empty()) {
    const std::string host = text_of(variable, "KUBERNETES_SERVICE_HOST");
    const std::string port = text_of(variable, "KUBERNETES_SERVICE_PORT");
    if (host.empty() || port.empty())
      return fail(
          "store.kubernetes.server is not set, and KUBERNETES_SERVICE_HOST and _PORT are not "
          "either, as they are in a pod");
    options.server = origin_of(host, port);
  }
  if (options.token_file.empty()) options.token_file = account_folder + "/token";
  if (options.ca_file.empty()) options.ca_file = account_folder + "/ca.crt";
  if (options.namespace_name.empty())
    options.namespace_name = first_word_of(account_folder + "/namespace");
  if (options.namespace_name.empty())
    return fail("store.kubernetes.namespace is not set, and there is no " + account_folder +
                "/namespace as in a pod with a mounted service account "
                "(automountServiceAccountToken)");
  return options;
}

}  // namespace postern::kubernetes
