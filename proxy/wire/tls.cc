#include "wire/tls.h"

#include <arpa/inet.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "wire/tls_names.h"

namespace postern::wire {
namespace {

// One recv(2) can fill four records.
constexpr size_t kReadBuffer = 64 * 1024;
constexpr std::array<unsigned char, 9> kAlpn{8, 'h', 't', 't', 'p', '/', '1', '.', '1'};
constexpr unsigned char kHandshakeRecord = 22;  // what a ClientHello comes in
// Each costs us two key derivations and an answer, and the caller next to nothing.
constexpr int kMostKeyUpdates = 64;

bool is_ip(const std::string& host) {
  unsigned char address[16];
  return inet_pton(AF_INET, host.c_str(), address) == 1 ||
         inet_pton(AF_INET6, host.c_str(), address) == 1;
}

// The authorities. A folder of hashed names is read when a name is needed; the one large file that
// holds them all costs 30 ms at every start.
bool load_default_authorities(SSL_CTX* context) {
  if (std::getenv("SSL_CERT_FILE") != nullptr && SSL_CTX_set_default_verify_file(context) != 1)
    return false;
  return SSL_CTX_set_default_verify_dir(context) == 1;
}

std::string file_reason() {
  return errno == ENOENT   ? "no such file"
         : errno == EACCES ? "permission denied"
                           : openssl_reason();
}

Result<void> use_certificate(SSL_CTX* context, const TlsOptions& options) {
  if (options.certificate_file.empty()) return {};
  errno = 0;
  if (SSL_CTX_use_certificate_chain_file(context, options.certificate_file.c_str()) != 1)
    return fail("cannot load the certificate from " + options.certificate_file + ": " +
                file_reason());
  SSL_CTX_set_default_passwd_cb(context, refuse_passphrase);
  errno = 0;
  if (SSL_CTX_use_PrivateKey_file(context, options.key_file.c_str(), SSL_FILETYPE_PEM) == 1)
    return {};
  if (ERR_GET_REASON(ERR_peek_last_error()) == X509_R_KEY_VALUES_MISMATCH)
    return fail("the key in " + options.key_file + " does not belong to the certificate in " +
                options.certificate_file);
  return fail("cannot load the key from " + options.key_file + ": " + file_reason());
}

}  // namespace

std::string openssl_reason() {
  unsigned long code = ERR_peek_last_error();
  const char* reason = code != 0 ? ERR_reason_error_string(code) : nullptr;
  return reason != nullptr ? reason : "unknown error";
}

int refuse_passphrase(char*, int, int, void*) {
  return -1;
}

void SslDelete::operator()(SSL* ssl) const noexcept {
  SSL_free(ssl);
}
void SslDelete::operator()(SSL_CTX* context) const noexcept {
  SSL_CTX_free(context);
}
void SslDelete::operator()(SSL_SESSION* session) const noexcept {
  SSL_SESSION_free(session);
}

Result<std::unique_ptr<TlsContext>> TlsContext::make(const TlsOptions& options) {
  ERR_clear_error();
  SSL_CTX* raw = SSL_CTX_new(TLS_client_method());
  if (raw == nullptr) return fail("cannot set up TLS: " + openssl_reason());
  std::unique_ptr<TlsContext> context(new TlsContext(raw));
  if (options.ca_file.empty()) {
    if (!load_default_authorities(raw))
      return fail("cannot load the system's certificate authorities: " + openssl_reason());
  } else if (SSL_CTX_load_verify_file(raw, options.ca_file.c_str()) != 1) {
    return fail("cannot load certificate authorities from " + options.ca_file + ": " +
                (errno == ENOENT ? "no such file" : openssl_reason()));
  }
  if (!options.resumes) SSL_CTX_set_session_cache_mode(raw, SSL_SESS_CACHE_OFF);
  if (options.http) SSL_CTX_set_alpn_protos(raw, kAlpn.data(), kAlpn.size());
  if (auto used = use_certificate(raw, options); !used) return fail(used.error().what);
  return context;
}

TlsContext::TlsContext(SSL_CTX* context) : context_(context) {
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_read_ahead(context, 1);
  SSL_CTX_set_default_read_buffer_len(context, kReadBuffer);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL_STORE);
  SSL_CTX_sess_set_new_cb(context, &TlsContext::on_new_session);
  SSL_CTX_set_app_data(context, this);
}

