#include "base/log.h"

#include <spdlog/details/log_msg.h>
#include <spdlog/pattern_formatter.h>

#include <array>
#include <charconv>
#include <thread>
#include <utility>
#include <vector>

#include "base/escape.h"
#include "base/mutex.h"
#include "base/standard_error.h"
#include "base/text.h"
#include "base/thread.h"

namespace postern::log {
namespace {

using std::chrono::milliseconds;

// How long lines gather before they are written together.
constexpr milliseconds kGather{50};
// After so many rounds without a line the writer sleeps until it is woken. Waking costs the caller
// a system call, so a writer with steady work looks by itself.
constexpr int kIdleRounds = 4;
// As many as gather at 20,000 lines a second: fewer would be made anew all the time.
constexpr size_t kMaxSpare = 1024;
constexpr size_t kMaxSpareCapacity = 4096;

struct Entry {
  Level level = Level::kInfo;
  Format format = Format::kText;  // of its text
  spdlog::log_clock::time_point time;
  std::string text;
};

std::string pattern_of(Format format) {
  if (format == Format::kJson) return R"({"time":"%Y-%m-%dT%H:%M:%S.%eZ","level":"%n",%v})";
  return "%Y-%m-%dT%H:%M:%S.%eZ %n %v";
}

void append_number(std::string& out, int64_t value) {
  std::array<char, 24> digits;
  const auto result = std::to_chars(digits.data(), digits.data() + digits.size(), value);
  out.append(digits.data(), result.ptr);
}

}  // namespace

std::string_view to_string(Level level) {
  switch (level) {
    case Level::kDebug:
      return "debug";
    case Level::kInfo:
      return "info";
    case Level::kWarn:
      return "warn";
    case Level::kError:
      return "error";
  }
  return "info";
}

std::optional<Level> parse_level(std::string_view text) {
  for (const Level level : {Level::kDebug, Level::kInfo, Level::kWarn, Level::kError})
    if (text == to_string(level)) return level;
  return std::nullopt;
}

// The queue between callers and the writer thread, and the thread itself.
class Logger::Writer final {
 public:
  Writer(const Options& options, Sink sink)
      : max_queue_(options.max_queue),
        format_(options.format),
        sink_(std::move(sink)),
        text_formatter_(pattern_of(Format::kText), spdlog::pattern_time_type::utc, "\n"),
        json_formatter_(pattern_of(Format::kJson), spdlog::pattern_time_type::utc, "\n") {
    thread_ = start_without_signals([this] { run(); });
  }
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  ~Writer() {
    standard_error_.hurry();
    {
      MutexLock lock(mutex_);
      stopping_ = true;
      wake_.notify_one();
    }
    thread_.join();
  }

  void submit(Entry&& entry) {
    MutexLock lock(mutex_);
    if (queue_.size() >= max_queue_) {
      ++dropped_;
      return;
    }
    queue_.push_back(std::move(entry));
    ++submitted_;
    if (asleep_ || queue_.size() == max_queue_ / 2) wake_.notify_one();
  }

  std::string take_spare() {
    MutexLock lock(mutex_);
    if (spare_.empty()) return {};
    std::string text = std::move(spare_.back());
    spare_.pop_back();
    return text;
  }

  void flush() {
    MutexLock lock(mutex_);
    const uint64_t target = submitted_;
    while (written_ < target) {
      hurry_ = true;
      wake_.notify_one();
      progress_.wait(mutex_);
    }
  }

  uint64_t dropped() {
    MutexLock lock(mutex_);
    return dropped_;
  }

 private:
  void run() {
    int idle_rounds = 0;
    while (gather(idle_rounds)) {
      idle_rounds = batch_.empty() ? idle_rounds + 1 : 0;
      write_batch();
    }
  }

  // Waits a round, or for a call when there was nothing to do for long, and takes what is queued.
  // False: nothing is left and nothing more will come.
  bool gather(int idle_rounds) {
    MutexLock lock(mutex_);
    recycle();
    asleep_ = idle_rounds >= kIdleRounds;
    while (asleep_ && queue_.empty() && !stopping_ && !hurry_) wake_.wait(mutex_);
    asleep_ = false;
    if (!stopping_ && !hurry_) wake_.wait_for(mutex_, kGather);
    hurry_ = false;
    batch_.swap(queue_);
    lost_ = dropped_ - reported_;
    return !(stopping_ && batch_.empty() && (lost_ == 0 || is_stuck_));
  }

  void write_batch() {
    bytes_.clear();
    for (const Entry& entry : batch_) format(entry);
    if (lost_ > 0) format(loss());
    if (bytes_.size() > 0) write({bytes_.data(), bytes_.size()});
  }

  void write(std::string_view bytes) {
    size_t lost = 0;
    if (sink_)
      sink_(bytes);
    else
      lost = standard_error_.write(bytes);
    is_stuck_ = lost > 0;
    if (!is_stuck_) {
      reported_ += lost_;
      return;
    }
    // The line about earlier losses is the last, so it is lost too, and told again with these.
    if (lost_ > 0) --lost;
    MutexLock lock(mutex_);
    dropped_ += lost;
  }

