// The pages a browser sees during OAuth.
#pragma once

#include <string>
#include <vector>

#include "message.h"

namespace postern::sandbox {

// A form with one button to approve and one to deny (field `op`); `fields` come back hidden.
std::string consent_page(const std::string& client_id, const std::vector<std::string>& scopes,
                         const std::vector<std::string>& organizations, const Fields& fields);
std::string device_form(const std::string& user_code);
std::string message_page(const std::string& title, const std::string& text);
std::string escape_html(std::string_view text);

}  // namespace postern::sandbox
