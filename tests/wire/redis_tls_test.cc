#include "wire/redis_tls.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <cstdio>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "support/temporary_folder.h"

namespace postern::wire {
namespace {

using testing::HasSubstr;

struct Free {
  void operator()(X509* certificate) const { X509_free(certificate); }
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};

// Replaces the file by an authority that signs itself.
void write_authority(const std::string& path, long serial) {
  const std::unique_ptr<EVP_PKEY, Free> key(EVP_EC_gen("P-256"));
  const std::unique_ptr<X509, Free> made(X509_new());
  ASN1_INTEGER_set(X509_get_serialNumber(made.get()), serial);
  X509_gmtime_adj(X509_getm_notBefore(made.get()), 0);
  X509_gmtime_adj(X509_getm_notAfter(made.get()), 3600);
  X509_set_pubkey(made.get(), key.get());
  X509_sign(made.get(), key.get(), EVP_sha256());
  std::FILE* file = std::fopen((path + ".new").c_str(), "w");
  PEM_write_X509(file, made.get());
  std::fclose(file);
  std::filesystem::rename(path + ".new", path);
}

class RedisTlsTest : public testing::Test {
 protected:
  RedisTlsTest() {
    write_authority(file_, 1);
    redis::Options options;
    options.ca_file = file_;
    tls_.emplace(options);
  }

  test::TemporaryFolder folder_;
  const std::string file_ = folder_ / "ca.pem";
  std::optional<RedisTls> tls_;
};

TEST_F(RedisTlsTest, IsMadeOnce) {
  const auto first = tls_->context();
  ASSERT_TRUE(first) << first.error().what;
  EXPECT_EQ(*tls_->context(), *first);
}

TEST_F(RedisTlsTest, IsMadeAnewWhenAFileHasChanged) {
  const auto first = tls_->context();
  write_authority(file_, 2);
  const auto second = tls_->context();
  ASSERT_TRUE(second);
  EXPECT_NE(*second, *first);
  EXPECT_EQ(*tls_->context(), *second);
}

TEST_F(RedisTlsTest, SaysWhatIsWrongWithTheFilesUntilTheyAreRight) {
  ASSERT_TRUE(tls_->context());
  std::filesystem::remove(file_);
  for (int i = 0; i < 2; ++i) {
    const auto none = tls_->context();
    ASSERT_FALSE(none);
    EXPECT_THAT(none.error().what, HasSubstr(file_ + ": no such file"));
  }
  write_authority(file_, 3);
  EXPECT_TRUE(tls_->context());
}

}  // namespace
}  // namespace postern::wire
