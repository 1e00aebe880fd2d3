#include "admin/connect_page.h"

#include "admin/html.h"
#include "admin/scope_choice.h"
#include "base/text.h"
#include "grants/login.h"

namespace postern::admin {
namespace {

// A text to be taken elsewhere; the button is the script's, and hidden without it.
void append_copied(std::string& out, std::string_view text) {
  out += "<code class=\"copied\">" + html(text) +
         "</code> <button type=\"button\" class=\"copy\" data-copy=\"" + html(text) +
         "\" hidden>Copy</button>";
}

void append_hidden(std::string& out, std::string_view name, std::string_view value) {
  out += "<input type=\"hidden\" name=\"" + std::string(name) + "\" value=\"" + html(value) + "\">";
}

void append_input(std::string& out, std::string_view type, std::string_view name,
                  const ScopeOption& option) {
  out += "<label><input type=\"" + std::string(type) + "\" name=\"" + html(name) + "\" value=\"" +
         html(option.scope) + '"' + (option.is_chosen ? " checked" : "") + "> " +
         html(option.scope);
  if (!option.note.empty()) out += " <small>" + html(option.note) + "</small>";
  out += "</label>";
}

void append_choice(std::string& out, const ScopeChoice& choice) {
  out += "<fieldset><legend>" + html(choice.subject) + "</legend>";
  if (!choice.ladder.empty()) {
    const std::string name = "scopes." + choice.subject;
    bool is_any = false;
    for (const ScopeOption& step : choice.ladder) is_any = is_any || step.is_chosen;
    out += "<label><input type=\"radio\" name=\"" + html(name) + "\" value=\"\"" +
           (is_any ? "" : " checked") + "> none</label>";
    for (const ScopeOption& step : choice.ladder) append_input(out, "radio", name, step);
  }
  for (const ScopeOption& other : choice.others) append_input(out, "checkbox", "scopes", other);
  out += "</fieldset>";
}

void append_scopes(std::string& out, const grants::GrantOptions& grant) {
  out += "<details class=\"picker\"><summary>Scopes: <span>" + html(text::joined(grant.scopes)) +
         "</span> as configured; choose others</summary><div>";
  for (const ScopeChoice& choice : scope_choices(grant.scopes)) append_choice(out, choice);
  out += "</div></details>";
}

// Shown by a browser that has the cookie, or typed.
void append_token(std::string& out, const ConnectView& view) {
  if (!view.form_token.empty()) return append_hidden(out, "token", view.form_token);
  out +=
      "<p><label>Admin token <input type=\"password\" name=\"token\" required "
      "autocomplete=\"off\" spellcheck=\"false\"></label> <small>or open the address that "
      "<code>postern status</code> prints, which has it</small></p>";
}

void append_note(std::string& out, const ConnectNote& note) {
  if (note.text.empty()) return;
  out += "<div class=\"outcome " + std::string(note.is_good ? "good" : "bad") + "\"><p>" +
         html(note.text) + "</p>";
  if (!note.command.empty()) {
    out += "<p>";
    append_copied(out, note.command);
    out += "</p>";
  }
  out += "</div>";
}

void append_connect_form(std::string& out, const ConnectView& view, const ConnectEntry& entry) {
  out += "<form method=\"post\" action=\"/connect\">";
  append_hidden(out, "grant", entry.grant->name);
  append_scopes(out, *entry.grant);
  if (entry.has_token) {
    out +=
        "<p><label><input type=\"checkbox\" name=\"replace\" value=\"yes\"> replace it even if it "
        "is of another user or organization</label></p>";
  }
  append_token(out, view);
  out += "<p><button type=\"submit\">" +
         std::string(entry.has_token ? "Connect again" : "Connect") + "<span class=\"unseen\"> " +
         html(entry.grant->name) + "</span></button></p></form>";
}

void append_test_form(std::string& out, const ConnectView& view, const ConnectEntry& entry) {
  out += "<form method=\"post\" action=\"/connect/test\">";
  append_hidden(out, "grant", entry.grant->name);
  append_token(out, view);
  out += "<p><button type=\"submit\" class=\"second\">Test it<span class=\"unseen\"> " +
         html(entry.grant->name) + "</span></button></p></form>";
}

void append_entry(std::string& out, const ConnectView& view, const ConnectEntry& entry,
                  size_t place) {
  const std::string id = "connect-" + std::to_string(place);
  out += "<article class=\"card connect\" aria-labelledby=\"" + id + "\"><header><h3 id=\"" + id +
         "\"><bdi>" + html(entry.grant->name) + "</bdi></h3></header>";
  append_note(out, entry.note);
  if (entry.grant->client.id.empty()) {
    out +=
        "<p>Set <code>client.id</code> to the Client ID of your application at Sentry first, and "
        "start Postern again.</p>";
  } else {
    append_connect_form(out, view, entry);
  }
  if (entry.has_token) append_test_form(out, view, entry);
  out += "</article>";
}

void append_steps(std::string& out, const ConnectView& view) {
  const std::string& sentry = view.entries.front().grant->sentry_url;
  bool is_new = true;
  for (const ConnectEntry& entry : view.entries) is_new = is_new && !entry.has_token;
  const std::string url = sentry + "/settings/account/api/applications/";
  out += "<details class=\"card steps\"" + std::string(is_new ? " open" : "") +
         "><summary>What Sentry has to know first</summary><ol><li>Open <a href=\"" + html(url) +
         "\" rel=\"noreferrer\">" + html(url) +
         "</a> and make an application, or choose the one you have.</li><li>Add this redirect URI "
         "to it, as it stands: ";
  append_copied(out, grants::kRedirectUri);
  out +=
      "<br><small>Any port matches it; <code>postern login</code> uses it too. A Sentry that "
      "wants it exact needs ";
  append_copied(out, view.redirect_uri);
  out +=
      "</small></li><li>Its Client ID belongs into <code>client.id</code>, its secret into "
      "<code>client.secret_file</code>; a Public application has none. Start Postern again when "
      "you have changed them.</li><li>Press Connect below, and authorize it at Sentry.</li></ol>"
      "</details>";
}

}  // namespace

std::string render_connect(const ConnectView& view) {
  if (!view.off.empty()) return "<p class=\"quiet\">" + html(view.off) + "</p>";
  if (view.entries.empty())
    return "<p class=\"quiet\">No grant of kind oauth is configured, and others need nobody to "
           "connect them.</p>";
  if (!view.elsewhere.empty()) {
    return "<p>Sentry leads back to this machine by another name. To connect a grant, open <a "
           "href=\"" +
           html(view.elsewhere) + "\">" + html(view.elsewhere) + "</a></p>";
  }
  std::string out;
  append_steps(out, view);
  out += "<div class=\"cards wide\">";
  for (size_t place = 0; place < view.entries.size(); ++place)
    append_entry(out, view, view.entries[place], place);
  out += "</div>";
  return out;
}

std::string render_message(std::string_view title, std::string_view text) {
  return "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
         "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">"
         "<meta name=\"color-scheme\" content=\"light dark\"><title>Postern: " +
         html(title) +
         "</title><link rel=\"icon\" href=\"/icon.svg\" type=\"image/svg+xml\">"
         "<link rel=\"stylesheet\" href=\"/page.css\"></head><body><main><h1>" +
         html(title) + "</h1><p>" + html(text) +
         "</p><p><a href=\"/#connect\">Back to the status page</a></p></main></body></html>\n";
}

}  // namespace postern::admin
