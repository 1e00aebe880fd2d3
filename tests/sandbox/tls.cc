#include "tls.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include <array>
#include <cstdlib>
#include <ctime>

namespace postern::sandbox {
namespace {

constexpr long kYear = 365L * 24 * 3600;
constexpr long kDay = 24L * 3600;

template <typename T, void (*Free)(T*)>
struct Deleter {
  void operator()(T* value) const { Free(value); }
};
using Key = std::unique_ptr<EVP_PKEY, Deleter<EVP_PKEY, EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Deleter<X509, X509_free>>;

void require(bool fine) {
  if (fine) return;
  ERR_print_errors_fp(stderr);
  std::abort();
}

void extend(X509* certificate, X509* issuer, int kind, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str());
  require(extension != nullptr && X509_add_ext(certificate, extension, -1) == 1);
  X509_EXTENSION_free(extension);
}

// A certificate without extensions and signature.
Certificate draft(EVP_PKEY* key, const char* name, X509* issuer) {
  Certificate certificate(X509_new());
  X509* x = certificate.get();
  X509_set_version(x, X509_VERSION_3);
  std::array<unsigned char, 8> serial{};
  RAND_bytes(serial.data(), static_cast<int>(serial.size()));
  serial[0] &= 0x7f;
  BIGNUM* number = BN_bin2bn(serial.data(), static_cast<int>(serial.size()), nullptr);
  BN_to_ASN1_INTEGER(number, X509_get_serialNumber(x));
  BN_free(number);
  // A day back, so that clients whose clock is behind accept it.
  X509_gmtime_adj(X509_getm_notBefore(x), -kDay);
  X509_gmtime_adj(X509_getm_notAfter(x), kYear);
  X509_set_pubkey(x, key);
  X509_NAME* subject = X509_get_subject_name(x);
  X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(name), -1, -1, 0);
  X509_set_issuer_name(x, issuer == nullptr ? subject : X509_get_subject_name(issuer));
  return certificate;
}

std::string pem_of(X509* certificate) {
  BIO* memory = BIO_new(BIO_s_mem());
  require(PEM_write_bio_X509(memory, certificate) == 1);
  char* data = nullptr;
  const long size = BIO_get_mem_data(memory, &data);
  std::string text(data, static_cast<std::size_t>(size));
  BIO_free(memory);
  return text;
}

std::string alternative_names(const std::vector<std::string>& names) {
  std::string text = "DNS:localhost,IP:127.0.0.1,IP:::1";
  for (const std::string& name : names) {
    const bool known = name == "localhost" || name == "127.0.0.1" || name.find(':') < name.size();
    if (!known) text += ",DNS:" + name;
  }
  return text;
}

int counts_index() {
  static const int index = SSL_CTX_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
  return index;
}

// Marks connections whose handshake was counted: OpenSSL may report the end of one twice.
int counted_index() {
  static const int index = SSL_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
  return index;
}

}  // namespace

TlsIdentity::TlsIdentity(const std::vector<std::string>& names, const std::string& max)
    : counts_(std::make_unique<TlsCounts>()) {
  const Key ca_key(EVP_EC_gen("P-256"));
  const Key key(EVP_EC_gen("P-256"));
  const Certificate ca = draft(ca_key.get(), "Postern sandbox CA", nullptr);
  extend(ca.get(), ca.get(), NID_basic_constraints, "critical,CA:TRUE");
  extend(ca.get(), ca.get(), NID_key_usage, "critical,keyCertSign,cRLSign");
  extend(ca.get(), ca.get(), NID_subject_key_identifier, "hash");
  require(X509_sign(ca.get(), ca_key.get(), EVP_sha256()) > 0);
  const Certificate leaf = draft(key.get(), "Postern sandbox", ca.get());
  extend(leaf.get(), ca.get(), NID_basic_constraints, "critical,CA:FALSE");
  extend(leaf.get(), ca.get(), NID_ext_key_usage, "serverAuth");
  extend(leaf.get(), ca.get(), NID_authority_key_identifier, "keyid:always");
  extend(leaf.get(), ca.get(), NID_subject_alt_name, alternative_names(names));
  require(X509_sign(leaf.get(), ca_key.get(), EVP_sha256()) > 0);
  ca_pem_ = pem_of(ca.get());

  context_ = SSL_CTX_new(TLS_server_method());
  require(SSL_CTX_use_certificate(context_, leaf.get()) == 1);
  require(SSL_CTX_use_PrivateKey(context_, key.get()) == 1);
  SSL_CTX_set_min_proto_version(context_, TLS1_2_VERSION);
  if (max == "1.2") SSL_CTX_set_max_proto_version(context_, TLS1_2_VERSION);
  const std::string name = "postern-sandbox";
  SSL_CTX_set_session_id_context(context_, reinterpret_cast<const unsigned char*>(name.data()),
                                 static_cast<unsigned>(name.size()));
  SSL_CTX_set_ex_data(context_, counts_index(), counts_.get());
  SSL_CTX_set_info_callback(context_, &TlsIdentity::on_info);
}

TlsIdentity::~TlsIdentity() {
  SSL_CTX_free(context_);
}

void TlsIdentity::on_info(const SSL* ssl, int where, int) {
  if ((where & SSL_CB_HANDSHAKE_DONE) == 0) return;
  if (SSL_get_ex_data(ssl, counted_index()) != nullptr) return;
  auto* counts = static_cast<TlsCounts*>(SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), counts_index()));
  SSL_set_ex_data(const_cast<SSL*>(ssl), counted_index(), counts);
  ++(SSL_session_reused(ssl) == 1 ? counts->resumed : counts->full);
  ++(SSL_version(ssl) == TLS1_3_VERSION ? counts->tls13 : counts->tls12);
}

void TlsIdentity::forget_sessions() {
  std::array<unsigned char, 80> keys{};
  RAND_bytes(keys.data(), static_cast<int>(keys.size()));
  SSL_CTX_set_tlsext_ticket_keys(context_, keys.data(), static_cast<long>(keys.size()));
  SSL_CTX_flush_sessions(context_, 0);
}

}  // namespace postern::sandbox
