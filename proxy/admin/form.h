// A form as a browser sends it.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/secret.h"

namespace postern::admin {

// application/x-www-form-urlencoded (WHATWG URL §5.1). A value; wipes what it held.
class Form final {
 public:
  // Errors: a '%' without two hex digits, a control byte, more than kMostFields.
  static Result<Form> parse(std::string_view body);

  Form(Form&&) = default;
  Form& operator=(Form&&) = default;
  ~Form();

  // Empty: there is none, or more than one, which nobody of ours sends.
  std::string_view value(std::string_view name) const;
  Secret secret(std::string_view name) const { return Secret(std::string(value(name))); }
  // Of all fields called `name` or `name`.something, in order, split at spaces.
  std::vector<std::string> words(std::string_view name) const;

 private:
  static constexpr size_t kMostFields = 200;
  Form() = default;
  std::vector<std::pair<std::string, std::string>> fields_;
};

}  // namespace postern::admin
