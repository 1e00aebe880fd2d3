#include "grants/sealed_document.h"

#include <utility>

#include "grants/documents.h"

namespace postern::grants {

Result<StoredGrant> read_document(const std::optional<Sealer>& sealer, std::string_view grant,
                                  std::string_view text, const std::string& where) {
  Secret opened;
  if (Sealer::is_sealed(text)) {
    if (!sealer) return fail(where + " is sealed, and store.key is not set");
    auto plain = sealer->open(grant, text);
    if (!plain) return fail(where + " cannot be opened: " + plain.error().what);
    opened = std::move(*plain);
    text = opened.reveal();
  }
  auto stored = parse_stored_grant(text);
  if (!stored) return fail(where + " is unusable: " + stored.error().what);
  if (stored->generation > StoredGrant::kMostGeneration)
    return fail(where + " is unusable: its generation is " + std::to_string(stored->generation) +
                ", which no number of refreshes comes to");
  return stored;
}

Result<StoredGrant> read_record(const std::optional<Sealer>& sealer, std::string_view grant,
                                const SealedRecord& record, const std::string& where) {
  auto stored = read_document(sealer, grant, record.document, where);
  if (!stored) return stored;
  if (Sealer::is_sealed(record.document) && stored->generation != record.generation)
    return fail(where + " was sealed as generation " + std::to_string(stored->generation) +
                " and stands there as generation " + std::to_string(record.generation) +
                ": somebody has put it there who does not have store.key, maybe to bring back a "
                "token that is dead. Remove it; log in anew if no instance writes it again");
  stored->generation = record.generation;
  return stored;
}

Result<Secret> write_document(const std::optional<Sealer>& sealer, std::string_view grant,
                              const StoredGrant& stored) {
  Secret document = format_stored_grant(stored);
  if (!sealer) return document;
  auto sealed = sealer->seal(grant, document.reveal());
  if (!sealed) return tl::unexpected(sealed.error());
  return Secret(std::move(*sealed));
}

}  // namespace postern::grants
