// TLS as a client: one context per server called, or per Redis client; and the stream of a
// connection, which callers have as well (wire/tls_server.h).
#pragma once

#include <openssl/ssl.h>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "wire/options.h"
#include "wire/socket.h"

namespace postern::wire {

std::string openssl_reason();  // why OpenSSL's last call on this thread failed

// A pem_password_cb: nobody is there to be asked for a passphrase.
int refuse_passphrase(char*, int, int, void*);

struct SslDelete {
  void operator()(SSL* ssl) const noexcept;
  void operator()(SSL_CTX* context) const noexcept;
  void operator()(SSL_SESSION* session) const noexcept;
};

class TlsStream;

// Trust, protocol versions and the newest session of one server (if TlsOptions say so). Must
// outlive its streams. One thread.
class TlsContext final {
 public:
  // Reads the authorities and the certificate; the error says which file and why.
  static Result<std::unique_ptr<TlsContext>> make(const TlsOptions& options);
  ~TlsContext();

  // A stream over `fd` (not owned) to the server called `host`: its name goes out as SNI and is
  // what the certificate must be for. An IP address is verified as one and sends no SNI.
  std::unique_ptr<TlsStream> connect(int fd, const std::string& host);

 private:
  explicit TlsContext(SSL_CTX* context);
  static int on_new_session(SSL* ssl, SSL_SESSION* session);
  std::unique_ptr<SSL_CTX, SslDelete> context_;
  std::unique_ptr<SSL_SESSION, SslDelete> session_;
};

// TLS on a non-blocking descriptor. A read that comes back short is taken for the last one: until
// note_readable() the stream then says kWouldBlock without asking the kernel. That saves a system
// call for each whole answer. Whoever waits for more must ask recheck(), since an end that came
// together with the bytes makes no second event.
class TlsStream final {
 public:
  ~TlsStream();

  IoResult handshake();  // kOk with size 0: done
  IoResult read(std::span<char> into);
  IoResult write(std::string_view bytes);

  void note_readable() { can_read_ = true; }
  // True: the last word was taken from a short read; read again to hear it from the kernel.
  bool recheck() {
    if (!guessed_) return false;
    guessed_ = false;
    return can_read_ = true;
  }
  bool is_resumed() const;           // the handshake that is done took up an earlier session
  std::string_view version() const;  // of it, "TLSv1.3"; lives as long as the program
  bool has_pending() const;          // bytes have been read from the kernel and not handed out
  // False: a read would say kWouldBlock without asking the kernel.
  bool may_have_more() const { return can_read_ || has_pending(); }
  void free_buffers();  // those that hold nothing; they come back by themselves
  std::string error() const { return error_; }  // why the last call said kError

  // Destroying it says no close_notify: the peer is to see that something is missing.
  void abandon() { dead_ = true; }
  bool has_heard() const { return first_byte_ >= 0; }  // a byte of the peer's
  bool is_spoken() const;  // the first byte was one that TLS begins with; false before there is one

  // Of a caller, after the handshake: what its certificate calls it, as tls_names.h says.
  std::vector<std::string> peer_names() const;
  bool has_peer_expired() const;  // its certificate has, since it was verified
  // After a handshake that failed: what is wrong is one of the certificates behind the caller's.
  bool is_authority_at_fault() const { return refused_depth_ > 0; }

 private:
  friend class TlsContext;
  friend class TlsServer;
  TlsStream(SSL* ssl, int fd);
  IoResult outcome(int returned);
  static int bio_read(BIO* bio, char* into, size_t size, size_t* got);
  static int bio_write(BIO* bio, const char* from, size_t size, size_t* put);
  static long bio_control(BIO* bio, int command, long number, void* pointer);
  static BIO_METHOD* bio_method();
  static void on_message(int is_written, int version, int kind, const void* bytes, size_t size,
                         SSL* ssl, void*);
  static int on_verified(int is_good, X509_STORE_CTX* verification);

  std::unique_ptr<SSL, SslDelete> ssl_;
  int fd_;
  bool can_read_ = true;
  bool guessed_ = false;  // can_read_ was cleared by a short read
  bool dead_ = false;
  int first_byte_ = -1;    // of the peer's
  int key_updates_ = 0;    // that the peer has sent
  int refused_depth_ = 0;  // of its certificates, from the first: that was not accepted
  std::string error_;
};

}  // namespace postern::wire
