#include "config/load.h"

#include <algorithm>
#include <set>
#include <string_view>

#include "base/did_you_mean.h"
#include "base/text.h"
#include "config/check.h"
#include "config/defaults.h"
#include "config/key_search.h"
#include "config/keys.h"
#include "config/text_file.h"
#include "config/yaml_reader.h"

namespace postern::config {
namespace {

class Loader final {
 public:
  explicit Loader(const Source& source)
      : source_(source),
        options_(default_options(source.environment)),
        top_keys_(keys_of(options_)) {}

  Result<Loaded, Faults> run() {
    read_all();
    if (is_readable_) check_options(options_, origins_, faults_, source_.further_check);
    if (!faults_.empty()) {
      place_missing(faults_, source_.name);
      sort_by_place(faults_);
      return tl::unexpected(std::move(faults_));
    }
    return Loaded{std::move(options_), std::move(origins_)};
  }

  Draft draft() {
    read_all();
    return {std::move(options_), std::move(origins_), std::move(faults_), is_readable_};
  }

 private:
  void read_all() {
    read_file();
    read_environment();
    read_flags();
    // The entries of lists start from what the top level says, so they come after all of it.
    read_listeners();
    read_grants();
    read_catalogue();
    read_rules();
    fill_in(options_, origins_.count("runtime_file") != 0);
  }

  void refuse(Origin origin, std::string path, std::string message) {
    // A value that could not be expanded is wrong in every other way too.
    for (const Fault& fault : faults_) {
      if (fault.path == path && format(fault.origin) == format(origin)) return;
    }
    faults_.push_back({std::move(origin), std::move(path), std::move(message)});
  }

  // --- the file

  void read_file() {
    auto tree = parse_yaml(source_.text, source_.name);
    if (!tree) {
      faults_.push_back(std::move(tree.error()));
      is_readable_ = false;
      return;
    }
    expand(*tree, source_.environment, faults_);
    if (tree->is_null()) return;
    if (tree->kind != Node::Kind::kMap) {
      refuse(tree->origin, "",
             "must be a mapping with the keys " + join(names_below(top_keys_, "")));
      is_readable_ = false;
      return;
    }
    read_map(*tree, top_keys_, "", "");
  }

  // `section` is the place of `map` within the table, `base` where the table's keys begin:
  // "grants[0].". Both are empty or end with a dot.
  void read_map(const Node& map, const std::vector<Key>& keys, const std::string& base,
                const std::string& section) {
    std::set<std::string_view> seen;
    for (const Node& child : map.children) {
      std::string path = section + child.key;
      if (!seen.insert(child.key).second) {
        refuse(child.key_origin, base + path, "is given twice");
      } else if (const Key* key = find_key(keys, path)) {
        take(*key, child, base + path);
      } else if (const Key* secret = find_secret_of_file(keys, path)) {
        refuse_both(map, child, base + path);
        take_file(*secret, child, base + path);
      } else if (is_section(keys, path)) {
        read_section(child, keys, base, path);
      } else {
        refuse_unknown(child, keys, base, section);
      }
    }
  }

  // A secret and its file beside each other: which one is meant?
  void refuse_both(const Node& map, const Node& file, const std::string& path) {
    std::string plain = file.key.substr(0, file.key.size() - kFileSuffix.size());
    for (const Node& other : map.children) {
      if (other.key != plain || other.is_null() || file.is_null()) continue;
      refuse(file.key_origin, path, "the secret itself is given too: keep one of them");
    }
  }

  void read_section(const Node& node, const std::vector<Key>& keys, const std::string& base,
                    const std::string& path) {
    if (node.is_null()) return;
    if (node.kind != Node::Kind::kMap) {
      refuse(node.origin, base + path,
             "must be a mapping with the keys " + join(names_below(keys, path + ".")));
      return;
    }
    origins_[base + path] = node.key_origin;
    read_map(node, keys, base, path + ".");
  }

  void refuse_unknown(const Node& child, const std::vector<Key>& keys, const std::string& base,
                      const std::string& section) {
    std::string message = "unknown key";
    auto names = names_below(keys, section);
    if (std::string near = text::did_you_mean(child.key, names); !near.empty()) {
      message += near;
    } else if (std::string elsewhere = same_name_elsewhere(child.key); !elsewhere.empty()) {
      message += text::did_you_mean(elsewhere);
    } else {
      message += "; known here: " + join(names);
    }
    refuse(child.key_origin, base + section + child.key, std::move(message));
  }

  std::string same_name_elsewhere(const std::string& name) const {
    for (const Key& key : top_keys_) {
      if (key.path.ends_with("." + name)) return std::string(key.path);
    }
    return {};
  }

