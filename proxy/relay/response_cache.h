// ResponseCache: whole answers of Sentry's, as they came, until they are too old, a write has
// passed them, or others need their room.
#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/clock.h"
#include "http/message.h"
#include "relay/byte_budget.h"
#include "relay/kept_head.h"
#include "relay/write_marks.h"

namespace postern::relay {

// An answer that several requests are served with; each of them has its share in it. Its bytes
// count in the cache's budget until the last one has gone, whether it is still stored or not.
struct StoredAnswer {
  // Copies what may be told later too: no rate limits, which say what was left then, no Set-Cookie,
  // which nobody gets, no Age, which is told anew.
  explicit StoredAnswer(const http::ResponseHead& head);

  KeptHead head;
  std::string body;       // as it came, in its coding
  Instant sent{};         // when the call was
  Duration age_before{};  // Age that it came with
  Duration lifetime{};    // counted like age(); zero: not to be stored
  ByteBudget::Charge charge;

  Duration age(Instant now) const { return now - sent + age_before; }
};

// Pure: time is an argument. One thread. Must outlive the answers.
class ResponseCache final {
 public:
  // What an entry costs beside its bytes: nodes, counters, the head's own size.
  static constexpr uint64_t kOverhead = 512;

  explicit ResponseCache(uint64_t max_bytes) : budget_(max_bytes) {}
  ResponseCache(const ResponseCache&) = delete;
  ResponseCache& operator=(const ResponseCache&) = delete;

  // Drops what was used longest ago until the rest fits, or is in use.
  void set_max_bytes(uint64_t max_bytes);

  // A live answer, which becomes the last one to be dropped; null: there is none. `mark` is that of
  // now: an answer with another one goes.
  std::shared_ptr<const StoredAnswer> find(std::string_view key, WriteMarks::Mark mark,
                                           Instant now);

  // The age of the youngest answer alive whose key begins so; nothing if there is none. Looks at
  // all of them and changes nothing: not for the path of a request.
  std::optional<Duration> youngest(std::string_view beginning, WriteMarks::Mark mark,
                                   Instant now) const;

  // `mark` is that of when the call was sent. Takes the place of an older answer only.
  void store(std::string key, WriteMarks::Mark mark, std::shared_ptr<const StoredAnswer> answer);

  void forget(std::string_view beginning);  // all whose keys begin so

  // Room for so many bytes more, if need be by dropping what was used longest ago. False: what is
  // in use leaves too little; nothing is charged.
  bool reserve(ByteBudget::Charge& charge, uint64_t bytes);

  uint64_t bytes() const { return budget_.used(); }
  size_t size() const { return entries_.size(); }

 private:
  struct Entry {
    std::string key;
    WriteMarks::Mark mark = 0;
    std::shared_ptr<const StoredAnswer> answer;
  };
  using Entries = std::list<Entry>;

  void drop(Entries::iterator entry);

  ByteBudget budget_;                                              // first: goes last
  Entries entries_;                                                // the one used last in front
  std::unordered_map<std::string_view, Entries::iterator> index_;  // by the entries' own keys
};

}  // namespace postern::relay
