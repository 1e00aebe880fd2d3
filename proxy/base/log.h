// The log: one line per event, JSON or text, written by a thread of its own.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace postern::log {

enum class Level : uint8_t { kDebug, kInfo, kWarn, kError };
enum class Format : uint8_t { kText, kJson };

std::string_view to_string(Level level);  // as the setting log.level names it
std::optional<Level> parse_level(std::string_view text);

struct Options {
  Level level = Level::kInfo;
  Format format = Format::kText;
  bool access = true;       // one line per request
  size_t max_queue = 8192;  // lines waiting for the writer; more are dropped and counted
};

class Logger;

// The name of a value: a literal of letters, digits and underscores, which the compiler checks, so
// that nothing has to be escaped later.
class Key final {
 public:
  // NOLINTNEXTLINE(google-explicit-constructor): who calls writes the literal alone
  consteval Key(const char* text) : text_(text) {
    for (const char c : text_)
      if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_')) throw "not a key";
  }
  std::string_view text() const { return text_; }

 private:
  std::string_view text_;
};

// One line under construction; it is handed to the logger when destroyed. Values are escaped:
// control bytes cannot reach the terminal or start a line of their own. Never pass a Secret.
class Line final {
 public:
  Line(Logger* logger, Level level, std::string_view event);  // null logger: the line goes nowhere
  Line(const Line&) = delete;
  Line& operator=(const Line&) = delete;
  ~Line();

  Line& str(Key key, std::string_view value);
  Line& num(Key key, int64_t value);
  Line& ms(Key key, std::chrono::nanoseconds value);  // milliseconds, three decimals

 private:
  void begin(Key key);
  Logger* logger_;
  Level level_;
  Format format_ = Format::kText;
  std::string text_;
};

// Owns the writer thread. Lines may come from any thread and never block; the writer collects what
// has gathered and makes one write(2) of it. Destroying it writes what is left.
class Logger final {
 public:
  // Where finished bytes go; called on the writer thread only.
  using Sink = std::function<void(std::string_view)>;

  explicit Logger(const Options& options, Sink sink = {});  // no sink: standard error
  Logger(const Logger&) = delete;
  Logger& operator=(const Logger&) = delete;
  ~Logger();

  Line debug(std::string_view event) { return line(Level::kDebug, event); }
  Line info(std::string_view event) { return line(Level::kInfo, event); }
  Line warn(std::string_view event) { return line(Level::kWarn, event); }
  Line error(std::string_view event) { return line(Level::kError, event); }
  Line line(Level level, std::string_view event) {
    return Line(level < this->level() ? nullptr : this, level, event);
  }

  // Waits until everything logged so far is written.
  void flush();
  uint64_t dropped() const;

  // Level, format and access lines, from the next line on. Any thread.
  void set_options(const Options& options);
  void set_level(Level level) { level_.store(level, std::memory_order_relaxed); }
  Level level() const { return level_.load(std::memory_order_relaxed); }
  bool access() const { return access_.load(std::memory_order_relaxed); }

 private:
  friend class Line;
  void submit(Level level, Format format, std::string&& text);
  std::string take_spare();  // an empty string with capacity from an earlier line

  class Writer;
  std::atomic<Level> level_;
  std::atomic<Format> format_;
  std::atomic<bool> access_;
  std::unique_ptr<Writer> writer_;
};

}  // namespace postern::log
