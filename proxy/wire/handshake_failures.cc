#include "wire/handshake_failures.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>

namespace postern::wire {
namespace {

constexpr Duration kSilence = std::chrono::seconds(10);  // between two lines of one reason
constexpr std::string_view kRest = "other reasons than those in the lines before";
constexpr std::string_view kVerify = "certificate verify failed: ";

struct Words {
  std::string_view end;  // of what OpenSSL says
  std::string_view meaning;
};

constexpr std::array<Words, 10> kWords{{
    // Alerts that the caller has sent, so they are about our certificate.
    {"alert certificate expired", "the caller says that this listener's certificate has expired"},
    {"alert unknown ca", "the caller does not know the authority of this listener's certificate"},
    {"alert bad certificate", "the caller does not accept this listener's certificate"},
    {"alert certificate unknown", "the caller does not accept this listener's certificate"},
    {"alert unsupported certificate", "the caller does not accept this listener's certificate"},
    // About the caller's.
    {"excessive message size",
     "a message of the caller's is too long; its certificates may take 60 KiB"},
    {"peer did not return a certificate", "the caller shows no certificate"},
    {"issuer certificate", "no authority in client_ca_file stands behind the caller's certificate"},
    {"self-signed certificate",
     "no authority in client_ca_file stands behind the caller's certificate"},
    {"self-signed certificate in certificate chain",
     "no authority in client_ca_file stands behind the caller's certificate"},
}};

}  // namespace

std::string handshake_words(std::string_view error, bool at_authority) {
  for (const auto& [end, meaning] : kWords)
    if (error.ends_with(end)) return std::string(meaning) + " (" + std::string(error) + ")";
  if (!error.starts_with(kVerify)) return std::string(error);
  const std::string whose =
      at_authority ? "an authority of the caller's certificate" : "the caller's certificate";
  const std::string_view why = error.substr(kVerify.size());
  if (why == "certificate has expired") return whose + " has expired";
  if (why == "certificate is not yet valid") return whose + " is not valid yet";
  return whose + ": " + std::string(error);
}

void HandshakeFailures::add(Failure failure, Instant now) {
  Known& known = known_of(failure, now);
  ++known.unsaid;
  if (known.is_rest) failure.reason = kRest;
  known.latest = std::move(failure);
  if (now >= known.due) tell(known, now);
}

HandshakeFailures::Known& HandshakeFailures::known_of(const Failure& failure, Instant now) {
  const auto is_it = [&](const Known& known) {
    return known.latest.listener == failure.listener && known.latest.reason == failure.reason;
  };
  if (auto found = std::find_if(known_.begin(), known_.end(), is_it); found != known_.end())
    return *found;
  const auto rest =
      std::find_if(known_.begin(), known_.end(), [](const Known& known) { return known.is_rest; });
  const bool has_rest = rest != known_.end();
  if (known_.size() - (has_rest ? 1 : 0) < kMostReasons)
    return known_.emplace_back(Known{{}, now, 0, false});
  return has_rest ? *rest : known_.emplace_back(Known{{}, now + kSilence, 0, true});
}

void HandshakeFailures::tell(Known& known, Instant now) {
  known.due = now + kSilence;
  logger_.warn("tls_handshake_failed")
      .str("listener", known.latest.listener)
      .str("client", known.latest.client)
      .str("reason", known.latest.reason)
      .num("count", static_cast<int64_t>(std::exchange(known.unsaid, 0)));
}

void HandshakeFailures::tell_due(Instant now) {
  std::erase_if(known_, [&](const Known& known) { return known.due <= now && known.unsaid == 0; });
  for (Known& known : known_)
    if (known.due <= now) tell(known, now);
}

std::optional<Instant> HandshakeFailures::next() const {
  if (known_.empty()) return std::nullopt;
  const auto earlier = [](const Known& a, const Known& b) { return a.due < b.due; };
  return std::min_element(known_.begin(), known_.end(), earlier)->due;
}

}  // namespace postern::wire
