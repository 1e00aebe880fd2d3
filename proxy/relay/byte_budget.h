// ByteBudget: how much memory things of one kind may hold together, and who holds it.
#pragma once

#include <cassert>
#include <cstdint>
#include <utility>

namespace postern::relay {

// Must outlive its charges. One thread.
class ByteBudget final {
 public:
  // A holder's part of it, given back when it goes.
  class Charge final {
   public:
    Charge() = default;
    Charge(Charge&& other) noexcept
        : budget_(std::exchange(other.budget_, nullptr)), bytes_(std::exchange(other.bytes_, 0)) {}
    Charge& operator=(Charge&& other) noexcept {
      std::swap(budget_, other.budget_);
      std::swap(bytes_, other.bytes_);
      return *this;
    }
    ~Charge() {
      if (budget_ != nullptr) budget_->used_ -= bytes_;
    }
    uint64_t bytes() const { return bytes_; }
    void shrink(uint64_t bytes) {
      assert(bytes <= bytes_);
      budget_->used_ -= std::exchange(bytes_, bytes) - bytes;
    }

   private:
    friend class ByteBudget;
    ByteBudget* budget_ = nullptr;
    uint64_t bytes_ = 0;
  };

  void set_most(uint64_t most) { most_ = most; }  // what is held already stays held

  explicit ByteBudget(uint64_t most) : most_(most) {}
  ByteBudget(const ByteBudget&) = delete;
  ByteBudget& operator=(const ByteBudget&) = delete;
  ~ByteBudget() { assert(used_ == 0); }

  bool has_room(uint64_t bytes) const { return used_ <= most_ && bytes <= most_ - used_; }
  // REQUIRES: has_room(bytes), and a charge that is empty or of this budget.
  void take(Charge& charge, uint64_t bytes) {
    assert(has_room(bytes));
    charge.budget_ = this;
    charge.bytes_ += bytes;
    used_ += bytes;
  }
  uint64_t used() const { return used_; }
  uint64_t most() const { return most_; }

 private:
  uint64_t most_;
  uint64_t used_ = 0;
};

}  // namespace postern::relay
