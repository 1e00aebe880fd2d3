#include "cli/version.h"

#include <openssl/crypto.h>

#include <algorithm>
#include <cstdint>

#include "base/text.h"
#include "cli/style.h"
#include "cli/table.h"
#include "event/library.h"
#include "relay/inflate.h"

namespace postern::cli {
namespace {

// Of the libraries that tell it.
std::string_view version_in_use(std::string_view library) {
  if (library == "OpenSSL") return OpenSSL_version(OPENSSL_VERSION_STRING);
  if (library == "libevent") return event::libevent_in_use();
  if (library == "zlib") return relay::zlib_in_use();
  return {};
}

// Up to `separator`, which is taken off `rest` as well.
std::string_view take(std::string_view& rest, char separator) {
  const std::string_view first = rest.substr(0, rest.find(separator));
  rest.remove_prefix(std::min(first.size() + 1, rest.size()));
  return first;
}

std::vector<Library> libraries_of(std::string_view list) {
  std::vector<Library> libraries;
  while (!list.empty()) {
    std::string_view version = take(list, ';');
    const std::string_view name = take(version, ' ');
    libraries.push_back(
        {std::string(name), std::string(version), std::string(version_in_use(name))});
  }
  return libraries;
}

// The numbers of "2.1.12-stable".
std::vector<uint64_t> numbers_of(std::string_view version) {
  std::vector<uint64_t> numbers;
  version = version.substr(0, version.find_first_not_of("0123456789."));
  while (!version.empty()) numbers.push_back(text::parse_unsigned(take(version, '.')).value_or(0));
  return numbers;
}

std::string build_of(const BuildFacts& facts) {
  std::string build(facts.type.empty() ? "no build type" : facts.type);
  if (facts.is_hardened) build += ", hardened";
  if (facts.is_link_time_optimized) build += ", optimized at link time";
  if (!facts.sanitizers.empty()) build += ", sanitizers: " + std::string(facts.sanitizers);
  if (facts.allows_old_libraries) build += ", old libraries allowed";
  return build;
}

}  // namespace

VersionView this_version() {
  const BuildFacts facts = build_facts();
  return {version(), commit(), facts, libraries_of(facts.libraries)};
}

bool is_older(const Library& library) {
  return !library.runs_with.empty() &&
         numbers_of(library.runs_with) < numbers_of(library.built_with);
}

std::string version_line(const VersionView& view) {
  const Commit& commit = view.commit;
  std::string where(commit.id.empty() ? "commit unknown" : commit.id);
  if (commit.is_modified) where += ", modified";
  return "postern " + std::string(view.version) + " (" + where + ")";
}

std::string version_text(const VersionView& view) {
  Table table({"library", "built with", "runs with"});
  for (const Library& library : view.libraries) {
    table.add({{library.name},
               {library.built_with},
               {library.runs_with.empty() ? "does not tell" : library.runs_with}});
    if (is_older(library))
      table.add_note("older than what it was built with: fixes may be missing", Ink::kUneasy);
  }
  return version_line(view) + "\n\ncompiler  " + std::string(view.build.compiler) + "\nbuild     " +
         build_of(view.build) + "\nflags     " + std::string(view.build.flags) + "\n\n" +
         table.text(Style(false));
}

}  // namespace postern::cli
