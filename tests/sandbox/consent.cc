#include "consent.h"

namespace postern::sandbox {
namespace {

std::string page(const std::string& title, const std::string& body) {
  return "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>" +
         escape_html(title) +
         "</title><style>body{font:16px/1.5 sans-serif;max-width:34em;margin:4em auto;"
         "padding:0 1em}button{font:inherit;padding:.4em 1.2em;margin-right:.6em}"
         "input{font:inherit;padding:.3em}</style></head><body><h1>" +
         escape_html(title) + "</h1>" + body + "</body></html>\n";
}

constexpr const char* kButtons =
    "<p><button name=\"op\" value=\"approve\">Approve</button>"
    "<button name=\"op\" value=\"deny\">Deny</button></p></form>";

}  // namespace

std::string escape_html(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '&') {
      out += "&amp;";
    } else if (c == '<') {
      out += "&lt;";
    } else if (c == '>') {
      out += "&gt;";
    } else if (c == '"') {
      out += "&quot;";
    } else {
      out += c;
    }
  }
  return out;
}

std::string consent_page(const std::string& client_id, const std::vector<std::string>& scopes,
                         const std::vector<std::string>& organizations, const Fields& fields) {
  std::string body = "<p><b>" + escape_html(client_id) + "</b> asks for access to ";
  for (std::size_t i = 0; i < organizations.size(); ++i) {
    body += (i > 0 ? ", " : "") + escape_html(organizations[i]);
  }
  body += ".</p><ul>";
  for (const std::string& scope : scopes) body += "<li>" + escape_html(scope) + "</li>";
  body += "</ul><form method=\"post\">";
  for (const auto& [name, value] : fields) {
    body += "<input type=\"hidden\" name=\"" + escape_html(name) + "\" value=\"" +
            escape_html(value) + "\">";
  }
  return page("Authorize " + client_id, body + kButtons);
}

std::string device_form(const std::string& user_code) {
  return page("Authorize a device",
              "<form method=\"post\"><p>Code: <input name=\"user_code\" value=\"" +
                  escape_html(user_code) + "\"></p>" + kButtons);
}

std::string message_page(const std::string& title, const std::string& text) {
  return page(title, "<p>" + escape_html(text) + "</p>");
}

}  // namespace postern::sandbox