TlsContext::~TlsContext() = default;

int TlsContext::on_new_session(SSL* ssl, SSL_SESSION* session) {
  auto* self = static_cast<TlsContext*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl)));
  // A copy, because OpenSSL spoils its own when the connection ends without close_notify.
  self->session_.reset(SSL_SESSION_dup(session));
  return 0;  // the reference stays with OpenSSL
}

std::unique_ptr<TlsStream> TlsContext::connect(int fd, const std::string& host) {
  SSL* ssl = SSL_new(context_.get());
  if (ssl == nullptr) return nullptr;
  std::unique_ptr<TlsStream> stream(new TlsStream(ssl, fd));
  SSL_set_connect_state(ssl);
  if (is_ip(host)) {
    X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host.c_str());
  } else {
    SSL_set1_host(ssl, host.c_str());
    SSL_set_hostflags(ssl,
                      X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
    SSL_set_tlsext_host_name(ssl, host.c_str());
  }
  // A copy for each connection: one session shared by handshakes at the same time is resumed by
  // only some of them.
  if (session_) {
    std::unique_ptr<SSL_SESSION, SslDelete> copy(SSL_SESSION_dup(session_.get()));
    if (copy) SSL_set_session(ssl, copy.get());
  }
  return stream;
}

TlsStream::TlsStream(SSL* ssl, int fd) : ssl_(ssl), fd_(fd) {
  BIO* bio = BIO_new(bio_method());
  BIO_set_data(bio, this);
  BIO_set_init(bio, 1);
  SSL_set_bio(ssl, bio, bio);
}

TlsStream::~TlsStream() {
  // Says close_notify and keeps the session good for resumption; a dead stream must not try.
  if (!dead_ && SSL_is_init_finished(ssl_.get())) {
    ERR_clear_error();
    SSL_shutdown(ssl_.get());
  }
  SSL_set_shutdown(ssl_.get(), SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
}

IoResult TlsStream::handshake() {
  ERR_clear_error();
  int returned = SSL_do_handshake(ssl_.get());
  if (returned == 1) return {IoStatus::kOk, 0};
  const IoResult result = outcome(returned);
  // The peer may never go on; unless it is inside a record, nothing is in the buffers.
  if (result.status == IoStatus::kWouldBlock && SSL_want_read(ssl_.get())) free_buffers();
  return result;
}

IoResult TlsStream::read(std::span<char> into) {
  ERR_clear_error();
  size_t got = 0;
  int returned = SSL_read_ex(ssl_.get(), into.data(), into.size(), &got);
  if (returned == 1) return {IoStatus::kOk, got};
  return outcome(returned);
}

IoResult TlsStream::write(std::string_view bytes) {
  ERR_clear_error();
  size_t put = 0;
  int returned = SSL_write_ex(ssl_.get(), bytes.data(), bytes.size(), &put);
  if (returned == 1) return {IoStatus::kOk, put};
  return outcome(returned);
}

IoResult TlsStream::outcome(int returned) {
  int system_error = errno;
  switch (SSL_get_error(ssl_.get(), returned)) {
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE:
      return {IoStatus::kWouldBlock, 0};
    case SSL_ERROR_ZERO_RETURN:
      return {IoStatus::kEnd, 0};
    case SSL_ERROR_SYSCALL:
      dead_ = true;
      error_ = system_error != 0 ? std::strerror(system_error) : "the connection was closed";
      return {IoStatus::kError, 0};
    default:
      break;
  }
  dead_ = true;
  long verdict = SSL_get_verify_result(ssl_.get());
  if (ERR_GET_REASON(ERR_peek_last_error()) == SSL_R_UNEXPECTED_EOF_WHILE_READING)
    error_ = "the connection was closed without close_notify";
  else if (!SSL_is_init_finished(ssl_.get()) && verdict != X509_V_OK)
    error_ = std::string("certificate verify failed: ") + X509_verify_cert_error_string(verdict);
  else
    error_ = openssl_reason();
  return {IoStatus::kError, 0};
}

bool TlsStream::is_resumed() const {
  return SSL_session_reused(ssl_.get()) == 1;
}
std::string_view TlsStream::version() const {
  return SSL_get_version(ssl_.get());
}
bool TlsStream::has_pending() const {
  return SSL_has_pending(ssl_.get()) == 1;
}
void TlsStream::free_buffers() {
  // Not inside a record: OpenSSL before 3.0.14 would go on in what it has freed (CVE-2024-4741).
  if (std::string_view(SSL_rstate_string(ssl_.get())) == "RH") SSL_free_buffers(ssl_.get());
}
bool TlsStream::is_spoken() const {
  return first_byte_ == kHandshakeRecord;
}
std::vector<std::string> TlsStream::peer_names() const {
  const X509* certificate = SSL_get0_peer_certificate(ssl_.get());
  return certificate != nullptr ? names_of(*certificate) : std::vector<std::string>();
}
bool TlsStream::has_peer_expired() const {
  const X509* certificate = SSL_get0_peer_certificate(ssl_.get());
  return certificate != nullptr && X509_cmp_current_time(X509_get0_notAfter(certificate)) < 0;
}

// NOLINTNEXTLINE(readability-function-size): OpenSSL chose the parameters
void TlsStream::on_message(int is_written, int, int kind, const void* bytes, size_t size, SSL* ssl,
                           void*) {
  const bool is_key_update = is_written == 0 && kind == SSL3_RT_HANDSHAKE && size > 0 &&
                             *static_cast<const unsigned char*>(bytes) == SSL3_MT_KEY_UPDATE;
  if (is_key_update) ++static_cast<TlsStream*>(BIO_get_data(SSL_get_rbio(ssl)))->key_updates_;
}

int TlsStream::on_verified(int is_good, X509_STORE_CTX* verification) {
  if (is_good == 1) return is_good;
  const int index = SSL_get_ex_data_X509_STORE_CTX_idx();
  auto* ssl = static_cast<SSL*>(X509_STORE_CTX_get_ex_data(verification, index));
  auto* stream = static_cast<TlsStream*>(BIO_get_data(SSL_get_rbio(ssl)));
  stream->refused_depth_ = X509_STORE_CTX_get_error_depth(verification);
  return is_good;
}

// ------------------------------------------------------------------------------------------ BIO

BIO_METHOD* TlsStream::bio_method() {
  static BIO_METHOD* const method = [] {
    BIO_METHOD* made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "socket");
    BIO_meth_set_read_ex(made, &TlsStream::bio_read);
    BIO_meth_set_write_ex(made, &TlsStream::bio_write);
    BIO_meth_set_ctrl(made, &TlsStream::bio_control);
    return made;
  }();
  return method;
}

