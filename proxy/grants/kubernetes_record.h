// Record: what a key of the Secret holds. A first line, "postern.record.v1 <generation>", and the
// grant as the file store has it, sealed or not; nothing when it was forgotten.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/result.h"
#include "base/secret.h"

namespace postern::grants {

struct Record {
  uint64_t generation = 0;  // 0: there is none
  Secret document;          // empty: forgotten, or never there

  friend bool operator==(const Record&, const Record&) = default;
};

Secret format_record(const Record& record);

// Errors say what is wrong with it, after the name of its place: "was written by …", and repeat
// nothing of the document.
Result<Record> parse_record(std::string_view text);

}  // namespace postern::grants
