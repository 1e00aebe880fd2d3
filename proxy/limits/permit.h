// What the governor hands out: a place in the queue, or leave to send one call. Both release what
// they hold when destroyed, and neither may outlive the governor.
#pragma once

#include <cstdint>
#include <optional>

#include "base/clock.h"
#include "limits/answer.h"

namespace postern::limits {

class Governor;

// A place in the queue.
class Ticket final {
 public:
  Ticket() = default;
  Ticket(Ticket&& other) noexcept { swap(other); }
  Ticket& operator=(Ticket&& other) noexcept;
  ~Ticket();
  explicit operator bool() const { return governor_ != nullptr; }

 private:
  friend class Governor;
  Ticket(Governor& governor, uint64_t id, uint32_t serial)
      : governor_(&governor), id_(id), serial_(serial) {}
  void swap(Ticket& other) noexcept;

  Governor* governor_ = nullptr;
  uint64_t id_ = 0;
  uint32_t serial_ = 0;
};

// What becomes of a request after an answer.
struct Verdict {
  std::optional<Ticket> again;          // waits to be sent again; otherwise the answer is passed on
  int calls = 1;                        // made for this request so far
  std::optional<Duration> retry_after;  // to add to a 429 that is passed on without one
};

// Leave to send one call.
class Permit final {
 public:
  Permit() = default;
  Permit(Permit&& other) noexcept { swap(other); }
  Permit& operator=(Permit&& other) noexcept;
  ~Permit();
  explicit operator bool() const { return governor_ != nullptr; }

  void on_sent(Instant now);  // the head is on its way
  void on_outgrown();         // its body is at hand no longer: it cannot be sent again
  // The answer's head is here (and the start of the body of a 429 or 5xx). The permit is spent.
  Verdict on_answer(const Answer& answer, Instant now);
  // The call failed without an answer. The permit is spent.
  void on_failure(Instant now);
  // It was not sent and will not be soon. The permit is spent; admit() with `again`.
  void give_back(Instant now);

 private:
  friend class Governor;
  Permit(Governor& governor, uint64_t id, uint32_t serial)
      : governor_(&governor), id_(id), serial_(serial) {}
  void swap(Permit& other) noexcept;

  Governor* governor_ = nullptr;
  uint64_t id_ = 0;
  uint32_t serial_ = 0;
};

}  // namespace postern::limits
