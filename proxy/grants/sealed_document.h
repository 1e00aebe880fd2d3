// A stored grant as the text that stores keep: its document, sealed where there is a key.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/secret.h"
#include "grants/seal.h"
#include "grants/stored_grant.h"

namespace postern::grants {

// What was stored before there was a key is read unsealed. Errors begin with `where`, the place of
// the text.
Result<StoredGrant> read_document(const std::optional<Sealer>& sealer, std::string_view grant,
                                  std::string_view text, const std::string& where);

// A document that lies beside its generation, which no seal covers.
struct SealedRecord {
  uint64_t generation = 0;
  std::string_view document;
};
// As read_document(), with the record's generation. Error: a document that was sealed as another
// generation, for who has no key could bring back an old pair as the newest.
Result<StoredGrant> read_record(const std::optional<Sealer>& sealer, std::string_view grant,
                                const SealedRecord& record, const std::string& where);

Result<Secret> write_document(const std::optional<Sealer>& sealer, std::string_view grant,
                              const StoredGrant& stored);

}  // namespace postern::grants