  // --- single values

  void take(const Key& key, const Node& node, const std::string& path) {
    if (node.is_null()) return;  // as if it were not there
    if (std::holds_alternative<std::vector<wire::ListenOptions>*>(key.value)) {
      listen_ = node;
    } else if (std::holds_alternative<std::vector<GrantSetup>*>(key.value)) {
      grants_ = node;
    } else if (std::holds_alternative<std::vector<policy::RuleOptions>*>(key.value)) {
      rules_ = node;
    } else if (auto why = read_value(node, key.value, key.range)) {
      refuse(node.origin, path, *why);
      return;
    }
    origins_[path] = node.origin;
    if (is_secret(key)) origins_.erase(path + std::string(kFileSuffix));
  }

  void take_file(const Key& key, const Node& node, const std::string& path) {
    if (node.is_null()) return;
    if (node.kind != Node::Kind::kScalar) {
      refuse(node.origin, path, "must be the path of a file");
      return;
    }
    auto text = read_text_file(node.text, source_.files);
    if (!text) {
      refuse(node.origin, path, text.error().what);
      return;
    }
    // Editors and echo end a file with a newline that is no part of the secret.
    while (text->ends_with('\n') || text->ends_with('\r')) text->pop_back();
    *std::get<Secret*>(key.value) = Secret(*text);
    if (key.file != nullptr) *key.file = node.text;
    if (text->empty()) refuse(node.origin, path, node.text + " is empty");
    wipe_memory(text->data(), text->size());
    origins_[path] = node.origin;
    origins_.erase(path.substr(0, path.size() - kFileSuffix.size()));
  }

  // --- environment and flags

  void read_environment() {
    for (const Key& key : top_keys_) {
      std::string path(key.path);
      bool plain = read_variable(key, path, false);
      if (!is_secret(key)) continue;
      path += kFileSuffix;
      bool file = read_variable(key, path, true);
      if (plain && file) {
        refuse({Origin::Source::kEnvironment, environment_name(path), 0, 0}, path,
               "the secret itself is given too: keep one of them");
      }
    }
    refuse_mistyped_variables();
  }

  // Whether the variable of `path` is there. An empty one is as good as none.
  bool read_variable(const Key& key, const std::string& path, bool is_file) {
    std::string name = environment_name(path);
    auto found = source_.environment.find(name);
    if (found == source_.environment.end() || found->second.empty()) return false;
    Node node = make_scalar(found->second, {Origin::Source::kEnvironment, name, 0, 0});
    is_file ? take_file(key, node, path) : take_single(key, node, path);
    return true;
  }

  void take_single(const Key& key, const Node& node, const std::string& path) {
    if (is_list(key.value) && path != "listen") {
      refuse(node.origin, path, "is a list: set it in the file");
      return;
    }
    take(key, node, path);
  }

  // Other POSTERN_ variables are not ours to refuse: Kubernetes sets POSTERN_PORT and more for a
  // service of that name. One that is nearly a setting, and not used in the file, is a mistake.
  void refuse_mistyped_variables() {
    std::vector<std::string> names{"POSTERN_CONFIG"};
    for (const Key& key : top_keys_) {
      names.push_back(environment_name(key.path));
      if (is_secret(key)) names.push_back(names.back() + "_FILE");
    }
    std::vector<std::string_view> known;
    constexpr std::string_view kPrefix = "POSTERN_";
    for (std::string_view name : names) known.push_back(name.substr(kPrefix.size()));
    for (const auto& [name, value] : source_.environment) {
      if (!name.starts_with(kPrefix) || source_.text.find("${" + name) != std::string::npos)
        continue;
      std::string_view rest = std::string_view(name).substr(kPrefix.size());
      if (std::find(known.begin(), known.end(), rest) != known.end()) continue;
      if (auto near = text::nearest(rest, known)) {
        refuse({Origin::Source::kEnvironment, name, 0, 0}, "",
               "unknown setting" + text::did_you_mean(std::string(kPrefix).append(*near)));
      }
    }
  }

  void read_flags() {
    for (const auto& [path, text, name] : source_.flags) {
      Node node = make_scalar(text, {Origin::Source::kFlag, name, 0, 0});
      if (const Key* key = find_key(top_keys_, path)) {
        take_flag(*key, node, path);
      } else if (const Key* secret = find_secret_of_file(top_keys_, path)) {
        take_file(*secret, node, path);
      } else {
        refuse_flag(node, path);
      }
    }
  }

  void take_flag(const Key& key, const Node& node, const std::string& path) {
    if (is_secret(key)) {
      refuse(node.origin, path, "every user can read an argument; use " + path + "_file");
    } else {
      take_single(key, node, path);
    }
  }

