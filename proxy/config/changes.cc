#include "config/changes.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>

#include "config/keys.h"

namespace postern::config {
namespace {

// What sockets, connections, keepers and the store were made of. A dot at the end: all below.
constexpr std::array kFixed = std::to_array<std::string_view>({
    "listen",
    "sentry.url",
    "sentry.ca_file",
    "sentry.egress_proxy",
    "sentry.regions",
    "sentry.direct_uploads",
    "client.",
    "grants",
    "store.",
    "refresh.timeout",
    "server.max_line",
    "server.max_head",
    "server.max_fields",
    "upstream.max_head",
    "upstream.max_fields",
    "policy.catalogue",
    "limits.share",
    "admin.",
    "probes.",
    "metrics.",
    "log.max_queue",
    "runtime_file",
});

// Lists whose entries have keys of their own are compared key by key.
template <class T>
constexpr bool kHasEntries = std::is_same_v<T, std::vector<wire::ListenOptions>*> ||
                             std::is_same_v<T, std::vector<GrantSetup>*> ||
                             std::is_same_v<T, std::vector<policy::RuleOptions>*>;

bool same(const std::vector<Key>& a, const std::vector<Key>& b);

template <class T>
bool same_entries(const std::vector<T>& a, const std::vector<T>& b) {
  const auto equal = [](T one, T other) { return same(keys_of(one), keys_of(other)); };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), equal);
}

template <class T>
bool same_value(T* a, T* b) {
  if constexpr (kHasEntries<T*>) {
    return same_entries(*a, *b);
  } else {
    return *a == *b;
  }
}
template <class Wrapped>
bool same_value(Wrapped a, Wrapped b) {
  return *a.value == *b.value;
}

template <class T>
void copy_value(T* from, T* to) {
  *to = *from;
}
template <class Wrapped>
void copy_value(Wrapped from, Wrapped to) {
  *to.value = *from.value;
}

bool same(const Key& a, const Key& b) {
  // What a watched file holds is its reader's business.
  if (a.file != nullptr && !a.file->empty()) return *a.file == *b.file;
  return std::visit(
      [&](auto value) { return same_value(value, std::get<decltype(value)>(b.value)); }, a.value);
}

bool same(const std::vector<Key>& a, const std::vector<Key>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const Key& one, const Key& other) { return same(one, other); });
}

void copy(const Key& from, const Key& to) {
  std::visit([&](auto value) { copy_value(value, std::get<decltype(value)>(to.value)); },
             from.value);
}

// "grants[1].scopes"; "grants" when entries have come or gone.
template <class T>
void name_differences(std::string_view list, std::vector<T> running, std::vector<T> wanted,
                      std::vector<std::string>& names) {
  if (running.size() != wanted.size()) return names.emplace_back(list), void();
  for (size_t i = 0; i < running.size(); ++i) {
    const std::vector<Key> before = keys_of(running[i]);
    const std::vector<Key> after = keys_of(wanted[i]);
    for (size_t k = 0; k < before.size(); ++k) {
      // What an entry has from the top level is named there.
      const bool is_named = std::find(names.begin(), names.end(), before[k].path) != names.end();
      if (is_named || same(before[k], after[k])) continue;
      names.push_back(std::string(list) + "[" + std::to_string(i) + "]." +
                      std::string(before[k].path));
    }
  }
}

void name_restart(const Key& key, const Options& running, const Options& wanted,
                  std::vector<std::string>& names) {
  if (key.path == "listen") {
    name_differences(key.path, running.listen, wanted.listen, names);
  } else if (key.path == "grants") {
    name_differences(key.path, running.grants, wanted.grants, names);
  } else {
    names.emplace_back(key.path);
  }
}

}  // namespace

bool needs_restart(std::string_view path) {
  return std::any_of(kFixed.begin(), kFixed.end(), [&](std::string_view fixed) {
    return fixed.ends_with('.') ? path.starts_with(fixed) : path == fixed;
  });
}

Changes take_over(Options& running, const Options& wanted) {
  Changes changes;
  // Rules are about endpoints of the table that is in use.
  const bool other_table = running.relay.policy.table != wanted.relay.policy.table;
  Options next = wanted;  // the table of keys wants something it may write to
  const std::vector<Key> before = keys_of(running);
  const std::vector<Key> after = keys_of(next);
  for (size_t i = 0; i < before.size(); ++i) {
    const std::string_view path = before[i].path;
    const bool is_same = same(before[i], after[i]) && !(path == "policy.catalogue" && other_table);
    if (is_same) continue;
    if (needs_restart(path) || (path == "policy.rules" && other_table)) {
      name_restart(before[i], running, wanted, changes.need_restart);
    } else {
      copy(after[i], before[i]);
      changes.taken.emplace_back(path);
    }
  }
  running.relay.route_timeouts = wanted.relay.route_timeouts;  // made of upstream.timeouts
  return changes;
}

Changes take_over(Loaded& running, const Loaded& wanted) {
  Changes changes = take_over(running.options, wanted.options);
  const auto stays = [&](const Origins::value_type& origin) {
    const std::string key = origin.first.substr(0, origin.first.find('['));
    const std::vector<std::string>& waiting = changes.need_restart;
    return needs_restart(key) || std::find(waiting.begin(), waiting.end(), key) != waiting.end();
  };
  Origins origins;
  std::copy_if(running.origins.begin(), running.origins.end(),
               std::inserter(origins, origins.end()), stays);
  for (const auto& origin : wanted.origins)
    if (!stays(origin)) origins.insert(origin);
  running.origins = std::move(origins);
  return changes;
}

}  // namespace postern::config
