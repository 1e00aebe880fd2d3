// Reading and writing the documents in JSON, field by field. What is missing or of another type
// reads as empty: an instance of another version may have written it.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"

namespace postern::admin {

// A string, or a number in digits; "" for anything else.
std::string text_of(const nlohmann::json& object, const char* name);
int64_t number_of(const nlohmann::json& object, const char* name);
std::optional<int64_t> known_number(const nlohmann::json& object, const char* name);
Duration milliseconds_of(const nlohmann::json& object, const char* name);
bool flag_of(const nlohmann::json& object, const char* name, bool otherwise);
const nlohmann::json& part_of(const nlohmann::json& object, const char* name);
std::vector<std::string> texts_of(const nlohmann::json& object, const char* name);

nlohmann::json or_null(std::string_view text);  // null: empty
nlohmann::json or_null(const std::optional<int64_t>& number);
int64_t milliseconds(Duration span);                  // whole ones, rounded up
std::string printed(const nlohmann::json& document);  // for people too; what is not UTF-8 replaced

}  // namespace postern::admin
