// CertificateWatch: notices that the files of a listener's TLS have changed, and reads them anew.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/background.h"
#include "base/clock.h"
#include "base/result.h"
#include "base/timer.h"
#include "wire/tls_server.h"

namespace postern::runtime {

// What the files make, or what is wrong with them.
using CertificateReading = Result<std::shared_ptr<const wire::TlsServer>>;

// How they are reached. Both functions are called on a helper thread.
struct CertificateSource {
  std::string mark;                   // of the files before what is in use was read
  std::function<std::string()> look;  // the mark of now
  std::function<CertificateReading()> read;
};

// Looks once a second, so that a link turned elsewhere (as kubelet does) is a change like any
// other, and reads what has rested since the last look: whoever writes several files is done by
// then. Files that were found faulty are read again when they change. Loop thread; all arguments
// must outlive it.
class CertificateWatch final {
 public:
  // `heard` is told of each reading.
  CertificateWatch(CertificateSource source, Background& background, Timers& timers,
                   const Clock& clock, std::function<void(const CertificateReading&)> heard);

  void start();
  void reload();  // at once, whether they have changed or not

 private:
  void look();
  void on_looked(const std::string& mark);
  void on_read(const std::string& mark, const CertificateReading& reading);

  CertificateSource source_;
  Background& background_;
  const Clock& clock_;
  std::function<void(const CertificateReading&)> heard_;
  std::unique_ptr<Timer> timer_;
  std::string in_force_;  // mark of what was read last
  std::string latest_;    // of the last look
  bool is_reading_ = false;
};

}  // namespace postern::runtime