  void refuse_flag(const Node& node, const std::string& path) {
    std::vector<std::string_view> known;
    for (const Key& key : top_keys_) known.push_back(key.path);
    auto near = text::nearest(path, known);
    std::string elsewhere = near ? std::string(*near) : same_name_elsewhere(path);
    refuse(node.origin, path,
           "unknown key" + (elsewhere.empty() ? "" : text::did_you_mean(elsewhere)));
  }

  // --- lists of entries

  void read_listeners() {
    if (listen_.is_null()) return;
    options_.listen.clear();
    if (listen_.kind != Node::Kind::kList) {
      read_listener(listen_, "listen[0]");
      return;
    }
    for (size_t i = 0; i < listen_.children.size(); ++i) {
      read_listener(listen_.children[i], "listen[" + std::to_string(i) + "]");
    }
  }

  void read_listener(const Node& node, const std::string& path) {
    origins_[path] = node.origin;
    wire::ListenOptions listener;
    auto keys = keys_of(listener);
    if (node.kind == Node::Kind::kMap) {
      read_map(node, keys, path + ".", "");
    } else {
      take(*find_key(keys, "address"), node, path + ".address");
    }
    options_.listen.push_back(std::move(listener));
  }

  void read_grants() {
    read_entries(grants_, "grants", "[{organization: acme}]", &Loader::read_grant);
  }

  void read_rules() {
    read_entries(rules_, "policy.rules", "[{effect: deny, methods: [DELETE]}]", &Loader::read_rule);
  }

  void read_entries(const Node& list, const std::string& path, const std::string& example,
                    void (Loader::*read)(const Node&, const std::string&)) {
    if (list.is_null()) return;
    if (list.kind != Node::Kind::kList) {
      refuse(list.origin, path, "must be a list, " + example);
      return;
    }
    for (size_t i = 0; i < list.children.size(); ++i)
      (this->*read)(list.children[i], path + "[" + std::to_string(i) + "]");
  }

  // Notes where the entry is. False: it is none.
  bool is_entry(const Node& node, const std::string& path, const std::vector<Key>& keys) {
    if (node.kind != Node::Kind::kMap) {
      refuse(node.origin, path, "must be a mapping with the keys " + join(names_below(keys, "")));
      return false;
    }
    origins_[path] = node.origin;
    return true;
  }

  void read_grant(const Node& node, const std::string& path) {
    GrantSetup setup;
    setup.sentry = options_.sentry;
    setup.grant.client = options_.client;
    auto keys = keys_of(setup);
    if (!is_entry(node, path, keys)) return;
    bool has_client =
        std::any_of(node.children.begin(), node.children.end(),
                    [](const Node& child) { return child.key == "client" && !child.is_null(); });
    // Half of one application and half of another would be neither.
    if (has_client) setup.grant.client = {};
    setup.grant.scopes = default_scopes();
    read_map(node, keys, path + ".", "");
    if (setup.grant.name.empty()) setup.grant.name = setup.grant.organization;
    // What nobody has told is not known of a token that was made elsewhere.
    const bool tells_scopes = origins_.count(path + ".scopes") != 0;
    if (setup.grant.kind == grants::Kind::kStatic && !tells_scopes) setup.grant.scopes.clear();
    options_.grants.push_back(std::move(setup));
  }

  void read_catalogue() {
    const std::string& file = options_.relay.policy.catalogue;
    if (file.empty()) return;
    auto text = read_text_file(file, source_.files);
    const bool is_readable = text && !text->empty();
    if (!is_readable)
      refuse(origins_["policy.catalogue"], "policy.catalogue",
             text ? file + " is empty" : text.error().what);
    if (is_readable) options_.relay.policy.table = std::move(*text);
  }

  void read_rule(const Node& node, const std::string& path) {
    policy::RuleOptions rule;
    auto keys = keys_of(rule);
    if (is_entry(node, path, keys)) read_map(node, keys, path + ".", "");
    // Whatever it is, the others keep their places.
    options_.relay.policy.rules.push_back(std::move(rule));
  }

  const Source& source_;
  Options options_;
  std::vector<Key> top_keys_;  // point into options_
  Node listen_;                // null: not given
  Node grants_;
  Node rules_;
  Origins origins_;
  Faults faults_;
  bool is_readable_ = true;  // else nothing more can be said
};

}  // namespace

Result<Loaded, Faults> load(const Source& source) {
  return Loader(source).run();
}

Draft read_draft(const Source& source) {
  return Loader(source).draft();
}

}  // namespace postern::config
