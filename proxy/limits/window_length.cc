#include "limits/window_length.h"

#include <algorithm>
#include <array>
#include <numeric>

namespace postern::limits {
namespace {

constexpr std::array<int64_t, 14> kUsual = {1,  2,  3,   5,   10,  15,  20,
                                            30, 60, 120, 300, 600, 900, 3600};

}  // namespace

void WindowLength::tell(int64_t length) {
  told_ = true;
  length_ = length;
}

void WindowLength::observe(int64_t reset, std::optional<int64_t> date, Seconds sent,
                           Seconds received) {
  if (told_ && reset % length_ != 0) told_ = false;  // not any more
  // Answers of two neighbours arrive mixed; only a later window, or a clock set back, is news.
  const bool is_news = reset > last_reset_ || reset < last_reset_ - 2 * length_;
  if (is_news) {
    ++windows_;
    last_reset_ = reset;
    last_received_ = received;
  }
  const bool is_last = reset == last_reset_;
  if (is_last) last_received_ = std::min(last_received_, received);
  // One Reset on calls this far apart: the window is at least that long. It also shows that a
  // window has become longer, which common divisors cannot.
  const Seconds apart = sent - last_received_;
  if (is_last && length_ > 0 && apart > static_cast<Seconds>(length_) + 0.5) {
    told_ = false;
    common_ = 0;
    ahead_ = static_cast<int64_t>(apart);
  }
  common_ = std::gcd(common_, reset);
  // A Date that is further off than any window is long says nothing.
  if (date && reset - *date - 1 <= kUsual.back()) ahead_ = std::max(ahead_, reset - *date - 1);
  if (!told_) infer();
}

void WindowLength::infer() {
  int64_t longest = 1;
  for (const int64_t length : kUsual) {
    if (common_ % length != 0) continue;
    longest = length;
    if (length >= ahead_) break;
  }
  // When Date is off, no usual length may be left that reaches so far: then the longest possible.
  length_ = longest;
  if (common_ < kUsual.back() && length_ < ahead_) length_ = std::max<int64_t>(1, common_);
}

}  // namespace postern::limits
