#include "policy/response_class.h"

#include <algorithm>
#include <string>

#include "policy/api_path.h"

namespace postern::policy {
namespace {

struct Row {
  std::string_view
      pattern;  // a place as place_of() writes it; a star at its end: all that begin so
  ResponseClass response;
};

// The first row that fits decides. What fits none: kDetail where a parameter comes last, else
// kList.
constexpr std::array kRows = {
    // Credentials, or what a caller is told about its own.
    Row{"", ResponseClass::kAlone},
    Row{"api-tokens/*", ResponseClass::kAlone},
    Row{"auth/*", ResponseClass::kAlone},
    Row{"hooks/*", ResponseClass::kAlone},
    Row{"org-auth-tokens/*", ResponseClass::kAlone},
    Row{"releases/token/", ResponseClass::kAlone},
    Row{"sentry-app-installations/*", ResponseClass::kAlone},
    Row{"sentry-apps/*", ResponseClass::kAlone},
    Row{"symbol-sources/", ResponseClass::kAlone},
    // Downloads, and where to upload. What has addresses to be changed: relay/body_urls.
    Row{"artifact-lookup/", ResponseClass::kAlone},
    Row{"events/{}/attachments/{}/", ResponseClass::kAlone},
    Row{"preprodartifacts/snapshots/upload-options/", ResponseClass::kAlone},
    Row{"preprodartifacts/snapshots/{}/archive/", ResponseClass::kAlone},
    // Asked again and again until something is done: autofix, exports, deletions, assembling and
    // analysis of uploads, check-ins, thresholds of a release.
    Row{"data-export/{}/", ResponseClass::kState},
    Row{"files/*", ResponseClass::kState},
    Row{"issues/{}/autofix/*", ResponseClass::kState},
    Row{"monitors/{}/checkins/", ResponseClass::kState},
    Row{"preprodartifacts/*", ResponseClass::kState},
    Row{"release-threshold-statuses/", ResponseClass::kState},
    Row{"releases/completion/", ResponseClass::kState},
    Row{"replays/jobs/*", ResponseClass::kState},
    Row{"uptime/{}/checks/", ResponseClass::kState},
    // Single things whose state changes without anybody's writing.
    Row{"incidents/{}/", ResponseClass::kList},
    Row{"monitors/{}/", ResponseClass::kList},
    Row{"uptime/{}/", ResponseClass::kList},
    // What has happened.
    Row{"eventids/{}/", ResponseClass::kEvent},
    Row{"events/{}/", ResponseClass::kEvent},
    Row{"events/{}/json/", ResponseClass::kEvent},
    Row{"events/{}:{}/", ResponseClass::kEvent},
    Row{"issues/{}/events/{}/", ResponseClass::kEvent},
    Row{"profiling/profiles/{}/", ResponseClass::kEvent},
    Row{"replays/{}/recording-segments/{}/", ResponseClass::kEvent},
    Row{"trace-items/{}/", ResponseClass::kEvent},
    Row{"events-trace-meta/{}/", ResponseClass::kTrace},
    Row{"events-trace/{}/", ResponseClass::kTrace},
    Row{"trace-meta/{}/", ResponseClass::kTrace},
    Row{"trace/{}/", ResponseClass::kTrace},
};

struct Word {
  std::string_view word;  // the first of a place
  Family family;
};

constexpr std::array kWords = {
    Word{"eventids", Family::kWork},
    Word{"events", Family::kWork},
    Word{"events-trace", Family::kWork},
    Word{"events-trace-meta", Family::kWork},
    Word{"issues", Family::kWork},
    Word{"issues-count", Family::kWork},
    Word{"issues-stats", Family::kWork},
    Word{"releases", Family::kWork},
    Word{"repos", Family::kWork},
    Word{"shared", Family::kWork},
    Word{"shortids", Family::kWork},
    Word{"trace", Family::kWork},
    Word{"trace-meta", Family::kWork},
    Word{"user-feedback", Family::kWork},
    Word{"user-reports", Family::kWork},
    Word{"alert-rules", Family::kWatch},
    Word{"combined-rules", Family::kWatch},
    Word{"detectors", Family::kWatch},
    Word{"incidents", Family::kWatch},
    Word{"monitors", Family::kWatch},
    Word{"monitors-stats", Family::kWatch},
    Word{"notifications", Family::kWatch},
    Word{"rules", Family::kWatch},
    Word{"uptime", Family::kWatch},
    Word{"workflows", Family::kWatch},
    Word{"dashboards", Family::kBoards},
    Word{"discover", Family::kBoards},
    Word{"prompts-activity", Family::kBoards},
    Word{"recent-searches", Family::kBoards},
    Word{"members", Family::kPeople},
    Word{"scim", Family::kPeople},
    Word{"teams", Family::kPeople},
    Word{"user-teams", Family::kPeople},
    Word{"users", Family::kPeople},
};

bool fits(std::string_view pattern, std::string_view place) {
  if (!pattern.ends_with('*')) return place == pattern;
  pattern.remove_suffix(1);
  return place.starts_with(pattern);
}

ResponseClass response_of(std::string_view place) {
  for (const Row& row : kRows) {
    if (fits(row.pattern, place)) return row.response;
  }
  if (place.ends_with('/')) place.remove_suffix(1);
  return place.ends_with("{}") ? ResponseClass::kDetail : ResponseClass::kList;
}

Family family_of(std::string_view place) {
  const std::string_view first = place.substr(0, place.find('/'));
  const auto* found = std::find_if(kWords.begin(), kWords.end(),
                                   [&](const Word& word) { return word.word == first; });
  return found == kWords.end() ? Family::kOther : found->family;
}

// An event is also called by its place among others, which newer ones take: latest, oldest…
bool names_event_by_id(std::string_view path) {
  constexpr std::string_view kBefore = "/events/";
  const size_t found = path.rfind(kBefore);
  if (found == std::string_view::npos) return true;  // no such name in it
  std::string_view id = path.substr(found + kBefore.size());
  id = id.substr(0, id.find('/'));
  id.remove_prefix(id.find(':') + 1);  // of the project, if there is one
  constexpr size_t kDigits = 32;
  return id.size() >= kDigits &&
         id.find_first_not_of("0123456789abcdefABCDEF-") == std::string_view::npos;
}

}  // namespace

std::string place_of(std::string_view path_template) {
  if (path_template.starts_with(kApiPrefix)) path_template.remove_prefix(kApiPrefix.size());
  std::string place;
  bool inside = false;
  for (const char c : path_template) {
    if (c == '}') inside = false;
    if (!inside) place += c;
    if (c == '{') inside = true;
  }
  for (const std::string_view owner : {"organizations/{}/", "projects/{}/{}/"}) {
    if (place.size() > owner.size() && place.starts_with(owner)) return place.substr(owner.size());
  }
  return place;
}

ResponseClasses::ResponseClasses(const Catalogue& catalogue) : catalogue_(catalogue) {
  traits_.reserve(catalogue.endpoints().size());
  for (const Endpoint& endpoint : catalogue.endpoints()) {
    const std::string place = place_of(endpoint.path);
    const bool is_get = endpoint.method == http::Method::kGet;
    traits_.push_back({is_get ? response_of(place) : ResponseClass::kAlone, family_of(place)});
  }
}

ResponseClasses::Traits ResponseClasses::of(const Match& match, std::string_view path) const {
  if (match.endpoint == nullptr) return {};
  Traits traits = traits_[static_cast<size_t>(match.endpoint - catalogue_.endpoints().data())];
  if (traits.response == ResponseClass::kEvent && !names_event_by_id(path))
    traits.response = ResponseClass::kList;
  return traits;
}

std::vector<std::string_view> ResponseClasses::patterns() {
  std::vector<std::string_view> patterns;
  for (const Row& row : kRows) patterns.push_back(row.pattern);
  return patterns;
}

std::vector<std::string_view> ResponseClasses::family_words() {
  std::vector<std::string_view> words;
  for (const Word& word : kWords) words.push_back(word.word);
  return words;
}

}  // namespace postern::policy
