// ConfigurationWatch: notices that the configuration has changed, and reads it anew.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/background.h"
#include "base/clock.h"
#include "base/result.h"
#include "base/timer.h"
#include "config/load.h"

namespace postern::runtime {

// The configuration, or all that is wrong, one fault a line.
using Reading = Result<config::Loaded, std::vector<std::string>>;

// How the configuration is reached. Both functions are called on a helper thread.
struct ConfigurationSource {
  std::string mark;                   // of the file before what is in force was read
  std::function<std::string()> look;  // the mark of now, base/file_mark.h
  std::function<Reading()> read;      // empty: it can be read only once
};

class ConfigurationHolder {
 public:
  virtual ~ConfigurationHolder() = default;
  virtual void on_loading() = 0;  // one of the next two follows
  virtual void on_loaded(const config::Loaded& wanted) = 0;
  virtual void on_refused(const std::vector<std::string>& faults) = 0;
};

// Looks once a second, as the store does, so that a link turned elsewhere is a change like any
// other. A file counts as changed when it has rested since the last look: whoever writes it is done
// by then. Loop thread; all arguments must outlive it.
class ConfigurationWatch final {
 public:
  ConfigurationWatch(ConfigurationSource source, Background& background, Timers& timers,
                     const Clock& clock, ConfigurationHolder& holder);

  void start();
  void reload();  // at once, whether it has changed or not
  void stop();    // nobody is told anything any more

 private:
  void look();
  void on_looked(const std::string& mark);
  void load();
  void on_read(const std::string& mark, const Reading& reading);

  ConfigurationSource source_;
  Background& background_;
  const Clock& clock_;
  ConfigurationHolder& holder_;
  std::unique_ptr<Timer> timer_;
  std::string in_force_;  // mark of what was read last
  std::string latest_;    // of the last look
  bool is_reading_ = false;
  bool read_again_ = false;
  bool is_stopped_ = false;
};

}  // namespace postern::runtime
