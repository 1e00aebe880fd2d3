// What there is to say of a listener's certificate, on the page and in a terminal.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "admin/status_report.h"

namespace postern::admin {

enum class Validity : uint8_t { kGood, kEndsSoon, kOver };  // the worse, the greater

// Within a week is soon.
Validity validity_of(int64_t seconds_left);
// The worse of its own and that of the authorities for callers.
Validity validity_of(const CertificateReport& certificate);

// "in 3d 2h, 2026-11-25T12:00:00Z", "has expired, 2026-11-25T12:00:00Z"
std::string end_words(int64_t seconds_left, const std::string& at);

// "gateway.example, 10.0.0.1 and 3 more"; "no host" for none.
std::string host_words(const CertificateReport& certificate);

// What somebody has to see to, each in words of its own; none: all is well.
std::vector<std::string> certificate_troubles(const CertificateReport& certificate);

}  // namespace postern::admin