  void format(const Entry& entry) {
    // The library's own words differ ("warning"), so ours are passed as the name of the logger, %n.
    const std::string_view word = to_string(entry.level);
    const spdlog::details::log_msg message(entry.time, {}, {word.data(), word.size()},
                                           spdlog::level::info, entry.text);
    const bool json = entry.format == Format::kJson;
    (json ? json_formatter_ : text_formatter_).format(message, bytes_);
    format_ = entry.format;
  }

  Entry loss() const {
    const std::string count = std::to_string(lost_);
    const bool json = format_ == Format::kJson;
    return {Level::kWarn, format_, spdlog::log_clock::now(),
            json ? R"("event":"log_lines_dropped","count":)" + count
                 : "log_lines_dropped count=" + count};
  }

  // Counts the batch as written and keeps its strings for the next lines.
  void recycle() REQUIRES_LOCK(mutex_) {
    if (batch_.empty()) return;
    written_ += batch_.size();
    for (Entry& entry : batch_) {
      if (spare_.size() >= kMaxSpare) break;
      if (entry.text.capacity() > kMaxSpareCapacity) continue;
      entry.text.clear();
      spare_.push_back(std::move(entry.text));
    }
    batch_.clear();
    progress_.notify_all();
  }

  const size_t max_queue_;
  Mutex mutex_;
  Condition wake_;
  Condition progress_;
  std::vector<Entry> queue_ GUARDED_BY(mutex_);
  std::vector<std::string> spare_ GUARDED_BY(mutex_);
  uint64_t submitted_ GUARDED_BY(mutex_) = 0;
  uint64_t written_ GUARDED_BY(mutex_) = 0;
  uint64_t dropped_ GUARDED_BY(mutex_) = 0;
  bool asleep_ GUARDED_BY(mutex_) = false;
  bool hurry_ GUARDED_BY(mutex_) = false;
  bool stopping_ GUARDED_BY(mutex_) = false;

  // The writer thread's own.
  Format format_;  // of the latest line
  Sink sink_;
  StandardError standard_error_;
  spdlog::pattern_formatter text_formatter_;
  spdlog::pattern_formatter json_formatter_;
  spdlog::memory_buf_t bytes_;
  std::vector<Entry> batch_;
  uint64_t lost_ = 0;      // lines, of which this batch tells
  uint64_t reported_ = 0;  // of dropped_
  bool is_stuck_ = false;  // the latest write was not taken whole

  std::thread thread_;
};

Logger::Logger(const Options& options, Sink sink)
    : level_(options.level),
      format_(options.format),
      access_(options.access),
      writer_(std::make_unique<Writer>(options, std::move(sink))) {}

Logger::~Logger() = default;

void Logger::flush() {
  writer_->flush();
}

uint64_t Logger::dropped() const {
  return writer_->dropped();
}

void Logger::set_options(const Options& options) {
  set_level(options.level);
  format_.store(options.format, std::memory_order_relaxed);
  access_.store(options.access, std::memory_order_relaxed);
}

void Logger::submit(Level level, Format format, std::string&& text) {
  writer_->submit({level, format, spdlog::log_clock::now(), std::move(text)});
}

std::string Logger::take_spare() {
  return writer_->take_spare();
}

Line::Line(Logger* logger, Level level, std::string_view event) : logger_(logger), level_(level) {
  if (logger_ == nullptr) return;
  text_ = logger_->take_spare();
  format_ = logger_->format_.load(std::memory_order_relaxed);
  if (format_ == Format::kJson) {
    text_.append(R"("event":)");
    append_quoted(text_, event);
  } else if (is_word(event)) {
    text_.append(event);
  } else {
    append_quoted(text_, event);
  }
}

Line::~Line() {
  if (logger_ != nullptr) logger_->submit(level_, format_, std::move(text_));
}

void Line::begin(Key key) {
  if (format_ == Format::kJson) {
    text_.append(",\"").append(key.text()).append("\":");
  } else {
    text_.push_back(' ');
    text_.append(key.text()).push_back('=');
  }
}

Line& Line::str(Key key, std::string_view value) {
  if (logger_ == nullptr) return *this;
  begin(key);
  const bool bare = format_ == Format::kText && is_word(value);
  if (bare) {
    text_.append(value);
  } else {
    append_quoted(text_, value);
  }
  return *this;
}

Line& Line::num(Key key, int64_t value) {
  if (logger_ == nullptr) return *this;
  begin(key);
  append_number(text_, value);
  return *this;
}

Line& Line::ms(Key key, std::chrono::nanoseconds value) {
  if (logger_ == nullptr) return *this;
  begin(key);
  std::array<char, 32> digits;
  text_.append(digits.data(), text::write_milliseconds(value, digits.data()));
  return *this;
}

}  // namespace postern::log
