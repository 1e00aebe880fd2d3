#include "relay/token_mask.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>
#include <vector>

#include "base/text.h"

namespace postern::relay {
namespace {

constexpr std::string_view kMask = "***";
// Of a token (RFC 6750 §2.1), escaped for a URL or a JSON string as well.
constexpr text::ByteSet kTokenBytes(
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
    "-._~+/=%\\");
constexpr text::ByteSet kNameBytes("abcdefghijklmnopqrstuvwxyz0123456789_-");
constexpr std::array<std::string_view, 2> kSchemes = {"bearer ", "bearer%20"};
constexpr std::string_view kOfSentry = "sntry";  // and a letter for the kind, and _
constexpr std::array<std::string_view, 4> kTelling = {"token", "secret", "password",
                                                      "authorization"};
constexpr size_t kLeastRest = 4;  // of a known token: fewer bytes tell nothing

struct Range {
  size_t begin = 0;
  size_t end = 0;
};

class Search final {
 public:
  explicit Search(std::string_view text) : text_(text), lowered_(text::lowered(text)) {}

  void find_known(std::string_view token) {
    if (token.empty()) return;
    for_each(text_, token, [&](size_t at) { return add(at, at + token.size()); });
    for (size_t rest = std::min(token.size(), text_.size() + 1) - 1; rest >= kLeastRest; --rest)
      if (text_.ends_with(token.substr(0, rest))) add(text_.size() - rest, text_.size());
  }

  void find_schemes() {
    for (const std::string_view scheme : kSchemes)
      for_each(lowered_, scheme, [&](size_t at) { return add_run(at + scheme.size()); });
  }

  void find_sentrys() {
    for_each(lowered_, kOfSentry, [&](size_t at) {
      const size_t mark = at + kOfSentry.size() + 1;
      return mark < text_.size() && text_[mark] != '_' ? at : add_run(at);
    });
  }

  void find_members() {
    for (const std::string_view word : kTelling)
      for_each(lowered_, word, [&](size_t at) {
        const size_t end = kNameBytes.first_not_in(lowered_, at + word.size());
        if (end < text_.size() && text_[end] == '=') return add_form_value(end + 1);
        return add_json_value(end, begins_pair(at) ? ',' : ':');
      });
  }

  // What was found, in order.
  std::vector<Range> ranges() {
    std::sort(found_.begin(), found_.end(),
              [](const Range& a, const Range& b) { return a.begin < b.begin; });
    return std::move(found_);
  }

 private:
  // `found` says how far it has looked: what lies before is not searched again, so that the time
  // taken does not grow faster than the text.
  template <class Found>
  static void for_each(std::string_view text, std::string_view what, Found found) {
    for (size_t at = text.find(what); at != std::string_view::npos;)
      at = text.find(what, std::max(found(at), at + what.size()));
  }

  size_t add(size_t begin, size_t end) {
    if (begin < end) found_.push_back({begin, end});
    return end;
  }
  size_t add_run(size_t begin) { return add(begin, kTokenBytes.first_not_in(text_, begin)); }

  size_t add_form_value(size_t at) {
    return add(at, std::min(text_.find_first_of("& \r\n\"", at), text_.size()));
  }

  // `at` is behind the name: `": "value"`, `", "value"` in a list of pairs, or, in a string that
  // holds JSON, `\": \"value\"`.
  size_t add_json_value(size_t at, char between) {
    const bool is_nested = take(at, '\\');
    if (!take(at, '"')) return at;
    skip_blanks(at);
    if (!take(at, between)) return at;
    skip_blanks(at);
    if (is_nested) take(at, '\\');
    if (!take(at, '"')) return at;
    size_t end = text_.find('"', at);
    while (end != std::string_view::npos && is_escaped(end) != is_nested)
      end = text_.find('"', end + 1);
    if (end == std::string_view::npos) return add(at, text_.size());
    return add(at, is_nested ? end - 1 : end);
  }

  // Is the name that `at` lies in the first of a list, as in `["Authorization", "value"]`?
  bool begins_pair(size_t at) const {
    while (at > 0 && kNameBytes.has(lowered_[at - 1])) --at;
    return text_.substr(0, at).ends_with("[\"");
  }

  void skip_blanks(size_t& at) const {
    at = std::min(text_.find_first_not_of(" \t\r\n", at), text_.size());
  }
  bool take(size_t& at, char c) const {
    if (at >= text_.size() || text_[at] != c) return false;
    ++at;
    return true;
  }

  bool is_escaped(size_t at) const {
    const size_t last = text_.substr(0, at).find_last_not_of('\\');
    const size_t backslashes = last == std::string_view::npos ? at : at - last - 1;
    return backslashes % 2 == 1;
  }

  std::string_view text_;
  std::string lowered_;
  std::vector<Range> found_;
};

}  // namespace

void mask_tokens(std::string& text, std::span<const std::string_view> known) {
  Search search(text);
  for (const std::string_view token : known) search.find_known(token);
  search.find_schemes();
  search.find_sentrys();
  search.find_members();
  std::string masked;
  size_t done = 0;
  for (const Range& range : search.ranges()) {
    if (range.begin >= done) {
      masked.append(text, done, range.begin - done);
      masked += kMask;
    }
    done = std::max(done, range.end);
  }
  if (done == 0) return;
  masked.append(text, done);
  text = std::move(masked);
}

}  // namespace postern::relay
