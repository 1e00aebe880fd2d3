// postern-sandbox: a pretend Sentry.
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <memory>
#include <string>

#include "options.h"
#include "server.h"
#include "site.h"
#include "tls.h"
#include "world.h"

namespace postern::sandbox {
namespace {

// Written beside and moved into place, so that who waits for the file never reads half of it.
bool write_file(const std::string& path, const std::string& text) {
  if (path.empty()) return true;
  const std::string fresh = path + ".new";
  std::ofstream file(fresh, std::ios::trunc);
  file << text;
  file.close();
  if (file.good() && std::rename(fresh.c_str(), path.c_str()) == 0) return true;
  std::cerr << "postern-sandbox: cannot write " << path << "\n";
  return false;
}

std::string with_port(std::string text, std::uint16_t port) {
  const auto at = text.find("PORT");
  if (at != std::string::npos) text.replace(at, 4, std::to_string(port));
  return text;
}

std::string address_of(const Options& options, std::uint16_t port) {
  const std::string host = options.listen.substr(0, options.listen.rfind(':'));
  return (options.http ? "http://" : "https://") + host + ":" + std::to_string(port);
}

std::unique_ptr<TlsIdentity> make_identity(const Options& options) {
  if (options.http) return nullptr;
  const PublicHosts hosts(options.public_base);
  return std::make_unique<TlsIdentity>(hosts.certificate_names(options.organizations),
                                       options.tls_max);
}

bool write_results(const Options& options, World& world, const TlsIdentity* tls,
                   std::uint16_t port) {
  if (tls != nullptr && !write_file(options.ca_out, tls->ca_pem())) return false;
  if (!options.grant_out.empty()) {
    const auto scopes = split(options.scopes, ' ');
    const Grant& grant = world.tokens.issue(world.oauth.make_grant(options.client_id, scopes));
    if (!write_file(options.grant_out, world.oauth.answer_for(grant).text() + "\n")) return false;
  }
  // Last: who waits for the port may read the others.
  return write_file(options.port_file, std::to_string(port) + "\n");
}

int serve(const Options& options) {
  const std::unique_ptr<TlsIdentity> tls = make_identity(options);
  std::unique_ptr<World> world;
  Server* self = nullptr;
  Server server(tls ? tls->context() : nullptr, [&](const Request& request) {
    return answer_site({*world, self, tls.get()}, request);
  });
  self = &server;
  const std::uint16_t port = server.listen(options.listen);
  if (port == 0) {
    std::cerr << "postern-sandbox: cannot listen on " << options.listen << "\n";
    return 1;
  }
  world = std::make_unique<World>(options, with_port(options.public_base, port));
  if (!write_results(options, *world, tls.get(), port)) return 1;
  if (!options.quiet) {
    std::cout << "sandbox at " << address_of(options, port) << ", links to "
              << world->hosts.region();
    if (tls && !options.ca_out.empty()) std::cout << ", CA in " << options.ca_out;
    std::cout << std::endl;
  }
  server.run();
  return 0;
}

}  // namespace
}  // namespace postern::sandbox

int main(int argc, char** argv) {
  using namespace postern::sandbox;
  std::signal(SIGPIPE, SIG_IGN);
  Options options;
  std::string problem;
  switch (parse_options(argc, argv, options, problem)) {
    case Parsed::kHelp:
      std::cout << usage();
      return 0;
    case Parsed::kWrong:
      std::cerr << "postern-sandbox: " << problem << "\nTry postern-sandbox --help\n";
      return 2;
    case Parsed::kRun:
      break;
  }
  return serve(options);
}
