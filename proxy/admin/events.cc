#include "admin/events.h"

#include <cassert>
#include <functional>
#include <string>

namespace postern::admin {
namespace {

std::string event(std::string_view name, const std::string& data) {
  return "event: " + std::string(name) + "\ndata: [" + data + "]\n\n";
}

std::string changed_names(const Versions& before, const Versions& now) {
  std::string names;
  const auto add = [&names](bool has_changed, std::string_view name) {
    if (!has_changed) return;
    names += (names.empty() ? "\"" : ",\"") + std::string(name) + '"';
  };
  add(before.grants != now.grants, "grants");
  add(before.buckets != now.buckets, "buckets");
  add(before.requests != now.requests, "requests");
  add(before.fleet != now.fleet, "fleet");
  return names;
}

}  // namespace

Versions versions_of(const StatusReport& report, const History& history,
                     const Inspector& inspector) {
  StatusReport steady = report;
  steady.uptime_s = 0;
  steady.limits.clear();
  steady.cache.reset();
  steady.upstreams.clear();
  for (GrantReport& grant : steady.grants) {
    grant.expires_in_s.reset();
    grant.next_refresh.clear();
  }
  const std::hash<std::string> hash;
  return {hash(format_status(steady)), hash(format_buckets(report, history)), inspector.total(), 0};
}

class Events::One final : public Follower {
 public:
  One(Events& events, Stream& stream, const Versions& now)
      : events_(events), stream_(stream), told_(now) {
    events_.followers_.push_back(this);
    // A browser that has lost us asks again after so many milliseconds.
    stream_.send("retry: 2000\n\n" + event("changed", R"("grants","buckets","requests","fleet")"));
  }
  ~One() override { std::erase(events_.followers_, this); }

  void tell(const Versions& now) {
    const std::string names = changed_names(told_, now);
    silent_ = told_.grants == now.grants ? silent_ + 1 : 0;
    told_ = now;
    if (!names.empty()) stream_.send(event("changed", names));
    if (silent_ < kBeat) return;
    stream_.send(event("beat", {}));
    silent_ = 0;
  }

 private:
  Events& events_;
  Stream& stream_;
  Versions told_;
  int silent_ = 0;  // ticks since the last word of grants
};

std::unique_ptr<Follower> Events::follow(Stream& stream, const Versions& now) {
  assert(!is_full());
  return std::make_unique<One>(*this, stream, now);
}

void Events::tick(const Versions& now) {
  for (One* one : followers_) one->tell(now);
}

}  // namespace postern::admin
