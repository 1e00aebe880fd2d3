// What the page shows about connecting grants, and the small pages that a browser is led to on the
// way. Everything is escaped.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "grants/options.h"

namespace postern::admin {

// How the last attempt with a grant has ended.
struct ConnectNote {
  bool is_good = false;
  std::string text;     // empty: there was none
  std::string command;  // to be copied; may be empty
};

struct ConnectEntry {
  const grants::GrantOptions* grant = nullptr;
  bool has_token = false;  // or had one
  ConnectNote note;
};

// A value of a moment.
struct ConnectView {
  std::string off;           // why nothing can be connected here; empty: it can
  std::string elsewhere;     // the page's right address, where Sentry can lead back to; empty: this
  std::string redirect_uri;  // as this page will use it
  std::string form_token;    // of a browser that has shown the admin token; else it is asked for
  std::vector<ConnectEntry> entries;
};

// The section's content.
std::string render_connect(const ConnectView& view);

// A page that says one thing, and leads back to the status page.
std::string render_message(std::string_view title, std::string_view text);

}  // namespace postern::admin
