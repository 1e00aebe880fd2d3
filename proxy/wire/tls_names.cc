#include "wire/tls_names.h"

#include <arpa/inet.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <memory>
#include <optional>

#include "base/name_pattern.h"
#include "base/text.h"

namespace postern::wire {
namespace {

constexpr size_t kLongest = 200;

struct NamesDelete {
  void operator()(GENERAL_NAMES* names) const noexcept { GENERAL_NAMES_free(names); }
};
using Names = std::unique_ptr<GENERAL_NAMES, NamesDelete>;

// Null: it has none.
Names alternative_names(const X509& certificate) {
  return Names(static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(&certificate, NID_subject_alt_name, nullptr, nullptr)));
}

std::string_view text_of(const ASN1_STRING* text) {
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
          static_cast<size_t>(ASN1_STRING_length(text))};
}

bool is_letter_or_digit(char c) {
  const char small = text::lower(c);
  return (small >= 'a' && small <= 'z') || (c >= '0' && c <= '9');
}

// Letters, digits and the characters of `also`.
bool consists_of(std::string_view name, std::string_view also) {
  return !name.empty() && name.size() <= kLongest &&
         std::all_of(name.begin(), name.end(), [&](char c) {
           return is_letter_or_digit(c) || also.find(c) != std::string_view::npos;
         });
}

bool is_uri(std::string_view name) {
  return consists_of(name, ":/?#[]@!$&'()+,;=-._~%") && name.find("://") != std::string_view::npos;
}

bool is_host(std::string_view name) {
  return consists_of(name, ".-_");
}

bool is_common_name(std::string_view name) {
  return consists_of(name, ".-_@");
}

std::string common_name(const X509& certificate) {
  const X509_NAME* subject = X509_get_subject_name(&certificate);
  const int place = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
  if (place < 0) return {};
  const X509_NAME_ENTRY* entry = X509_NAME_get_entry(subject, place);
  return std::string(text_of(X509_NAME_ENTRY_get_data(entry)));
}

// `bytes` as a certificate has them: four or sixteen; else nothing is appended.
void append_address(std::vector<std::string>& hosts, std::string_view bytes) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  const int family = bytes.size() == sizeof(in6_addr) ? AF_INET6 : AF_INET;
  const bool is_address = family == AF_INET6 || bytes.size() == sizeof(in_addr);
  if (is_address && ::inet_ntop(family, bytes.data(), text.data(), text.size()) != nullptr)
    hosts.emplace_back(text.data());
}

}  // namespace

std::vector<std::string> names_of(const X509& certificate) {
  const Names all = alternative_names(certificate);
  std::vector<std::string> uris;
  std::vector<std::string> hosts;
  bool has_any = false;
  for (int i = 0; i < sk_GENERAL_NAME_num(all.get()); ++i) {
    int kind = 0;
    const void* value = GENERAL_NAME_get0_value(sk_GENERAL_NAME_value(all.get(), i), &kind);
    if (kind != GEN_URI && kind != GEN_DNS) continue;
    has_any = true;
    const std::string_view name = text_of(static_cast<const ASN1_STRING*>(value));
    if (kind == GEN_URI && is_uri(name)) uris.emplace_back(name);
    if (kind == GEN_DNS && is_host(name)) hosts.push_back(text::lowered(name));
  }
  std::vector<std::string> names = std::move(uris);
  names.insert(names.end(), hosts.begin(), hosts.end());
  if (!has_any) {
    std::string name = common_name(certificate);
    if (is_common_name(name)) names.push_back(std::move(name));
  }
  return names;
}

bool is_caller_name(std::string_view name) {
  return is_uri(name) || is_common_name(name);
}

std::vector<std::string> hosts_of(const X509& certificate) {
  const Names all = alternative_names(certificate);
  std::vector<std::string> hosts;
  for (int i = 0; i < sk_GENERAL_NAME_num(all.get()); ++i) {
    int kind = 0;
    const void* value = GENERAL_NAME_get0_value(sk_GENERAL_NAME_value(all.get(), i), &kind);
    if (kind != GEN_DNS && kind != GEN_IPADD) continue;
    const std::string_view name = text_of(static_cast<const ASN1_STRING*>(value));
    if (kind == GEN_DNS && consists_of(name, "*.-_")) hosts.push_back(text::lowered(name));
    if (kind == GEN_IPADD) append_address(hosts, name);
  }
  return hosts;
}

CallerIdentity identity_among(const std::vector<std::string>& names,
                              const std::vector<std::string>& patterns) {
  const auto is_fit = [&](const std::string& name) { return fits_any(patterns, name); };
  const auto fit =
      patterns.empty() ? names.begin() : std::find_if(names.begin(), names.end(), is_fit);
  if (fit != names.end()) return {*fit, true};
  return {names.empty() ? std::string() : names.front(), patterns.empty()};
}

}  // namespace postern::wire
