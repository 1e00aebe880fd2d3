// What calls to the Kubernetes API server have in common: the way there, and the fields.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "base/secret.h"
#include "http/field.h"
#include "http/upstream.h"
#include "http/writer.h"
#include "kubernetes/options.h"
#include "wire/options.h"

namespace postern::wire {

// Of a pool to the server that `options` names; no egress proxy is used. `silence`: the longest
// inside an answer.
UpstreamOptions kubernetes_upstream(const kubernetes::Options& options, Duration silence);

// "Bearer …" from the file as it is now, since kubelet renews it.
Result<Secret> kubernetes_authorization(const kubernetes::Options& options);

// The head of one request. It is pointed into by what outgoing() returns, as long as the call
// lives.
class KubernetesHead final {
 public:
  KubernetesHead(std::string authority, std::string target, Secret authorization);
  KubernetesHead(const KubernetesHead&) = delete;
  KubernetesHead& operator=(const KubernetesHead&) = delete;

  http::OutgoingRequest get() const;
  http::OutgoingRequest patch(size_t body_size);

 private:
  const std::string authority_;
  const std::string target_;
  const Secret authorization_;
  http::Fields fields_;
};

// "10.96.0.1:443" of "https://10.96.0.1:443".
std::string kubernetes_authority(const kubernetes::Options& options);

// "resolve: no such host", with the server's name before it.
std::string kubernetes_trouble(const kubernetes::Options& options, const http::Failure& failure);

}  // namespace postern::wire