int TlsStream::bio_read(BIO* bio, char* into, size_t size, size_t* got) {
  auto* self = static_cast<TlsStream*>(BIO_get_data(bio));
  BIO_clear_retry_flags(bio);
  *got = 0;
  if (!self->can_read_) {
    BIO_set_retry_read(bio);
    return 0;
  }
  if (self->key_updates_ > kMostKeyUpdates) {
    errno = EPROTO;
    return 0;
  }
  IoResult result = receive(self->fd_, {into, size});
  *got = result.size;
  switch (result.status) {
    case IoStatus::kOk:
      if (self->first_byte_ < 0) self->first_byte_ = static_cast<unsigned char>(*into);
      if (result.size < size) {
        self->can_read_ = false;
        self->guessed_ = true;
      }
      return 1;
    case IoStatus::kWouldBlock:
      self->can_read_ = false;
      BIO_set_retry_read(bio);
      return 0;
    case IoStatus::kEnd:
      BIO_set_flags(bio, BIO_FLAGS_IN_EOF);
      errno = 0;
      return 0;
    case IoStatus::kError:
      return 0;
  }
  return 0;
}

int TlsStream::bio_write(BIO* bio, const char* from, size_t size, size_t* put) {
  auto* self = static_cast<TlsStream*>(BIO_get_data(bio));
  BIO_clear_retry_flags(bio);
  IoResult result = transmit(self->fd_, std::string_view(from, size));
  *put = result.size;
  if (result.status == IoStatus::kOk) return 1;
  if (result.status == IoStatus::kWouldBlock) BIO_set_retry_write(bio);
  return 0;
}

long TlsStream::bio_control(BIO* bio, int command, long, void*) {
  if (command == BIO_CTRL_FLUSH) return 1;
  if (command == BIO_CTRL_EOF) return BIO_test_flags(bio, BIO_FLAGS_IN_EOF) != 0 ? 1 : 0;
  return 0;
}

}  // namespace postern::wire
