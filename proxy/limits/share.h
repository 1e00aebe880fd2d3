// What the Posterns of a fleet say to each other about one counter that all of them draw on: a
// question that tells the last word of the one who asks, and the answer that allots calls.
//
// Windows are named by their Reset, which is Sentry's own: no clock of a Postern or of the engine
// between them enters, so clocks may differ by any amount. A script in Redis answers, as ShareTable
// does.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace postern::limits {

// Which counter. Equal on all replicas.
struct ShareKey {
  std::string user;
  std::string host;
  std::string group;
  std::string bucket;  // the name of a part that split off; empty: the one all routes start in
};

// What calls charged to one window have shown; of one replica in a question, of all in an answer.
struct ShareCount {
  int64_t reset = 0;     // 0: nothing to tell
  int64_t used = 0;      // charged to the window, rejected ones included
  int64_t rejected = 0;  // by the window
  int64_t max_rank = 0;  // highest place in the count that an answer has shown
  double position = 0;   // of the call with that rank, as a share of the window
  bool used_up = false;  // calls waited for lack of calls allotted
};

struct ShareQuestion {
  std::string replica;   // random per process
  int64_t reset = 0;     // of the present window; 0: not known
  int64_t length = 0;    // seconds
  bool is_sure = false;  // of the length
  int64_t budget = 0;    // calls of one window that the fleet may make, as this replica believes
  int64_t used = 0;      // charged to the present window so far
  int64_t held = 0;      // allotted to this replica in it, as far as it knows
  int64_t wanted = 0;    // how many it wants to have in all; less than held: the rest is given back
  int64_t waiting = 0;   // calls for the next window that wait already
  int64_t expected = 0;  // and those that are likely to come
  int64_t slots = 0;     // calls at the same time that the fleet may make; 0: not known
  int64_t replicas = 1;  // as last seen
  ShareCount past;       // the window before the present one
};

struct ShareAnswer {
  int64_t now = 0;       // calls allotted in the present window, those used included
  int64_t next = 0;      // in the next
  int64_t taken = 0;     // in the present one by all, whatever they knew of each other
  double fair = 0;       // calls of a window that this replica could have, did it want many
  int64_t slots = 0;     // calls at the same time; 0: not known
  int64_t replicas = 1;  // that have spoken lately, this one included
  int64_t length = 0;    // of windows, as one who is sure has told; 0: nobody is
  int64_t unheard = 0;   // to one who knows no window yet: calls that may go all the same
  int64_t parts = 0;     // version of what the fleet knows of routes that split off
  ShareCount past;       // of the fleet: the window before the one that the question told of
};

// The bucket that a route is in.
struct RoutePart {
  std::string route;
  std::string bucket;  // empty: the one that all routes start in
};

// Of all routes of one user, host and group.
struct PartsQuestion {
  int64_t version = 0;           // that the moves were found on
  std::vector<RoutePart> moves;  // found here; none: only asks
};

struct PartsAnswer {
  int64_t version = 0;  // 0: nothing is known
  std::vector<RoutePart> parts;
};

// A question on its way.
struct ShareAsk {
  uint64_t id = 0;
  ShareKey key;
  ShareQuestion question;
};

struct PartsAsk {
  uint64_t id = 0;
  ShareKey key;  // without bucket
  PartsQuestion question;
};

// Where questions go.
class Fleet {
 public:
  virtual ~Fleet() = default;
  // Returns at once. The answer, or the news that none will come, goes to whoever asked, later and
  // once, and with its id.
  virtual void ask(const ShareAsk& ask) = 0;
  virtual void ask(const PartsAsk& ask) = 0;
};

}  // namespace postern::limits
