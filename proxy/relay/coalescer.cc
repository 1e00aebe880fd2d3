#include "relay/coalescer.h"

#include <utility>

namespace postern::relay {
namespace {

// Would the limits' queue serve `other` no later than this one?
bool is_behind(const Coalescer::Rank& rank, const Coalescer::Rank& other) {
  return rank.caller == other.caller && other.urgency <= rank.urgency;
}

}  // namespace

struct Coalescer::Flight {
  std::string key;
  const Rank* rank = nullptr;  // the leader's
  bool waits = false;          // for a rate limit
  std::optional<Sent> sent;    // none: not yet
  std::list<Seat*> followers;
};

Coalescer::Coalescer(Timers& timers) : soon_(timers.make([this] { on_timer(); })) {}

void Coalescer::tell(Seat& seat) {
  if (told_.empty()) soon_->set_soon();
  seat.told_ = told_.insert(told_.end(), &seat);
}

// Who is told may leave, take others with it, or have news for others: those have their turn next.
void Coalescer::on_timer() {
  for (size_t left = told_.size(); left > 0 && !told_.empty(); --left) {
    Seat& seat = *told_.front();
    told_.pop_front();
    Holder& holder = seat.holder_;
    switch (std::exchange(seat.news_, Seat::News::kNone)) {
      case Seat::News::kNone:
        break;
      case Seat::News::kShared:
        holder.on_shared(std::move(seat.answer_));
        break;
      case Seat::News::kAlone:
        holder.on_alone();
        break;
      case Seat::News::kLead:
        holder.on_lead();
        break;
      case Seat::News::kLeaderWaits:
        holder.on_leader_waits();
        break;
    }
  }
  if (!told_.empty()) soon_->set_soon();
}

void Coalescer::part_all() {
  for (const auto& [key, flight] : flights_) {
    for (Seat* follower : flight->followers) {
      follower->flight_ = nullptr;
      follower->notify(Seat::News::kAlone);
    }
    flight->followers.clear();
  }
  on_timer();
}

// ---------------------------------------------------------------------------------------- a seat

Coalescer::Seat::Seat(Coalescer& coalescer, Holder& holder)
    : coalescer_(coalescer), holder_(holder) {}

Coalescer::Seat::~Seat() {
  leave();
}

bool Coalescer::Seat::join(Request request) {
  rank_ = std::move(request.rank);
  Flight*& slot = coalescer_.flights_[std::string(request.key)];
  const auto will_do = [&](const Flight& flight) {
    if (flight.waits) return is_behind(rank_, *flight.rank);
    if (!flight.sent) return true;
    const bool is_young = !request.max_age || request.now - flight.sent->at < *request.max_age;
    return is_young && flight.sent->mark == request.mark;
  };
  if (slot != nullptr && will_do(*slot)) {
    flight_ = slot;
    at_ = Place::kBehind;
    behind_ = flight_->followers.insert(flight_->followers.end(), this);
    return true;
  }
  own_ = std::make_unique<Flight>();
  own_->key = request.key;
  own_->rank = &rank_;
  slot = flight_ = own_.get();
  at_ = Place::kFront;
  return false;
}

bool Coalescer::Seat::leader_waits() const {
  return flight_->waits;
}

void Coalescer::Seat::notify(News news) {
  if (std::exchange(news_, news) == News::kNone) coalescer_.tell(*this);
}

void Coalescer::Seat::on_waits() {
  if (!leads() || std::exchange(flight_->waits, true)) return;
  const bool goes_first = flight_->sent.has_value();  // what a limit has turned away goes next
  flight_->sent.reset();
  flight_->followers.remove_if([&](Seat* follower) {
    const bool stays = goes_first || is_behind(follower->rank_, rank_);
    if (!stays) follower->flight_ = nullptr;
    follower->notify(stays ? News::kLeaderWaits : News::kAlone);
    return !stays;
  });
}

void Coalescer::Seat::on_sent(Instant now, WriteMarks::Mark mark) {
  if (!leads()) return;
  flight_->waits = false;
  flight_->sent = Sent{now, mark};
}

void Coalescer::Seat::share(const std::shared_ptr<const StoredAnswer>& answer) {
  if (leads()) end_flight(News::kShared, answer);
}

void Coalescer::Seat::decline() {
  if (leads()) end_flight(News::kAlone, nullptr);
}

void Coalescer::Seat::end_flight(News news, const std::shared_ptr<const StoredAnswer>& answer) {
  const auto found = coalescer_.flights_.find(flight_->key);
  if (found != coalescer_.flights_.end() && found->second == flight_)
    coalescer_.flights_.erase(found);
  for (Seat* follower : flight_->followers) {
    follower->flight_ = nullptr;
    follower->answer_ = answer;
    follower->notify(news);
  }
  flight_ = nullptr;
  own_.reset();
}

void Coalescer::Seat::leave() {
  forget_news();
  if (follows()) flight_->followers.erase(behind_);
  if (leads()) {
    if (flight_->followers.empty()) return end_flight(News::kAlone, nullptr);
    Seat& next = *flight_->followers.front();
    flight_->followers.pop_front();
    flight_->waits = false;
    flight_->sent.reset();
    flight_->rank = &next.rank_;
    next.own_ = std::move(own_);
    next.at_ = Place::kFront;
    next.notify(News::kLead);
  }
  flight_ = nullptr;
}

void Coalescer::Seat::forget_news() {
  answer_.reset();
  if (std::exchange(news_, News::kNone) != News::kNone) coalescer_.told_.erase(told_);
}

}  // namespace postern::relay
