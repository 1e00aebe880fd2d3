#include "applications.h"

#include <filesystem>

namespace postern::sandbox {
namespace {

struct Parts {
  std::string scheme;
  std::string host;
  std::string port;
  std::string path;
  std::string query;
};

Parts parts_of(std::string_view uri) {
  Parts parts;
  const auto colon = uri.find("://");
  if (colon == std::string_view::npos) return parts;
  parts.scheme = uri.substr(0, colon);
  uri.remove_prefix(colon + 3);
  const auto authority_end = uri.find_first_of("/?");
  std::string_view authority = uri.substr(0, authority_end);
  if (authority_end != std::string_view::npos) {
    std::string_view rest = uri.substr(authority_end);
    const auto question = rest.find('?');
    parts.path = rest.substr(0, question);
    if (question != std::string_view::npos) parts.query = rest.substr(question);
  }
  const auto port = authority.rfind(':');
  if (port != std::string_view::npos && authority.find(']', port) == std::string_view::npos) {
    parts.port = authority.substr(port + 1);
    authority = authority.substr(0, port);
  }
  parts.host = authority;
  return parts;
}

std::string normalised(const std::string& uri) {
  const Parts parts = parts_of(uri);
  std::string path = std::filesystem::path(parts.path).lexically_normal().string();
  if (path.size() > 1 && path.back() == '/') path.pop_back();
  if (path.empty()) path = "/";
  const std::string port = parts.port.empty() ? "" : ":" + parts.port;
  return parts.scheme + "://" + parts.host + port + path + parts.query;
}

bool is_loopback(const std::string& host) {
  return host == "127.0.0.1" || host == "localhost" || host == "[::1]";
}

bool matches_loopback(const std::string& registered, const std::string& uri) {
  const Parts known = parts_of(registered);
  const Parts asked = parts_of(uri);
  return known.port.empty() && is_loopback(known.host) && known.host == asked.host &&
         known.scheme == asked.scheme && known.path == asked.path && known.query == asked.query;
}

}  // namespace

Applications::Applications(const Options& options) {
  Application main{options.client_id, options.client_secret, options.redirect_uris};
  if (options.client_secret.empty()) main.secret.reset();
  all_.push_back(std::move(main));
  all_.push_back({"sandbox-public", std::nullopt, options.redirect_uris});
}

Application* Applications::find(std::string_view id) {
  for (Application& application : all_) {
    if (application.id == id) return &application;
  }
  return nullptr;
}

bool may_redirect(const Application& application, const std::string& uri) {
  const Parts parts = parts_of(uri);
  if (parts.scheme != "http" && parts.scheme != "https") return false;
  for (const std::string& registered : application.redirect_uris) {
    if (normalised(registered) == normalised(uri)) return true;
    if (matches_loopback(registered, uri)) return true;
    if (application.version == 0 && uri.rfind(registered, 0) == 0) return true;
  }
  return false;
}

}  // namespace postern::sandbox
