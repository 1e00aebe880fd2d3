#include "admin/certificate_words.h"

#include <algorithm>

#include "admin/words.h"

namespace postern::admin {
namespace {

constexpr int64_t kSoon = 7 * 24 * 60 * 60;
constexpr size_t kMostNames = 4;

std::string own_trouble(const CertificateReport& certificate) {
  const std::string whose = "the certificate of " + certificate.listener;
  const int64_t left = certificate.expires_in_s;
  switch (validity_of(left)) {
    case Validity::kGood:
      return {};
    case Validity::kEndsSoon:
      return whose + " expires in " + span_words(left) + ": renew " + certificate.file;
    case Validity::kOver:
      return whose + " has expired, and callers refuse it: renew " + certificate.file;
  }
  return {};
}

std::string callers_trouble(const CertificateReport& certificate) {
  if (!certificate.callers_expire_in_s) return {};
  const int64_t left = *certificate.callers_expire_in_s;
  switch (validity_of(left)) {
    case Validity::kGood:
      return {};
    case Validity::kEndsSoon:
      return "an authority of callers at " + certificate.listener + " expires in " +
             span_words(left) + ", and with it their certificates";
    case Validity::kOver:
      return "the authority of callers at " + certificate.listener +
             " has expired: nobody is let in";
  }
  return {};
}

}  // namespace

Validity validity_of(int64_t seconds_left) {
  if (seconds_left <= 0) return Validity::kOver;
  return seconds_left <= kSoon ? Validity::kEndsSoon : Validity::kGood;
}

Validity validity_of(const CertificateReport& certificate) {
  const Validity own = validity_of(certificate.expires_in_s);
  if (!certificate.callers_expire_in_s) return own;
  return std::max(own, validity_of(*certificate.callers_expire_in_s));
}

std::string end_words(int64_t seconds_left, const std::string& at) {
  return (seconds_left <= 0 ? "has expired" : "in " + span_words(seconds_left)) + ", " + at;
}

std::string host_words(const CertificateReport& certificate) {
  const std::vector<std::string>& names = certificate.names;
  if (names.empty()) return "no host";
  std::string words = names.front();
  for (size_t i = 1; i < std::min(names.size(), kMostNames); ++i) words += ", " + names[i];
  if (names.size() > kMostNames)
    words += " and " + std::to_string(names.size() - kMostNames) + " more";
  return words;
}

std::vector<std::string> certificate_troubles(const CertificateReport& certificate) {
  std::vector<std::string> troubles;
  if (!certificate.fault.empty())
    troubles.push_back("the new TLS files of " + certificate.listener +
                       " cannot be used, and the former ones serve on: " + certificate.fault);
  for (std::string trouble : {own_trouble(certificate), callers_trouble(certificate)})
    if (!trouble.empty()) troubles.push_back(std::move(trouble));
  return troubles;
}

}  // namespace postern::admin
