#include "config/show.h"

#include <algorithm>
#include <string_view>
#include <variant>
#include <vector>

#include "config/changes.h"
#include "config/defaults.h"
#include "config/keys.h"

namespace postern::config {
namespace {

// One line of YAML: text, and a comment that starts in a column of its own.
struct Line {
  std::string text;
  std::string comment;
};

std::string layout(const std::vector<Line>& lines, size_t widest) {
  size_t column = 0;
  for (const Line& line : lines) {
    if (line.comment.empty() || line.text.size() > widest) continue;
    column = std::max(column, line.text.size());
  }
  std::string out;
  for (const Line& line : lines) {
    out += line.text;
    if (!line.comment.empty()) {
      out.append(column > line.text.size() ? column - line.text.size() : 0, ' ');
      out += (line.text.empty() ? "# " : "  # ") + line.comment;
    }
    out += '\n';
  }
  return out;
}

// Writes keys of one table, opening sections as their names change.
class Writer final {
 public:
  Writer(std::vector<Line>& lines, std::string indent)
      : lines_(lines), indent_(std::move(indent)) {}

  // The first line of an entry of a list carries the dash.
  void begin_entry() { dash_ = true; }

  void write(std::string_view path, const std::string& value, std::string comment) {
    const size_t dot = path.rfind('.');
    const std::string_view section = dot == std::string_view::npos ? "" : path.substr(0, dot);
    std::string indent = open(section);
    section_ = section;
    std::string name(dot == std::string_view::npos ? path : path.substr(dot + 1));
    line(std::move(indent), name + ": " + value, std::move(comment));
  }

 private:
  // Writes the names of sections that are not open yet, and returns the indent inside.
  std::string open(std::string_view section) {
    std::string indent = indent_;
    for (size_t begin = 0; begin < section.size();) {
      const size_t end = std::min(section.find('.', begin), section.size());
      const std::string_view whole = section.substr(0, end);
      const bool is_open = section_ == whole || section_.starts_with(std::string(whole) + ".");
      if (!is_open) line(indent, std::string(section.substr(begin, end - begin)) + ":", "");
      indent += "  ";
      begin = end + 1;
    }
    return indent;
  }

  void line(std::string indent, const std::string& text, std::string comment) {
    if (dash_) indent = indent.substr(0, indent.size() - 2) + "- ";
    dash_ = false;
    lines_.push_back({indent + text, std::move(comment)});
  }

