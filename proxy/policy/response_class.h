// What kind of answer an endpoint gives, for who keeps answers: how soon it may change by itself,
// and which writes may change it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "policy/catalogue.h"

namespace postern::policy {

enum class ResponseClass : uint8_t {
  kAlone,   // each request has an answer of its own: credentials, downloads, what is not listed
  kState,   // of something under way, and polled: good for those who ask at the same time
  kList,    // a collection, or numbers about one
  kDetail,  // one thing that people change
  kEvent,   // what has happened: an event, a profile, a segment of a recording
  kTrace,   // a trace: like an event once it is over
};

// Things that show in each other's answers. A write in one of the first three leaves what belongs
// to another family as it is; every other write may have changed anything.
enum class Family : uint8_t {
  kWork,    // issues, releases, events
  kWatch,   // alerts, monitors
  kBoards,  // dashboards, saved queries
  kPeople,  // teams and members: changed by their own writes, which change everything else too
  kOther,
};
inline constexpr size_t kFamilies = 5;

// May a write in `written` have changed answers of `family`?
constexpr bool touches(Family written, Family family) {
  const bool stays_inside = written <= Family::kBoards;
  return !stays_inside || family == written || family == Family::kOther;
}

// Of each endpoint of a catalogue; made once from it. Only read afterwards.
class ResponseClasses final {
 public:
  struct Traits {
    ResponseClass response = ResponseClass::kAlone;
    Family family = Family::kOther;
  };

  // `catalogue` must outlive it.
  explicit ResponseClasses(const Catalogue& catalogue);

  // `path` is the one that was matched. What is no endpoint of the table is kAlone and kOther, and
  // so is the answer to anything but GET kAlone.
  Traits of(const Match& match, std::string_view path) const;

  // The rows of the two tables, for the test that each still names an endpoint.
  static std::vector<std::string_view> patterns();
  static std::vector<std::string_view> family_words();

 private:
  const Catalogue& catalogue_;
  std::vector<Traits> traits_;  // by the endpoint's index
};

// "/api/0/projects/{a}/{b}/events/{c}/" → "events/{}/": what the template names inside of its
// organization or project; the template of those themselves stays whole.
std::string place_of(std::string_view path_template);

}  // namespace postern::policy
