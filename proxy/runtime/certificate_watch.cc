#include "runtime/certificate_watch.h"

#include <chrono>
#include <optional>
#include <utility>

namespace postern::runtime {
namespace {

constexpr Duration kBetweenLooks = std::chrono::seconds(1);

}  // namespace

CertificateWatch::CertificateWatch(CertificateSource source, Background& background, Timers& timers,
                                   const Clock& clock,
                                   std::function<void(const CertificateReading&)> heard)
    : source_(std::move(source)),
      background_(background),
      clock_(clock),
      heard_(std::move(heard)),
      timer_(timers.make([this] { look(); })),
      in_force_(source_.mark),
      latest_(source_.mark) {}

void CertificateWatch::start() {
  timer_->set(clock_.now() + kBetweenLooks);
}

void CertificateWatch::look() {
  auto mark = std::make_shared<std::string>();
  background_.post([mark, look = source_.look] { *mark = look(); },
                   [this, mark] { on_looked(*mark); });
}

void CertificateWatch::on_looked(const std::string& mark) {
  const bool has_rested = mark == std::exchange(latest_, mark);
  if (mark != in_force_ && has_rested) reload();
  timer_->set(clock_.now() + kBetweenLooks);
}

void CertificateWatch::reload() {
  struct Outcome {
    std::string mark;
    std::optional<CertificateReading> reading;
  };
  if (std::exchange(is_reading_, true)) return;
  auto outcome = std::make_shared<Outcome>();
  background_.post(
      [outcome, look = source_.look, read = source_.read] {
        outcome->mark = look();  // before: what changes meanwhile is seen at the next look
        outcome->reading.emplace(read());
      },
      [this, outcome] { on_read(outcome->mark, *outcome->reading); });
}

void CertificateWatch::on_read(const std::string& mark, const CertificateReading& reading) {
  is_reading_ = false;
  in_force_ = mark;
  heard_(reading);
}

}  // namespace postern::runtime