  std::vector<Line>& lines_;
  std::string indent_;
  std::string section_;
  bool dash_ = false;
};

// --- show
// -----------------------------------------------------------------------------------------

// Where the value of `path` comes from. An entry of `grants` that does not say has it from the top
// level if that has such a key.
std::string source_of(const Origins& origins, const std::string& path) {
  for (const std::string& given : {path, path + "_file"}) {
    auto found = origins.find(given);
    if (found == origins.end()) continue;
    return format(found->second) + (given == path ? "" : " (_file)");
  }
  return "default";
}

std::string source_in_grant(const Origins& origins, const std::string& base, std::string_view key) {
  std::string own = source_of(origins, base + std::string(key));
  bool is_shared = key.starts_with("sentry.") || key.starts_with("client.");
  bool has_own_client = key.starts_with("client.") && origins.count(base + "client") != 0;
  if (own != "default" || !is_shared || has_own_client) return own;
  return source_of(origins, std::string(key)) + " (" + std::string(key) + ")";
}

// Behind its name such a value may be as good as a key: a word that callers must know, a proof of
// the client's. Whoever reaches the control plane may read what is shown.
std::string mask_behind(const std::string& text, std::string_view mark) {
  const size_t at = text.find(mark.front());
  return at == std::string::npos ? text : text.substr(0, at) + std::string(mark) + "***";
}

std::string shown(const Key& key) {
  if (key.path == "guard.require_header") {
    std::string masked = mask_behind(*std::get<std::string*>(key.value), ": ");
    return write_value(&masked);
  }
  if (key.path == "token_parameters") {
    std::vector<std::string> masked = *std::get<std::vector<std::string>*>(key.value);
    for (std::string& one : masked) one = mask_behind(one, "=");
    return write_value(&masked);
  }
  return write_value(key.value);
}

void show_listeners(std::vector<Line>& lines, Loaded& loaded) {
  lines.push_back({"listen:", source_of(loaded.origins, "listen")});
  for (size_t i = 0; i < loaded.options.listen.size(); ++i) {
    Writer writer(lines, "    ");
    writer.begin_entry();
    std::string base = "listen[" + std::to_string(i) + "].";
    wire::ListenOptions& listener = loaded.options.listen[i];
    bool is_unix = listener.address.starts_with("unix:");
    for (const Key& key : keys_of(listener)) {
      bool only_unix = key.path == "mode" || key.path == "uids";
      if (only_unix && !is_unix) continue;
      if (key.path.starts_with("tls.") && !listener.tls.is_on()) continue;
      writer.write(key.path, write_value(key.value),
                   source_of(loaded.origins, base + std::string(key.path)));
    }
  }
}

void show_grants(std::vector<Line>& lines, Loaded& loaded) {
  lines.push_back({"grants:", source_of(loaded.origins, "grants")});
  for (size_t i = 0; i < loaded.options.grants.size(); ++i) {
    Writer writer(lines, "    ");
    writer.begin_entry();
    std::string base = "grants[" + std::to_string(i) + "].";
    for (const Key& key : keys_of(loaded.options.grants[i])) {
      writer.write(key.path, shown(key), source_in_grant(loaded.origins, base, key.path));
    }
  }
}

void show_rules(std::vector<Line>& lines, Loaded& loaded) {
  std::vector<policy::RuleOptions>& rules = loaded.options.relay.policy.rules;
  const std::string source = source_of(loaded.origins, "policy.rules");
  lines.push_back({rules.empty() ? "  rules: []" : "  rules:", source});
  for (size_t i = 0; i < rules.size(); ++i) {
    Writer writer(lines, "      ");
    writer.begin_entry();
    const std::string base = "policy.rules[" + std::to_string(i) + "].";
    for (const Key& key : keys_of(rules[i]))
      writer.write(key.path, write_value(key.value),
                   source_of(loaded.origins, base + std::string(key.path)));
  }
}

// --- reference
// ------------------------------------------------------------------------------------

constexpr std::string_view kPreamble =
    "# Every setting of Postern with its default. This file is made by `postern show "
    "--reference`.\n"
    "#\n"
    "# durations 250ms, 20s, 5m, 1h · sizes 512, 64KiB, 16MiB, 1GiB · shares 10% · null: not set\n"
    "# A value beats the next: --set server.max_head=16KiB, the environment\n"
    "# (POSTERN_SERVER_MAX_HEAD; single values only), this file, the default.\n"
    "# ${NAME} is replaced by a variable of the environment, ${NAME:-text} by text if that is "
    "unset\n"
    "# or empty, $$ by a dollar sign. Every secret x has a form x_file, the file that holds "
    "it.\n"
    "# A change shows while Postern runs, but for what is marked [restart].\n\n";

std::string comment_of(const Key& key) {
  std::string unit = describe_value(key.value);
  bool says_enough = unit == "text" || unit == "list" || unit == "secret" || unit == "mode";
  return std::string(key.comment) + (says_enough ? "" : " (" + unit + ")");
}

// Of a setting of the top level.
std::string mark_of(const Key& key) {
  return needs_restart(key.path) ? " [restart]" : "";
}

void reference_entry(std::vector<Line>& lines, const std::vector<Key>& keys, std::string_view mark,
                     std::string indent = "    ") {
  std::vector<Line> entry;
  Writer writer(entry, std::move(indent));
  writer.begin_entry();
  for (const Key& key : keys) {
    writer.write(key.path, write_value(key.value), comment_of(key));
    if (is_secret(key)) writer.write(std::string(key.path) + "_file", "null", "or the file of it");
  }
  for (Line& line : entry) {
    if (!mark.empty()) line.text = std::string(mark) + line.text;
    lines.push_back(std::move(line));
  }
}

void reference_listen(std::vector<Line>& lines, const Key& key) {
  lines.push_back({"listen: " + write_value(key.value), comment_of(key) + mark_of(key)});
  wire::ListenOptions example;
  example.address = "unix:/run/postern.sock";
  reference_entry(lines, keys_of(example), "#");
}

void reference_grants(std::vector<Line>& lines) {
  GrantSetup example;
  example.grant.organization = "acme";
  example.grant.scopes = default_scopes();
  lines.push_back({"grants:", "the organizations to act in; at least one [restart]"});
  reference_entry(lines, keys_of(example), "");
}

void reference_single(Writer& writer, const Key& key) {
  writer.write(key.path, write_value(key.value), comment_of(key) + mark_of(key));
  if (is_secret(key))
    writer.write(std::string(key.path) + "_file", "null", "or the file of it" + mark_of(key));
}

}  // namespace

std::string show(const Loaded& loaded) {
  Loaded copy = loaded;  // the table wants something it may write to
  std::vector<Line> lines;
  Writer writer(lines, "");
  for (const Key& key : keys_of(copy.options)) {
    if (key.path == "listen") {
      show_listeners(lines, copy);
    } else if (key.path == "grants") {
      show_grants(lines, copy);
    } else if (key.path == "policy.rules") {
      show_rules(lines, copy);
    } else {
      writer.write(key.path, shown(key), source_of(copy.origins, std::string(key.path)));
    }
  }
  return layout(lines, 60);
}

std::string reference() {
  Options defaults = default_options({});
  // These depend on the machine.
  defaults.store.path.clear();
  defaults.runtime_file.clear();
  std::vector<Line> lines;
  Writer writer(lines, "");
  std::string_view section;
  for (const Key& key : keys_of(defaults)) {
    std::string_view next = key.path.substr(0, key.path.find('.'));
    if (!section.empty() && next != section) lines.push_back({});
    section = next;
    if (key.path == "listen") {
      reference_listen(lines, key);
    } else if (key.path == "grants") {
      reference_grants(lines);
    } else if (key.path == "policy.rules") {
      reference_single(writer, key);
      policy::RuleOptions example;
      reference_entry(lines, keys_of(example), "#", "      ");
    } else {
      reference_single(writer, key);
    }
  }
  return std::string(kPreamble) + layout(lines, 60);
}

}  // namespace postern::config
