#include "wire/tls_server.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <ctime>
#include <limits>
#include <string>
#include <string_view>
#include <system_error>

#include "wire/tls_names.h"

namespace postern::wire {
namespace {

using std::chrono::system_clock;

constexpr std::string_view kAlpn = "http/1.1";
// A caller that comes again sooner needs no whole handshake, and is not verified anew.
constexpr long kTicketSeconds = 3600;
// Of a caller's certificates together. A ticket holds the first one, and at most 64 KiB.
constexpr long kMostCertificates = 60 * 1024;
constexpr std::string_view kSessionContext = "postern";

// The first word is the cause, and the last one what became of it.
bool is_refused_as(int library, int reason) {
  const auto is_it = [&](unsigned long code) {
    return ERR_GET_LIB(code) == library && ERR_GET_REASON(code) == reason;
  };
  return is_it(ERR_peek_error()) || is_it(ERR_peek_last_error());
}

// A plain file that can be read: OpenSSL would wait for whoever writes a pipe.
Result<struct stat> look_at(const std::string& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0 || ::access(path.c_str(), R_OK) != 0)
    return fail("cannot read " + path + ": " + std::generic_category().message(errno));
  if (!S_ISREG(info.st_mode)) return fail(path + " is no plain file");
  return info;
}

// As the system gives secrets to a service: root's, and the service's group may read.
std::optional<std::string> open_to_others(const struct stat& info) {
  if ((info.st_mode & S_IRWXO) != 0) return "by every user of the machine";
  const mode_t forbidden = info.st_uid == 0 ? S_IWGRP | S_IXGRP : S_IRWXG;
  if ((info.st_mode & forbidden) != 0) return "by its group";
  return std::nullopt;
}

system_clock::time_point point_of(const ASN1_TIME* time) {
  std::tm point{};
  if (ASN1_TIME_to_tm(time, &point) != 1) return {};
  return system_clock::from_time_t(::timegm(&point));
}

ValidTime time_of(const X509* certificate) {
  return {point_of(X509_get0_notBefore(certificate)), point_of(X509_get0_notAfter(certificate))};
}

// The first one, and those behind it.
std::vector<const X509*> certificates_shown(SSL_CTX* context) {
  std::vector<const X509*> all{SSL_CTX_get0_certificate(context)};
  STACK_OF(X509)* chain = nullptr;
  SSL_CTX_get0_chain_certs(context, &chain);
  for (int i = 0; i < sk_X509_num(chain); ++i) all.push_back(sk_X509_value(chain, i));
  return all;
}

std::vector<const X509*> authorities_of(SSL_CTX* context) {
  std::vector<const X509*> all;
  const STACK_OF(X509_OBJECT)* objects = X509_STORE_get0_objects(SSL_CTX_get_cert_store(context));
  for (int i = 0; i < sk_X509_OBJECT_num(objects); ++i) {
    const X509* certificate = X509_OBJECT_get0_X509(sk_X509_OBJECT_value(objects, i));
    if (certificate != nullptr) all.push_back(certificate);
  }
  return all;
}

// In any order: looking for an authority sorts them.
bool are_same(const std::vector<const X509*>& some, const std::vector<const X509*>& others) {
  return std::is_permutation(
      some.begin(), some.end(), others.begin(), others.end(),
      [](const X509* one, const X509* other) { return X509_cmp(one, other) == 0; });
}

struct VerificationDelete {
  void operator()(X509_STORE_CTX* verification) const noexcept {
    X509_STORE_CTX_free(verification);
  }
};

// Whoever offers protocols and not this one would not understand our answers.
int choose_protocol(SSL*, const unsigned char** chosen, unsigned char* size,
                    const unsigned char* offered, unsigned offered_size, void*) {
  for (unsigned at = 0; at < offered_size; at += 1U + offered[at]) {
    const size_t length = std::min<size_t>(offered[at], offered_size - at - 1);
    const std::string_view name(reinterpret_cast<const char*>(offered) + at + 1, length);
    if (name != kAlpn) continue;
    *chosen = offered + at + 1;
    *size = static_cast<unsigned char>(length);
    return SSL_TLSEXT_ERR_OK;
  }
  return SSL_TLSEXT_ERR_ALERT_FATAL;
}

// TLS 1.3 gives another ticket with each session that is resumed. All end with the first: an hour
// behind the handshake in which the caller was verified.
int limit_ticket(SSL* ssl, void*) {
  SSL_SESSION* session = SSL_get_session(ssl);
  const long now = SSL_SESSION_get_time(session);
  long end = now + SSL_SESSION_get_timeout(session);
  void* first = nullptr;
  size_t size = 0;
  if (SSL_SESSION_get0_ticket_appdata(session, &first, &size) == 1 && size == sizeof end)
    std::memcpy(&end, first, sizeof end);
  else if (SSL_SESSION_set1_ticket_appdata(session, &end, sizeof end) != 1)
    return 0;
  SSL_SESSION_set_timeout(session, std::max(0L, end - now));
  return 1;
}

}  // namespace

