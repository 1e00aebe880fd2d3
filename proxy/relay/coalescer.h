// Coalescer: of requests for the same answer one is sent, and the others follow it.
#pragma once

#include <list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/clock.h"
#include "base/timer.h"
#include "relay/response_cache.h"
#include "relay/write_marks.h"

namespace postern::relay {

// One for all exchanges; must outlive their seats. Loop thread.
class Coalescer final {
 public:
  // What a seat's holder is told: always from the timer, never from inside another call.
  class Holder {
   public:
    virtual ~Holder() = default;
    virtual void on_shared(std::shared_ptr<const StoredAnswer> answer) = 0;  // the leader's
    virtual void on_alone() = 0;  // there will be none to share: each for itself
    virtual void on_lead() = 0;   // the leader has left: this one leads now
    // The leader waits for a rate limit (again).
    virtual void on_leader_waits() = 0;
  };

  // Who asks, as far as it decides who is served first.
  struct Rank {
    std::string caller;
    int urgency = 3;  // 0 goes first
  };
  struct Request {
    std::string_view key;
    Rank rank;
    WriteMarks::Mark mark = 0;          // now
    std::optional<Duration> max_age{};  // zero: nobody's call that has been sent will do
    Instant now{};
  };

  class Seat;

  explicit Coalescer(Timers& timers);
  Coalescer(const Coalescer&) = delete;
  Coalescer& operator=(const Coalescer&) = delete;

  // All who follow go alone, and are told before this returns: the process ends.
  void part_all();

  size_t flights() const { return flights_.size(); }

 private:
  struct Flight;
  struct Sent {
    Instant at;
    WriteMarks::Mark mark = 0;
  };

  void tell(Seat& seat);
  void on_timer();

  std::unordered_map<std::string, Flight*> flights_;  // of each key the one begun last
  std::list<Seat*> told_;                             // those who are to be told
  std::unique_ptr<Timer> soon_;
};

// One request's place: none, in front, or behind another one. Destroying it gives the place up; the
// first of those behind a leader leads then. So a caller that leaves takes its call with it, as
// everywhere, and costs the others one call more at most.
class Coalescer::Seat final {
 public:
  Seat(Coalescer& coalescer, Holder& holder);
  Seat(const Seat&) = delete;
  Seat& operator=(const Seat&) = delete;
  ~Seat();

  // Follows a call for the same answer, or leads those who will. Not followed is one that was sent
  // before the last write or too long ago, nor one still waiting for a rate limit that this request
  // might overtake: another caller's, or a less urgent one. True: follows. REQUIRES: no place.
  bool join(Request request);

  bool leads() const { return flight_ != nullptr && at_ == Place::kFront; }
  bool follows() const { return flight_ != nullptr && at_ == Place::kBehind; }
  bool leader_waits() const;  // REQUIRES: follows

  // ---- of a leader; nothing otherwise
  // For a rate limit. Before it was sent for the first time: those who might overtake it go alone.
  void on_waits();
  void on_sent(Instant now, WriteMarks::Mark mark);               // the call
  void share(const std::shared_ptr<const StoredAnswer>& answer);  // ends the flight
  void decline();  // likewise: there is nothing to share
  void leave();

 private:
  friend class Coalescer;
  enum class Place : uint8_t { kFront, kBehind };
  enum class News : uint8_t { kNone, kShared, kAlone, kLead, kLeaderWaits };

  void notify(News news);
  void end_flight(News news, const std::shared_ptr<const StoredAnswer>& answer);
  void forget_news();

  Coalescer& coalescer_;
  Holder& holder_;
  std::unique_ptr<Flight> own_;  // of a leader
  Flight* flight_ = nullptr;
  Place at_ = Place::kFront;
  std::list<Seat*>::iterator behind_;  // kBehind: its place among the followers
  Rank rank_;
  News news_ = News::kNone;
  std::list<Seat*>::iterator told_;  // unless kNone
  std::shared_ptr<const StoredAnswer> answer_;
};

}  // namespace postern::relay
