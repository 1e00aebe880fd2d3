// What a certificate calls its holder.
#pragma once

#include <openssl/x509.h>

#include <string>
#include <string_view>
#include <vector>

namespace postern::wire {

// The URIs of its subjectAltName (a SPIFFE ID is one), then its DNS names in lower case; its common
// name only where it has neither. What is longer than 200 bytes, or has a byte that such a name
// cannot have, is left out: it would be another name in a log or to a pattern.
std::vector<std::string> names_of(const X509& certificate);

// Can names_of() say so of some certificate?
bool is_caller_name(std::string_view name);

// Whom a server's certificate is for: the DNS names, a star among them, and addresses of its
// subjectAltName. Names with a byte that such a name cannot have are left out.
std::vector<std::string> hosts_of(const X509& certificate);

struct CallerIdentity {
  std::string name;  // empty: the certificate has none
  bool is_allowed = true;
};

// Of the names the first that a pattern (base/name_pattern.h) fits; without patterns the first.
// Where none fits, the first is told, and is not allowed.
CallerIdentity identity_among(const std::vector<std::string>& names,
                              const std::vector<std::string>& patterns);

}  // namespace postern::wire
