// Orders: what a control call is made of, for the files that hold the calls.
#pragma once

#include <string_view>
#include <vector>

#include "control.h"
#include "message.h"

namespace postern::sandbox {

// The fields came in the query, in a form body or as a JSON object.
struct Order {
  std::string_view method;
  std::string_view path;  // without the last slash
  Reply (*carry_out)(const Controls& controls, const Fields& fields);
};

const std::vector<Order>& fault_orders();   // control_faults.cc
const std::vector<Order>& token_orders();   // control_tokens.cc
const std::vector<Order>& upload_orders();  // control_uploads.cc

Reply done(std::int64_t changed = 1);
Reply wrong(const std::string& problem);
// Nothing to change when the field is absent.
bool is_on(const Fields& fields, std::string_view name, bool otherwise);

}  // namespace postern::sandbox
