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

std::optional<SeenOrganization> organization_of(const json& object) {
  SeenOrganization seen{text_of(object, "slug"), text_of(object, "id")};
  if (seen.slug.empty() || !text::parse_unsigned(seen.id)) return {};
  return seen;
}

}  // namespace

Result<SeenOrganization> parse_organization(std::string_view json_text) {
  auto seen = organization_of(parse(json_text));
  if (!seen) return fail("Sentry's answer names no organization");
  return *seen;
}

Result<std::vector<SeenOrganization>> parse_organizations(std::string_view json_text) {
  json document = parse(json_text);
  if (!document.is_array()) return fail("Sentry's answer is not a list of organizations");
  std::vector<SeenOrganization> all;
  for (const json& entry : document)
    if (auto seen = organization_of(entry)) all.push_back(std::move(*seen));
  return all;
}

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

std::string problem_words(std::string_view json_text) {
  const json document = parse(json_text);
  const std::string detail = text_of(document, "detail");
  const std::string action = text_of(document, "action");
  return (detail.empty() ? "" : ": " + detail) + (action.empty() ? "" : "; " + action);
}

}  // namespace postern::cli
