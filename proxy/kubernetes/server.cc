#include "kubernetes/server.h"

namespace postern::kubernetes {
namespace {

constexpr int kForbidden = 403;
constexpr int kTooManyRequests = 429;

std::string advice(int status) {
  if (status == kUnauthorized)
    return "it does not accept the token of the service account (store.kubernetes.token_file)";
  if (status == kForbidden)
    return "bind the role of deploy/kubernetes/gateway/overlays/shared-login to the pod's service "
           "account";
  if (status == kTooManyRequests) return "it is asked too often";
  return "it cannot answer just now";
}

}  // namespace

std::optional<Failure> refusal_of(int status, std::string_view message, std::string_view server) {
  const bool is_about_us =
      status == kUnauthorized || status == kForbidden || status == kTooManyRequests;
  const bool is_about_object = status >= kOk && status < 500 && !is_about_us && status / 100 != 3;
  if (is_about_object) return {};
  std::string what = std::string(server) + " answered with " + std::to_string(status);
  if (!message.empty()) what += ": " + std::string(message);
  return Failure{what + "; " + advice(status)};
}

}  // namespace postern::kubernetes
