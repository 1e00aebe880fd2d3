#include "grants/kubernetes_record.h"

#include <optional>
#include <string>

#include "base/printable.h"
#include "base/text.h"
#include "grants/stored_grant.h"

namespace postern::grants {
namespace {

constexpr std::string_view kMark = "postern.record.v";
constexpr std::string_view kFormat = "1";

}  // namespace

Secret format_record(const Record& record) {
  std::string text(kMark);
  text += kFormat;
  text += " " + std::to_string(record.generation) + "\n";
  text += record.document.reveal();
  return Secret(std::move(text));
}

Result<Record> parse_record(std::string_view text) {
  if (!text.starts_with(kMark))
    return fail(
        "is in use for something else, which is left as it is: set another "
        "store.kubernetes.secret, or remove the key");
  text.remove_prefix(kMark.size());
  const size_t end = text.find('\n');
  std::string_view line = text.substr(0, end);
  const std::string_view format = text::take_until(line, ' ');
  if (format != kFormat)
    return fail("was written by a newer Postern (format " + text::printable(format, 20) +
                "), which this one leaves as it is: run that version here as well");
  const std::optional<uint64_t> generation = text::parse_unsigned(line);
  if (!generation || *generation == 0 || end == std::string_view::npos)
    return fail(
        "is only half a record, which is left as it is: bring it back from a backup, or remove "
        "the key and log in anew");
  if (*generation > StoredGrant::kMostGeneration)
    return fail("has generation " + std::to_string(*generation) +
                ", which no number of refreshes comes to, so it is left as it is: bring it back "
                "from a backup, or remove the key and log in anew");
  return Record{*generation, Secret(std::string(text.substr(end + 1)))};
}

}  // namespace postern::grants
