#include "grants/seal.h"

#include <openssl/evp.h>
#include <openssl/rand.h>

#include <memory>
#include <vector>

#include "base/base64.h"
#include "base/percent.h"
#include "grants/digest.h"

namespace postern::grants {
namespace {

constexpr std::string_view kPrefix = "postern.sealed.v";
constexpr std::string_view kVersion = "1";
constexpr size_t kKeySize = 32;
constexpr size_t kNonceSize = 12;
constexpr size_t kTagSize = 16;

using Bytes = std::vector<unsigned char>;

struct FreeContext {
  void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};
using Context = std::unique_ptr<EVP_CIPHER_CTX, FreeContext>;

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

std::string_view text_of(const Bytes& bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::optional<Bytes> from_base64(std::string_view text) {
  const auto bytes = text::from_base64(text);
  if (!bytes) return {};
  return Bytes(bytes->reveal().begin(), bytes->reveal().end());
}

std::optional<Bytes> from_hex(std::string_view text) {
  if (text.size() % 2 != 0) return {};
  Bytes bytes;
  bytes.reserve(text.size() / 2);
  for (size_t i = 0; i < text.size(); i += 2) {
    int high = text::hex_value(text[i]);
    int low = text::hex_value(text[i + 1]);
    if (high < 0 || low < 0) return {};
    bytes.push_back(static_cast<unsigned char>(high * 16 + low));
  }
  return bytes;
}

// Only tells keys apart.
std::string key_id(const Bytes& key) {
  const std::string digest = sha256(text_of(key));
  std::string id;
  for (char c : digest.substr(0, 4)) {
    const auto byte = static_cast<unsigned char>(c);
    id += "0123456789abcdef"[byte >> 4];
    id += "0123456789abcdef"[byte & 15];
  }
  return id;
}

}  // namespace

std::optional<std::string> Sealer::key_fault(const Secret& text) {
  const auto key = read_key(text);
  if (key) return std::nullopt;
  return key.error().what;
}

Result<Sealer::Key> Sealer::read_key(const Secret& text) {
  auto bytes =
      text.reveal().size() == 2 * kKeySize ? from_hex(text.reveal()) : from_base64(text.reveal());
  if (!bytes || bytes->size() != kKeySize)
    return fail("must be 32 bytes as 64 hex digits or base64; make one with: openssl rand -hex 32");
  Key key{Secret(std::string(bytes->begin(), bytes->end())), key_id(*bytes)};
  wipe_memory(bytes->data(), bytes->size());
  return key;
}

Result<Sealer> Sealer::make(const Secret& key, const Secret& old_key) {
  Sealer sealer;
  auto first = read_key(key);
  if (!first) return fail("store.key " + first.error().what);
  sealer.key_ = std::move(*first);
  if (old_key.empty()) return sealer;
  auto second = read_key(old_key);
  if (!second) return fail("store.old_key " + second.error().what);
  sealer.old_key_ = std::move(*second);
  return sealer;
}

bool Sealer::is_sealed(std::string_view text) {
  return text.starts_with(kPrefix);
}

Result<std::string> Sealer::seal(std::string_view grant, std::string_view plain) const {
  Bytes out(kNonceSize + plain.size() + kTagSize);
  unsigned char* nonce = out.data();
  unsigned char* text = nonce + kNonceSize;
  unsigned char* tag = text + plain.size();
  Context context(EVP_CIPHER_CTX_new());
  int length = 0;
  bool done = context != nullptr && RAND_bytes(nonce, kNonceSize) == 1 &&
              EVP_EncryptInit_ex(context.get(), EVP_aes_256_gcm(), nullptr,
                                 bytes_of(key_.bytes.reveal()), nonce) == 1 &&
              EVP_EncryptUpdate(context.get(), nullptr, &length, bytes_of(grant),
                                static_cast<int>(grant.size())) == 1 &&
              EVP_EncryptUpdate(context.get(), text, &length, bytes_of(plain),
                                static_cast<int>(plain.size())) == 1 &&
              EVP_EncryptFinal_ex(context.get(), text + length, &length) == 1 &&
              EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_GET_TAG, kTagSize, tag) == 1;
  if (!done) return fail("the grant could not be sealed");
  return std::string(kPrefix)
      .append(kVersion)
      .append(".")
      .append(key_.id)
      .append(".")
      .append(text::to_base64(text_of(out)).reveal())
      .append("\n");
}

Result<Secret> Sealer::open(std::string_view grant, std::string_view envelope) const {
  if (!is_sealed(envelope)) return fail("it is not sealed");
  std::string_view rest = envelope.substr(kPrefix.size());
  while (rest.ends_with('\n')) rest.remove_suffix(1);
  size_t dot = rest.find('.');
  size_t second = dot == std::string_view::npos ? dot : rest.find('.', dot + 1);
  if (second == std::string_view::npos) return fail("its envelope is cut short");
  if (rest.substr(0, dot) != kVersion)
    return fail("its envelope is of a version this Postern does not know");
  std::string_view id = rest.substr(dot + 1, second - dot - 1);
  const Key* key = id == key_.id ? &key_ : old_key_ && id == old_key_->id ? &*old_key_ : nullptr;
  if (key == nullptr) {
    return fail(
        "it was sealed with another key than store.key; give this instance that key, as "
        "store.old_key while keys are changed");
  }
  auto bytes = from_base64(rest.substr(second + 1));
  if (!bytes || bytes->size() < kNonceSize + kTagSize) return fail("its envelope is cut short");
  size_t size = bytes->size() - kNonceSize - kTagSize;
  unsigned char* text = bytes->data() + kNonceSize;
  std::string plain(size, '\0');
  auto* out = reinterpret_cast<unsigned char*>(plain.data());
  Context context(EVP_CIPHER_CTX_new());
  int length = 0;
  bool done =
      context != nullptr &&
      EVP_DecryptInit_ex(context.get(), EVP_aes_256_gcm(), nullptr, bytes_of(key->bytes.reveal()),
                         bytes->data()) == 1 &&
      EVP_DecryptUpdate(context.get(), nullptr, &length, bytes_of(grant),
                        static_cast<int>(grant.size())) == 1 &&
      EVP_DecryptUpdate(context.get(), out, &length, text, static_cast<int>(size)) == 1 &&
      EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_SET_TAG, kTagSize, text + size) == 1 &&
      EVP_DecryptFinal_ex(context.get(), out + length, &length) == 1;
  Secret opened(std::move(plain));
  if (!done) return fail("its seal is broken: the file was changed, or belongs to another grant");
  return opened;
}

}  // namespace postern::grants
