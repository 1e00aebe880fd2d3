// Waits for a grant like a request does, and counts how often it was told.
#pragma once

#include <functional>

#include "grants/grant.h"

namespace postern::grants::test {

struct Caller final : Waiting {
  explicit Caller(Grant& waited) : grant(waited) { ticket = grant.wait(*this); }
  void on_settled() override {
    ++told;
    ticket.drop();
    if (then) then();
  }
  Grant& grant;
  Grant::Ticket ticket;
  int told = 0;
  std::function<void()> then;
};

}  // namespace postern::grants::test
