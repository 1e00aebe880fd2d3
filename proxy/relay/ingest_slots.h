// IngestSlots: how many events may be on their way to Sentry at once, so that calls of the API find
// connections.
#pragma once

#include <cassert>
#include <cstdint>
#include <utility>

namespace postern::relay {

// Must outlive its slots. One thread.
class IngestSlots final {
 public:
  // Given back when it goes.
  class Slot final {
   public:
    Slot() = default;
    Slot(Slot&& other) noexcept : slots_(std::exchange(other.slots_, nullptr)) {}
    Slot& operator=(Slot&& other) noexcept {
      std::swap(slots_, other.slots_);
      return *this;
    }
    ~Slot() { drop(); }
    void drop() {
      if (slots_ != nullptr) --std::exchange(slots_, nullptr)->used_;
    }

   private:
    friend class IngestSlots;
    explicit Slot(IngestSlots& slots) : slots_(&slots) { ++slots.used_; }
    IngestSlots* slots_ = nullptr;
  };

  IngestSlots() = default;
  IngestSlots(const IngestSlots&) = delete;
  IngestSlots& operator=(const IngestSlots&) = delete;
  ~IngestSlots() { assert(used_ == 0); }

  bool are_taken(uint32_t most) const { return used_ >= most; }
  Slot take() { return Slot(*this); }

 private:
  uint32_t used_ = 0;
};

}  // namespace postern::relay
