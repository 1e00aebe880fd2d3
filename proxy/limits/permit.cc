#include "limits/permit.h"

#include <utility>

#include "limits/governor.h"

namespace postern::limits {

void Ticket::swap(Ticket& other) noexcept {
  std::swap(governor_, other.governor_);
  std::swap(id_, other.id_);
  std::swap(serial_, other.serial_);
}

Ticket& Ticket::operator=(Ticket&& other) noexcept {
  Ticket taken(std::move(other));
  swap(taken);
  return *this;
}

Ticket::~Ticket() {
  if (governor_ != nullptr) governor_->cancel(id_, serial_);
}

void Permit::swap(Permit& other) noexcept {
  std::swap(governor_, other.governor_);
  std::swap(id_, other.id_);
  std::swap(serial_, other.serial_);
}

Permit& Permit::operator=(Permit&& other) noexcept {
  Permit taken(std::move(other));
  swap(taken);
  return *this;
}

Permit::~Permit() {
  if (governor_ != nullptr) governor_->released(id_, serial_);
}

void Permit::on_sent(Instant now) {
  if (governor_ != nullptr) governor_->sent(id_, serial_, seconds(now));
}

void Permit::on_outgrown() {
  if (governor_ != nullptr) governor_->outgrown(id_, serial_);
}

Verdict Permit::on_answer(const Answer& answer, Instant now) {
  Governor* governor = std::exchange(governor_, nullptr);
  return governor == nullptr ? Verdict{} : governor->answered(id_, serial_, answer, seconds(now));
}

void Permit::on_failure(Instant now) {
  Governor* governor = std::exchange(governor_, nullptr);
  if (governor != nullptr) governor->failed(id_, serial_, seconds(now));
}

void Permit::give_back(Instant now) {
  Governor* governor = std::exchange(governor_, nullptr);
  if (governor != nullptr) governor->given_back(id_, serial_, seconds(now));
}

}  // namespace postern::limits
