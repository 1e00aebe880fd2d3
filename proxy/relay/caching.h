// Caching: the response cache at work. It knows what may be kept and for whom, shares calls under
// way, and forgets what a write may have changed.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/timer.h"
#include "grants/grant.h"
#include "http/message.h"
#include "http/method.h"
#include "policy/catalogue.h"
#include "policy/response_class.h"
#include "relay/coalescer.h"
#include "relay/grant_identities.h"
#include "relay/options.h"
#include "relay/response_cache.h"
#include "relay/write_marks.h"

namespace postern::relay {

// One for all exchanges; must outlive their visits. Loop thread.
class Caching final {
 public:
  class Visit;

  // What a visit that follows another one's call is told, once, from a timer.
  class Holder {
   public:
    virtual ~Holder() = default;
    virtual void on_recalled() = 0;    // the answer is here: rest()
    virtual void on_to_be_sent() = 0;  // make the call after all
  };

  // `catalogue` must outlive it.
  Caching(const CacheOptions& options, const policy::Catalogue& catalogue, const Clock& clock,
          Timers& timers);
  Caching(const Caching&) = delete;
  Caching& operator=(const Caching&) = delete;

  // Those already kept keep the lifetime they were stored with.
  void set_options(const CacheOptions& options);
  void part_all() { coalescer_.part_all(); }

  uint64_t bytes() const { return cache_.bytes(); }  // stored, being gathered, being served
  uint64_t max_bytes() const { return options_.max_bytes; }
  size_t size() const { return cache_.size(); }  // answers

  // Requests that are over, by what the cache was to them.
  struct Counters {
    uint64_t hits = 0;
    uint64_t coalesced = 0;
    uint64_t misses = 0;
    uint64_t bypasses = 0;
  };
  const Counters& counters() const { return counters_; }

  // What it has for such a request. Changes nothing.
  struct Outlook {
    policy::ResponseClass response = policy::ResponseClass::kAlone;
    Duration lifetime{};          // that answers are kept; zero: they are not
    std::optional<Duration> age;  // of one that is kept, whatever its caller accepts
  };
  // `target`: as Sentry would be asked; `match`: of its path.
  Outlook outlook(http::Method method, std::string_view target, const policy::Match& match,
                  const grants::Grant& grant) const;

 private:
  Duration lifetime_of(policy::ResponseClass response) const;
  std::string beginning_of(const grants::Grant& grant);
  void count(std::string_view outcome);

  CacheOptions options_;
  const policy::ResponseClasses classes_;
  const Clock& clock_;
  Timers& timers_;
  ResponseCache cache_;
  Coalescer coalescer_;
  WriteMarks marks_;
  GrantIdentities identities_;
  Counters counters_;
};

// One request's dealings with the cache. Destroying it gives up what it holds; a write whose
// outcome nobody will hear of counts as one that has worked.
class Caching::Visit final : private Coalescer::Holder {
 public:
  struct Question {
    const http::RequestHead& head;
    const http::Fields& sent_fields;  // as Sentry would get them
    std::string_view target;          // likewise
    const policy::Match& match;       // of its path
    const grants::Grant& grant;
    bool is_edited;  // what its caller gets depends on the address that it used
    Coalescer::Rank rank;
    std::optional<Instant> deadline;  // for waiting for a rate limit
  };

  Visit(Caching& caching, Caching::Holder& holder) : caching_(caching), holder_(holder) {}
  Visit(const Visit&) = delete;
  Visit& operator=(const Visit&) = delete;
  ~Visit() override;

  enum class Turn : uint8_t {
    kSend,    // make the call
    kAnswer,  // the answer is here: rest()
    kFollow,  // another request's call is under way: the holder will be told
  };
  Turn begin(const Question& question);

  // "hit", "miss", "coalesced" or "bypass", for the caller and the log.
  std::string_view outcome() const { return outcome_; }

  // ---- the call that is made
  void on_waits() { seat_.on_waits(); }  // for a rate limit
  void on_sent(Instant now);
  void on_head(const http::ResponseHead& head);  // that the caller gets; before it is sent
  void on_done();                                // its body is whole
  void on_failed();                              // for good: what followed goes alone
  void on_over();  // without an answer of Sentry's: the first of those who follow leads

  // Its body, while it is gathered for others. It is passed on from here, so that a slow caller
  // keeps none of them waiting.
  bool gathers() const { return gathered_ != nullptr; }
  bool add(std::string_view bytes);  // false: it becomes too long, nothing was added
  std::string stop_gathering();      // what has not been passed on yet

  // ---- what is to be passed on
  const http::ResponseHead* stored_head() const;  // null: none is here
  std::string_view rest() const;
  void passed(size_t size) { passed_ += size; }
  bool take_end();  // once, when all has been passed on and nothing will come after it

  // X-Postern-Cache, and Age of a stored answer. The views last as long as the visit.
  void append_fields(http::Fields& fields);

 private:
  void on_shared(std::shared_ptr<const StoredAnswer> answer) override;
  void on_alone() override;
  void on_lead() override;
  void on_leader_waits() override;

  Turn recall(const Question& question);
  void note_organization(const Question& question);
  void on_deadline();
  void judge_write(int status);
  void flush();
  bool grow(size_t size);

  Caching& caching_;
  Caching::Holder& holder_;
  std::string_view outcome_ = "bypass";
  policy::ResponseClasses::Traits traits_;
  std::string organization_;  // whose answers these are; empty: not known
  bool anywhere_ = false;     // a write that may be any organization's
  bool writes_ = false;
  int sends_ = 0;              // of a write, not answered yet
  std::string key_;            // empty: bypasses
  WriteMarks::Mark mark_ = 0;  // when the call was sent
  Instant sent_{};
  std::shared_ptr<StoredAnswer> gathered_;
  uint64_t fixed_ = 0;  // what it costs beside its body
  std::shared_ptr<const StoredAnswer> answer_;
  size_t passed_ = 0;
  bool ended_ = false;
  std::string age_;
  std::optional<Instant> deadline_;
  std::unique_ptr<Timer> timer_;  // made when there is something to wait for
  Coalescer::Seat seat_{caching_.coalescer_, *this};
};

}  // namespace postern::relay
