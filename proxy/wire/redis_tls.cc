#include "wire/redis_tls.h"

#include <cstdlib>
#include <utility>

#include "base/file_mark.h"

namespace postern::wire {
namespace {

TlsOptions tls_options(const redis::Options& options) {
  TlsOptions tls;
  tls.ca_file = options.ca_file;
  tls.certificate_file = options.certificate_file;
  tls.key_file = options.key_file;
  tls.http = false;
  tls.resumes = false;  // what one server has given is nothing to show to another
  return tls;
}

}  // namespace

RedisTls::RedisTls(const redis::Options& options) : options_(tls_options(options)) {}

Result<std::shared_ptr<TlsContext>> RedisTls::context() {
  std::string now = mark();
  if (context_ && now == made_of_) return context_;
  auto made = TlsContext::make(options_);
  if (!made) return fail(made.error().what);
  context_ = std::move(*made);
  made_of_ = std::move(now);
  return context_;
}

// The system's folder of authorities is read whenever one of them is needed.
std::string RedisTls::mark() const {
  const char* of_system = std::getenv("SSL_CERT_FILE");
  std::string all;
  for (const std::string& file : {options_.ca_file, options_.certificate_file, options_.key_file,
                                  std::string(of_system != nullptr ? of_system : "")})
    all += file_mark(file) + "; ";
  return all;
}

}  // namespace postern::wire
