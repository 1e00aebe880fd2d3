// The files of web/, which are part of the program.
#pragma once

#include <string_view>

namespace postern::admin {

std::string_view page_html();  // with marks, {{grants}}, where parts are put in
std::string_view page_css();
std::string_view page_js();
std::string_view icon_svg();

}  // namespace postern::admin
