#include "cli/documents.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "admin/json_fields.h"
#include "base/text.h"

namespace postern::cli {
namespace {

using admin::text_of;
using nlohmann::json;

json parse(std::string_view text) {
  return json::parse(text, nullptr, false);
}

}  // namespace

std::optional<AccessEntry> parse_access_entry(std::string_view json_text) {
  const json document = parse(json_text);
  if (!document.is_object()) return {};
  return AccessEntry{text_of(document, "event"), text_of(document, "method"),
                     text_of(document, "path"),  text_of(document, "sent_as"),
                     text_of(document, "grant"), text_of(document, "code")};
}

std::string format_scopes(const std::vector<ScopeView>& scopes) {
  json document = json::array();
  for (const ScopeView& view : scopes) {
    json operations = json::array();
    for (const ScopeView::Operation& operation : view.operations)
      operations.push_back({{"method", operation.method},
                            {"path", operation.path},
                            {"published", operation.published}});
    document.push_back({{"scope", view.scope},
                        {"grantable", view.grantable},
                        {"contains", view.contains},
                        {"reads", view.reads},
                        {"changes", view.changes},
                        {"operations", std::move(operations)}});
  }
  return document.dump(2, ' ', true, json::error_handler_t::replace);
}

std::string format_version(const VersionView& view) {
  const auto or_null = [](std::string_view text) { return text.empty() ? json() : json(text); };
  json libraries = json::array();
  for (const Library& library : view.libraries) {
    libraries.push_back({{"name", library.name},
                         {"built_with", library.built_with},
                         {"runs_with", or_null(library.runs_with)},
                         {"older", is_older(library)}});
  }
  const BuildFacts& build = view.build;
  const json document = {{"version", view.version},
                         {"commit", or_null(view.commit.id)},
                         {"modified", view.commit.is_modified},
                         {"compiler", build.compiler},
                         {"build_type", build.type},
                         {"flags", build.flags},
                         {"hardened", build.is_hardened},
                         {"link_time_optimized", build.is_link_time_optimized},
                         {"sanitizers", or_null(build.sanitizers)},
                         {"old_libraries_allowed", build.allows_old_libraries},
                         {"libraries", std::move(libraries)}};
  return document.dump(2, ' ', true, json::error_handler_t::replace);
}

std::string with_action(std::string detail, const std::string& action) {
  if (action.empty()) return detail;
  return std::move(detail.append(detail.ends_with('.') ? " " : "; ").append(action));
}

std::string problem_words(std::string_view json_text) {
  const json document = parse(json_text);
  const std::string detail = text_of(document, "detail");
  return with_action(detail.empty() ? "" : ": " + detail, text_of(document, "action"));
}

}  // namespace postern::cli
