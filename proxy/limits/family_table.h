// All families, found by user, host and group. Bounded: past `most`, the one that has been idle
// longest makes room for a new one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "limits/family.h"
#include "limits/options.h"

namespace postern::limits {

class FamilyTable final {
 public:
  // Sets the bounds of the totals, which must outlive the table.
  FamilyTable(const Options& options, QueueTotals& totals);
  FamilyTable(const FamilyTable&) = delete;  // families point into it
  FamilyTable& operator=(const FamilyTable&) = delete;

  // All families work by these from now on; none goes before a new one wants its place.
  void set_options(const Options& options);

  Family* find(std::string_view user, std::string_view host, std::string_view group);
  // Limits are shared with others from now on; the board must outlive the table. Before the first
  // family.
  void share(ShareBoard& board) { frame_.board = &board; }
  // Found or new; null if the table is full of families that requests hold on to.
  Family* get(std::string_view user, std::string_view host, std::string_view group);

  std::list<Family>& all() { return families_; }  // most recently used first
  const std::list<Family>& all() const { return families_; }

 private:
  bool evict_idle();

  size_t most_;
  Family::Frame frame_;
  uint64_t next_slot_ = 0;
  std::unordered_map<std::string, std::unique_ptr<Host>> hosts_;  // outlive their families
  std::list<Family> families_;
  std::unordered_map<std::string, std::list<Family>::iterator> by_key_;
  std::string key_;  // scratch, so that finding one allocates nothing
};

}  // namespace postern::limits
