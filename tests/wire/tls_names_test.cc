#include "wire/tls_names.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/x509v3.h>

#include <memory>
#include <string>

namespace postern::wire {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

struct Delete {
  void operator()(X509* certificate) const { X509_free(certificate); }
  void operator()(GENERAL_NAMES* names) const { GENERAL_NAMES_free(names); }
};

// A certificate with nothing but names.
class Certificate final {
 public:
  explicit Certificate(const std::string& common_name = "") : made_(X509_new()) {
    if (common_name.empty()) return;
    X509_NAME_add_entry_by_txt(X509_get_subject_name(made_.get()), "CN", MBSTRING_UTF8,
                               reinterpret_cast<const unsigned char*>(common_name.data()),
                               static_cast<int>(common_name.size()), -1, 0);
  }
  Certificate& with(int kind, std::string_view name) {
    ASN1_IA5STRING* text = ASN1_IA5STRING_new();
    ASN1_STRING_set(text, name.data(), static_cast<int>(name.size()));
    GENERAL_NAME* one = GENERAL_NAME_new();
    GENERAL_NAME_set0_value(one, kind, text);
    sk_GENERAL_NAME_push(alternative_.get(), one);
    return *this;
  }
  std::vector<std::string> names() { return names_of(made()); }
  std::vector<std::string> hosts() { return hosts_of(made()); }

 private:
  const X509& made() {
    if (sk_GENERAL_NAME_num(alternative_.get()) > 0)
      X509_add1_ext_i2d(made_.get(), NID_subject_alt_name, alternative_.get(), 0, 0);
    return *made_;
  }

  std::unique_ptr<X509, Delete> made_;
  std::unique_ptr<GENERAL_NAMES, Delete> alternative_{GENERAL_NAMES_new()};
};

TEST(TlsNames, UrisComeFirstThenHosts) {
  EXPECT_THAT(Certificate("old")
                  .with(GEN_DNS, "Web.Shop.svc")
                  .with(GEN_URI, "spiffe://shop.example/ns/web")
                  .with(GEN_EMAIL, "a@shop.example")
                  .names(),
              ElementsAre("spiffe://shop.example/ns/web", "web.shop.svc"));
}

TEST(TlsNames, TheCommonNameIsTheLastResort) {
  EXPECT_THAT(Certificate("ci-runner@shop").names(), ElementsAre("ci-runner@shop"));
  EXPECT_THAT(Certificate("web").with(GEN_DNS, "a b").names(), IsEmpty());
  EXPECT_THAT(Certificate().names(), IsEmpty());
}

TEST(TlsNames, WhatCouldBeTakenForAnotherIsLeftOut) {
  using namespace std::string_view_literals;
  for (const std::string_view name :
       {"web.shop.svc\0.evil.example"sv, "web shop"sv, "web\nshop"sv, "w\x80"sv, ""sv,
        "*.shop.svc"sv, "spiffe://shop.example/ns/web"sv}) {
    EXPECT_THAT(Certificate().with(GEN_DNS, name).names(), IsEmpty()) << name;
  }
  for (const std::string_view name :
       {"shop"sv, "spiffe://a b"sv, "spiffe://a\0b"sv, "spiffe://\x80"sv, "spiffe://\"x"sv})
    EXPECT_THAT(Certificate().with(GEN_URI, name).names(), IsEmpty()) << name;
  EXPECT_THAT(Certificate().with(GEN_DNS, std::string(201, 'a')).names(), IsEmpty());
  EXPECT_THAT(Certificate("spiffe://shop.example/x").names(), IsEmpty());
}

TEST(TlsNames, ManyAreReadInTheirOrder) {
  Certificate certificate;
  for (int i = 0; i < 1000; ++i) certificate.with(GEN_DNS, "n" + std::to_string(i) + ".svc");
  const std::vector<std::string> names = certificate.names();
  ASSERT_EQ(names.size(), 1000U);
  EXPECT_EQ(names.back(), "n999.svc");
  EXPECT_EQ(identity_among(names, {"n999.svc"}).name, "n999.svc");
}

TEST(TlsNames, OfACallerAreHostsUrisAndCommonNames) {
  for (const char* name : {"web.shop.svc", "ci-runner@shop", "spiffe://shop.example/ns/web", "w_1"})
    EXPECT_TRUE(is_caller_name(name)) << name;
  for (const char* name : {"", "*.shop.svc", "web shop", "spiffe://a b", "shop/web", "w\x80"})
    EXPECT_FALSE(is_caller_name(name)) << name;
}

TEST(TlsHosts, AreNamesWithAStarToo) {
  EXPECT_THAT(Certificate("old")
                  .with(GEN_DNS, "*.Shop.svc")
                  .with(GEN_URI, "spiffe://shop.example/ns/web")
                  .with(GEN_IPADD, std::string("\x0a\0\0\1", 4))
                  .with(GEN_IPADD, std::string(15, '\0') + '\1')
                  .with(GEN_IPADD, "odd")
                  .with(GEN_DNS, "odd name")
                  .hosts(),
              ElementsAre("*.shop.svc", "10.0.0.1", "::1"));
  EXPECT_THAT(Certificate("cn").hosts(), IsEmpty());
}

TEST(TlsIdentity, IsTheFirstNameThatIsAllowed) {
  const std::vector<std::string> names{"spiffe://shop.example/ns/web", "web.shop.svc"};
  EXPECT_EQ(identity_among(names, {}).name, names[0]);
  EXPECT_EQ(identity_among(names, {"*.shop.svc"}).name, "web.shop.svc");
  EXPECT_TRUE(identity_among(names, {"*.shop.svc"}).is_allowed);
}

TEST(TlsIdentity, OfNoneThatIsAllowedTheFirstIsTold) {
  const CallerIdentity identity = identity_among({"web.shop.svc", "web"}, {"api.shop.svc"});
  EXPECT_EQ(identity.name, "web.shop.svc");
  EXPECT_FALSE(identity.is_allowed);
  EXPECT_FALSE(identity_among({}, {"api"}).is_allowed);
  EXPECT_TRUE(identity_among({}, {}).is_allowed);
}

}  // namespace
}  // namespace postern::wire
