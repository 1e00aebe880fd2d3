#include "relay/trace_context.h"

#include <algorithm>

#include "base/text.h"

namespace postern::relay {
namespace {

// version "-" trace-id "-" parent-id "-" flags
constexpr size_t kTraceAt = 3;
constexpr size_t kTraceSize = 32;
constexpr size_t kParentAt = kTraceAt + kTraceSize + 1;
constexpr size_t kParentSize = 16;
constexpr size_t kFlagsAt = kParentAt + kParentSize + 1;
constexpr size_t kSize = kFlagsAt + 2;

bool is_hex(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

// All zeros stand for none.
bool is_id(std::string_view text) {
  return is_hex(text) && text.find_first_not_of('0') != std::string_view::npos;
}

// A later version may go on behind the flags, the present one ends there.
bool ends_well(std::string_view version, std::string_view text) {
  return text.size() == kSize || (version != "00" && text[kSize] == '-');
}

}  // namespace

std::string_view trace_id_of(std::string_view traceparent) {
  if (traceparent.size() < kSize) return {};
  const std::string_view version = traceparent.substr(0, kTraceAt - 1);
  const std::string_view trace = traceparent.substr(kTraceAt, kTraceSize);
  const bool has_dashes = traceparent[kTraceAt - 1] == '-' && traceparent[kParentAt - 1] == '-' &&
                          traceparent[kFlagsAt - 1] == '-';
  if (!has_dashes || !is_hex(version) || version == "ff" || !is_id(trace)) return {};
  if (!is_id(traceparent.substr(kParentAt, kParentSize))) return {};
  if (!is_hex(traceparent.substr(kFlagsAt, 2)) || !ends_well(version, traceparent)) return {};
  return trace;
}

std::string_view trace_id_of(const http::Fields& request) {
  const http::Field* only = nullptr;
  for (const http::Field& field : request) {
    if (field.id != http::FieldName::kOther || !text::iequals(field.name, "traceparent")) continue;
    if (only != nullptr) return {};
    only = &field;
  }
  return only == nullptr ? std::string_view() : trace_id_of(only->value);
}

}  // namespace postern::relay