TlsServer::TlsServer(SSL_CTX* context) : context_(context) {
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_read_ahead(context, 1);
  SSL_CTX_set_max_cert_list(context, kMostCertificates);
  SSL_CTX_set_alpn_select_cb(context, choose_protocol, nullptr);
  // Sessions are kept by callers, in tickets.
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_session_id_context(context,
                                 reinterpret_cast<const unsigned char*>(kSessionContext.data()),
                                 static_cast<unsigned>(kSessionContext.size()));
  SSL_CTX_set_timeout(context, kTicketSeconds);
  SSL_CTX_set_session_ticket_cb(context, limit_ticket, nullptr, nullptr);
  SSL_CTX_set_default_passwd_cb(context, refuse_passphrase);
  SSL_CTX_set_msg_callback(context, &TlsStream::on_message);
}

Result<std::shared_ptr<const TlsServer>> TlsServer::make(const ListenTlsOptions& options) {
  ERR_clear_error();
  SSL_CTX* raw = SSL_CTX_new(TLS_server_method());
  if (raw == nullptr) return fail("cannot set up TLS: " + openssl_reason());
  std::shared_ptr<TlsServer> server(new TlsServer(raw));
  if (auto loaded = server->load(options); !loaded) return tl::unexpected(loaded.error());
  if (!options.asks_for_certificates()) return server;
  if (auto loaded = server->load_authorities(options); !loaded)
    return tl::unexpected(loaded.error());
  return server;
}

Result<void> TlsServer::load(const ListenTlsOptions& options) {
  const std::string& certificate = options.certificate_file;
  const std::string& key = options.key_file;
  if (auto seen = look_at(certificate); !seen) return tl::unexpected(seen.error());
  if (SSL_CTX_use_certificate_chain_file(context_.get(), certificate.c_str()) != 1) {
    return fail(is_refused_as(ERR_LIB_PEM, PEM_R_NO_START_LINE)
                    ? certificate + " holds no certificate in PEM"
                    : "cannot use the certificate in " + certificate + ": " + openssl_reason());
  }
  const auto seen = look_at(key);
  if (!seen) return tl::unexpected(seen.error());
  if (const auto who = open_to_others(*seen))
    return fail("the key in " + key + " can be read " + *who + ": chmod 0600 " + key);
  if (SSL_CTX_use_PrivateKey_file(context_.get(), key.c_str(), SSL_FILETYPE_PEM) != 1) {
    if (is_refused_as(ERR_LIB_X509, X509_R_KEY_VALUES_MISMATCH) ||
        is_refused_as(ERR_LIB_X509, X509_R_KEY_TYPE_MISMATCH))
      return fail("the key in " + key + " is not that of the certificate in " + certificate);
    return fail("cannot use the key in " + key +
                ", which has to be in PEM and without a passphrase: " + openssl_reason());
  }
  valid_ = time_of(SSL_CTX_get0_certificate(context_.get()));
  for (const X509* one : certificates_shown(context_.get())) {
    const ValidTime its = time_of(one);
    valid_ = {std::max(valid_.from, its.from), std::min(valid_.until, its.until)};
  }
  names_ = hosts_of(*SSL_CTX_get0_certificate(context_.get()));
  return {};
}

Result<void> TlsServer::load_authorities(const ListenTlsOptions& options) {
  const std::string& file = options.client_ca_file;
  SSL_CTX* context = context_.get();
  if (auto seen = look_at(file); !seen) return tl::unexpected(seen.error());
  STACK_OF(X509_NAME)* names = SSL_load_client_CA_file(file.c_str());
  if (names == nullptr || SSL_CTX_load_verify_file(context, file.c_str()) != 1) {
    sk_X509_NAME_pop_free(names, X509_NAME_free);
    return fail(file + " holds no certificates of authorities in PEM: " + openssl_reason());
  }
  SSL_CTX_set_client_CA_list(context, names);  // told to callers, who choose a certificate by it
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT,
                     &TlsStream::on_verified);
  // An intermediate authority in the file is enough: those above it need not be trusted.
  X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(context), X509_V_FLAG_PARTIAL_CHAIN);
  for (const X509* certificate : authorities_of(context))
    authority_ends_.push_back(time_of(certificate).until);
  std::sort(authority_ends_.begin(), authority_ends_.end());
  return {};
}

bool TlsServer::shows_as(const TlsServer& other) const {
  return are_same(certificates_shown(context_.get()), certificates_shown(other.context_.get()));
}

bool TlsServer::trusts_as(const TlsServer& other) const {
  return are_same(authorities_of(context_.get()), authorities_of(other.context_.get()));
}

bool TlsServer::trusts(const TlsStream& stream) const {
  const std::unique_ptr<X509_STORE_CTX, VerificationDelete> verification(X509_STORE_CTX_new());
  X509_STORE* authorities = SSL_CTX_get_cert_store(context_.get());
  X509* certificate = SSL_get0_peer_certificate(stream.ssl_.get());
  STACK_OF(X509)* behind = SSL_get_peer_cert_chain(stream.ssl_.get());
  if (certificate == nullptr || !verification ||
      X509_STORE_CTX_init(verification.get(), authorities, certificate, behind) != 1)
    return false;
  X509_STORE_CTX_set_default(verification.get(), "ssl_client");
  X509_STORE_CTX_set_flags(verification.get(), X509_V_FLAG_PARTIAL_CHAIN);
  return X509_verify_cert(verification.get()) == 1;
}

std::unique_ptr<TlsStream> TlsServer::accept(int fd) const {
  SSL* ssl = SSL_new(context_.get());
  if (ssl == nullptr) return nullptr;
  SSL_set_accept_state(ssl);
  return std::unique_ptr<TlsStream>(new TlsStream(ssl, fd));
}

}  // namespace postern::wire
