#include "relay/body_urls.h"

#include <algorithm>
#include <array>
#include <span>
#include <vector>

#include "base/escape.h"
#include "base/text.h"
#include "policy/target.h"
#include "relay/json_place.h"

namespace postern::relay {
namespace {

using Path = std::span<const std::string_view>;

constexpr std::array<std::string_view, 2> kOrganizationPath{"links", "regionUrl"};
constexpr std::array<std::string_view, 3> kOrganizationsPath{kEachElement, "links", "regionUrl"};
constexpr std::array<std::string_view, 3> kRegionsPath{"regions", kEachElement, "url"};
constexpr std::array<std::string_view, 1> kChunkUploadPath{"url"};

Path path_of(BodyUrls kind) {
  switch (kind) {
    case BodyUrls::kOrganization:
      return kOrganizationPath;
    case BodyUrls::kOrganizations:
      return kOrganizationsPath;
    case BodyUrls::kRegions:
      return kRegionsPath;
    case BodyUrls::kChunkUpload:
    case BodyUrls::kNone:
      break;
  }
  return kChunkUploadPath;
}

struct Row {
  std::string_view route;
  http::Method method;
  BodyUrls urls;
};

constexpr std::string_view kOneOrganization = "/api/0/organizations/{organization_id_or_slug}/";

constexpr std::array<Row, 5> kRows{{
    {kOneOrganization, http::Method::kGet, BodyUrls::kOrganization},
    {kOneOrganization, http::Method::kPut, BodyUrls::kOrganization},  // answers as GET does
    {"/api/0/organizations/", http::Method::kGet, BodyUrls::kOrganizations},
    {"/api/0/users/{user_id}/regions/", http::Method::kGet, BodyUrls::kRegions},
    {"/api/0/organizations/{organization_id_or_slug}/chunk-upload/", http::Method::kGet,
     BodyUrls::kChunkUpload},
}};

// Up to the names of parameters.
bool is_same_template(std::string_view a, std::string_view b) {
  while (!a.empty() && !b.empty()) {
    const std::string_view one = text::take_until(a, '/');
    const std::string_view other = text::take_until(b, '/');
    const bool are_parameters = one.starts_with('{') && other.starts_with('{');
    if (one != other && !are_parameters) return false;
  }
  return a.empty() && b.empty();
}

// Length of scheme and authority of an absolute URL; 0: it is none.
size_t origin_length(std::string_view url) {
  for (const std::string_view scheme : {"https://", "http://"}) {
    if (url.size() <= scheme.size() || !text::iequals(url.substr(0, scheme.size()), scheme))
      continue;
    return std::min(url.find_first_of("/?#\\", scheme.size()), url.size());
  }
  return 0;
}

// Whatever host it names, these keys mean "ask here", and we are who is to be asked: as long as
// what is to be asked for is something that we carry.
bool is_carried(BodyUrls kind, std::string_view behind_origin) {
  if (kind == BodyUrls::kRegions && (behind_origin.empty() || behind_origin == "/")) return true;
  const std::string_view path = behind_origin.substr(0, behind_origin.find_first_of("?#"));
  return policy::classify(path).kind == policy::TargetKind::kApi;
}

// The new value with its quotes. `raw` is the present one: what it has behind the origin stays byte
// for byte, unless it is written with escapes.
std::string with_origin(std::string_view raw, const std::string& text, size_t length,
                        std::string_view origin) {
  std::string value = "\"";
  log::append_escaped(value, origin);
  const bool is_plain = raw.size() == text.size() + 2;
  if (is_plain) return value.append(raw.substr(1 + length));
  log::append_escaped(value, std::string_view(text).substr(length));
  return value + '"';
}

std::string cut(std::string_view json, const std::vector<JsonPlace>& places) {
  std::string out;
  size_t copied = 0;
  for (const JsonPlace& place : places) {
    out.append(json.substr(copied, place.cut_begin - copied));
    copied = place.cut_end;
  }
  return out.append(json.substr(copied));
}

std::string redirect(BodyUrls kind, std::string_view json, const std::vector<JsonPlace>& places,
                     std::string_view origin) {
  std::string out;
  size_t copied = 0;
  for (const JsonPlace& place : places) {
    const size_t length = place.text ? origin_length(*place.text) : 0;
    if (length == 0 || !is_carried(kind, std::string_view(*place.text).substr(length))) continue;
    out.append(json.substr(copied, place.begin - copied));
    const std::string_view raw = json.substr(place.begin, place.end - place.begin);
    out.append(with_origin(raw, *place.text, length, origin));
    copied = place.end;
  }
  return out.append(json.substr(copied));
}

}  // namespace

BodyUrlRoutes::BodyUrlRoutes(const policy::Catalogue& catalogue) {
  for (const Row& row : kRows) {
    // Braces are bytes like others in a path, so a template fits itself. Where a table lacks it, a
    // looser one may fit.
    const int index = catalogue.match(row.method, row.route).template_index;
    if (index < 0) continue;
    const std::string_view found = catalogue.templates()[static_cast<size_t>(index)].path;
    if (is_same_template(found, row.route)) entries_.push_back({index, row.method, row.urls});
  }
}

BodyUrls BodyUrlRoutes::find(http::Method method, const policy::Match& match) const {
  const bool is_known =
      match.kind == policy::MatchKind::kEndpoint || match.kind == policy::MatchKind::kOtherMethod;
  if (!is_known) return BodyUrls::kNone;
  const http::Method asked = method == http::Method::kHead ? http::Method::kGet : method;
  const auto found = std::find_if(entries_.begin(), entries_.end(), [&](const Entry& entry) {
    return entry.method == asked && entry.template_index == match.template_index;
  });
  return found == entries_.end() ? BodyUrls::kNone : found->urls;
}

std::optional<EditedBody> edit_body_urls(BodyUrls kind, std::string_view json,
                                         std::string_view origin) {
  const std::optional<std::vector<JsonPlace>> places = find_in_json(json, path_of(kind));
  if (!places) return std::nullopt;
  const bool goes = kind == BodyUrls::kOrganization || kind == BodyUrls::kOrganizations;
  const bool tells_region = kind == BodyUrls::kOrganization || kind == BodyUrls::kChunkUpload;
  EditedBody edited;
  edited.body = goes ? cut(json, *places) : redirect(kind, json, *places, origin);
  edited.changed = edited.body != json;
  if (tells_region && places->size() == 1) edited.region = places->front().text.value_or("");
  return edited;
}

}  // namespace postern::relay
