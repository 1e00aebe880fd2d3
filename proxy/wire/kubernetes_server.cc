#include "wire/kubernetes_server.h"

#include <cerrno>
#include <chrono>
#include <cstring>
#include <fstream>
#include <utility>

namespace postern::wire {
namespace {

constexpr size_t kMaxToken = size_t{16} * 1024;
constexpr std::string_view kScheme = "https://";
// So that whoever watches a call as a whole has the first word.
constexpr Duration kMargin = std::chrono::seconds(1);

}  // namespace

UpstreamOptions kubernetes_upstream(const kubernetes::Options& options, Duration silence) {
  UpstreamOptions upstream;
  upstream.url = options.server;
  upstream.tls.ca_file = options.ca_file;
  upstream.egress_proxy = "none";
  upstream.connect_timeout = options.timeout;
  upstream.queue_timeout = options.timeout;
  upstream.first_byte_timeout = options.timeout + kMargin;
  upstream.idle_timeout = silence + kMargin;
  upstream.max_connections = 1;
  return upstream;
}

Result<Secret> kubernetes_authorization(const kubernetes::Options& options) {
  errno = 0;
  std::ifstream file(options.token_file, std::ios::binary);
  std::string text(kMaxToken, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(file.is_open() && !file.bad() ? static_cast<size_t>(file.gcount()) : 0);
  const Secret all(std::move(text));
  const std::string_view token = all.reveal().substr(0, all.reveal().find_first_of(" \t\r\n"));
  if (token.empty())
    return fail("no token of a service account in " + options.token_file + " (" +
                (errno != 0 ? std::strerror(errno) : "it is empty") +
                "): is it mounted (automountServiceAccountToken)?");
  return Secret("Bearer " + std::string(token));
}

std::string kubernetes_authority(const kubernetes::Options& options) {
  const std::string_view url = options.server;
  return std::string(url.starts_with(kScheme) ? url.substr(kScheme.size()) : url);
}

std::string kubernetes_trouble(const kubernetes::Options& options, const http::Failure& failure) {
  const std::string stage = failure.stage.empty() ? "" : std::string(failure.stage) + ": ";
  return options.server + " cannot be asked: " + stage + failure.detail;
}

KubernetesHead::KubernetesHead(std::string authority, std::string target, Secret authorization)
    : authority_(std::move(authority)),
      target_(std::move(target)),
      authorization_(std::move(authorization)) {
  fields_ = {{"User-Agent", "postern"},
             {"Accept", "application/json", http::FieldName::kAccept},
             {"Accept-Encoding", "identity", http::FieldName::kAcceptEncoding},
             {"Authorization", authorization_.reveal(), http::FieldName::kAuthorization}};
}

http::OutgoingRequest KubernetesHead::get() const {
  http::OutgoingRequest request;
  request.method = http::Method::kGet;
  request.method_text = "GET";
  request.target = target_;
  request.authority = authority_;
  request.fields = &fields_;
  return request;
}

http::OutgoingRequest KubernetesHead::patch(size_t body_size) {
  fields_.push_back(
      {"Content-Type", "application/merge-patch+json", http::FieldName::kContentType});
  http::OutgoingRequest request = get();
  request.method = http::Method::kPatch;
  request.method_text = "PATCH";
  request.framing = http::Framing::of_length(body_size);
  return request;
}

}  // namespace postern::wire
