#include "base/log.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>

#include "base/first_control.h"
#include "base/mutex.h"
#include "support/temporary_folder.h"

namespace postern::log {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::MatchesRegex;

// Keeps what the writer hands over, one entry a call. Closed, it holds the writer up in its call,
// so that a test decides what gathers meanwhile.
class HeldSink final {
 public:
  Logger::Sink sink() {
    return [this](std::string_view bytes) { take(bytes); };
  }
  void close() {
    MutexLock lock(mutex_);
    open_ = false;
  }
  void open() {
    MutexLock lock(mutex_);
    open_ = true;
    changed_.notify_all();
  }
  void wait_for_calls(size_t count) {
    MutexLock lock(mutex_);
    while (calls_.size() < count) changed_.wait(mutex_);
  }
  std::vector<std::string> calls() {
    MutexLock lock(mutex_);
    return calls_;
  }
  // All lines so far, without their ends. Each call must end with one.
  std::vector<std::string> lines() {
    std::vector<std::string> lines;
    for (const std::string& call : calls()) {
      EXPECT_EQ(call.back(), '\n');
      for (size_t at = 0; at < call.size();) {
        const size_t end = call.find('\n', at);
        lines.push_back(call.substr(at, end - at));
        at = end + 1;
      }
    }
    return lines;
  }

 private:
  void take(std::string_view bytes) {
    MutexLock lock(mutex_);
    calls_.emplace_back(bytes);
    changed_.notify_all();
    while (!open_) changed_.wait(mutex_);
  }

  Mutex mutex_;
  Condition changed_;
  bool open_ GUARDED_BY(mutex_) = true;
  std::vector<std::string> calls_ GUARDED_BY(mutex_);
};

// Standard error, led elsewhere for the length of a test.
class StandardError final {
 public:
  StandardError() : before_(::dup(STDERR_FILENO)) {}
  StandardError(const StandardError&) = delete;
  StandardError& operator=(const StandardError&) = delete;
  ~StandardError() {
    ::dup2(before_, STDERR_FILENO);
    ::close(before_);
  }
  void lead_to(const std::string& path) {
    const int file = ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
    ASSERT_GE(file, 0) << path;
    ::dup2(file, STDERR_FILENO);
    ::close(file);
  }

 private:
  int before_;
};

Options options(Format format, Level level = Level::kDebug) {
  Options options;
  options.format = format;
  options.level = level;
  return options;
}

// The lines that `use` logs.
template <class Use>
std::vector<std::string> logged(const Options& options, Use use) {
  HeldSink sink;
  Logger logger(options, sink.sink());
  use(logger);
  logger.flush();
  return sink.lines();
}

constexpr const char* kTime =
    "[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9]\\.[0-9][0-9][0-9]"
    "Z";

TEST(Log, WritesATextLine) {
  const auto lines = logged(options(Format::kText), [](Logger& logger) {
    logger.info("started").str("listen", "127.0.0.1:80").str("note", "two words").num("n", -7);
  });
  EXPECT_THAT(lines, ElementsAre(MatchesRegex(std::string(kTime) +
                                              " info started listen=127\\.0\\.0\\.1:80 "
                                              "note=\"two words\" n=-7")));
}

TEST(Log, WritesAJsonLine) {
  const auto lines = logged(options(Format::kJson), [](Logger& logger) {
    logger.error("failed").str("why", "a \"b\"\n").num("n", INT64_MIN).ms("took", 1234567ns);
  });
  ASSERT_EQ(lines.size(), 1U);
  nlohmann::json line = nlohmann::json::parse(lines[0]);
  EXPECT_THAT(line["time"].get<std::string>(), MatchesRegex(kTime));
  line.erase("time");
  const nlohmann::json expected = {{"level", "error"},
                                   {"event", "failed"},
                                   {"why", "a \"b\"\n"},
                                   {"n", INT64_MIN},
                                   {"took", 1.234}};
  EXPECT_EQ(line, expected);
}

TEST(Log, LevelAndFormatMayChangeBetweenTwoLines) {
  const auto lines = logged(options(Format::kText, Level::kWarn), [](Logger& logger) {
    logger.info("unheard");
    log::Line begun = logger.warn("begun");  // and written when it ends
    Options other = options(Format::kJson, Level::kInfo);
    other.access = false;
    logger.set_options(other);
    begun.str("why", "as it began");
    logger.info("heard");
  });
  EXPECT_THAT(lines, ElementsAre(HasSubstr(R"("event":"heard")"),
                                 HasSubstr(" warn begun why=\"as it began\"")));
}

TEST(Log, AccessLinesMayBeTurnedOff) {
  Options quiet = options(Format::kText);
  quiet.access = false;
  Logger logger(quiet, [](std::string_view) {});
  EXPECT_FALSE(logger.access());
  logger.set_options(options(Format::kText));
  EXPECT_TRUE(logger.access());
}

TEST(Log, KnowsItsLevelsByName) {
  for (const Level level : {Level::kDebug, Level::kInfo, Level::kWarn, Level::kError})
    EXPECT_EQ(parse_level(to_string(level)), level);
  EXPECT_FALSE(parse_level("warning"));
}

TEST(Log, WritesMillisecondsWithThreeDecimals) {
  const auto lines = logged(options(Format::kText), [](Logger& logger) {
    logger.info("t").ms("a", 0ns).ms("b", 999ns).ms("c", 1ms).ms("d", 12345678us).ms("e", -5us);
  });
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_THAT(lines[0], HasSubstr(" a=0.000 b=0.000 c=1.000 d=12345.678 e=-0.005"));
}

TEST(Log, NamesLevelsAsTheSettingDoes) {
  for (const Format format : {Format::kText, Format::kJson}) {
    const auto lines = logged(options(format, Level::kDebug), [](Logger& logger) {
      logger.debug("e");
      logger.info("e");
      logger.warn("e");
      logger.error("e");
    });
    const bool json = format == Format::kJson;
    auto names = [json](const std::string& word) {
      return HasSubstr(json ? "\"level\":\"" + word + "\"" : "Z " + word + " e");
    };
    EXPECT_THAT(lines, ElementsAre(names("debug"), names("info"), names("warn"), names("error")));
  }
}

TEST(Log, DropsWhatIsBelowItsLevel) {
  const auto lines = logged(options(Format::kText, Level::kWarn), [](Logger& logger) {
    logger.debug("d").str("k", "v").num("n", 1).ms("m", 1ms);
    logger.info("i");
    logger.warn("w");
    logger.error("e");
  });
  EXPECT_THAT(lines, ElementsAre(HasSubstr(" w"), HasSubstr(" e")));
}

TEST(Log, NoByteOfAValueBreaksOutOfItsLine) {
  std::string every_byte;
  for (int byte = 0; byte < 256; ++byte) every_byte.push_back(static_cast<char>(byte));
  const std::string hostile =
      every_byte + "\r\n2000-01-01T00:00:00.000Z info forged\x1b[2J\xC2\x9B";
  for (const Format format : {Format::kText, Format::kJson}) {
    const auto lines = logged(
        options(format), [&hostile](Logger& logger) { logger.info(hostile).str("key", hostile); });
    ASSERT_EQ(lines.size(), 1U);
    EXPECT_EQ(test::first_control(lines[0]), std::string::npos);
    if (format == Format::kJson) {
      EXPECT_TRUE(nlohmann::json::accept(lines[0]));
    }
  }
}

TEST(Log, PatternLettersInAValueMeanNothing) {
  const auto lines = logged(options(Format::kText),
                            [](Logger& logger) { logger.info("%v").str("k", "%n%Y{}{0}%"); });
  EXPECT_THAT(lines, ElementsAre(HasSubstr(" %v k=%n%Y{}{0}%")));
}

TEST(Log, WritesInOneCallWhatHasGathered) {
  HeldSink sink;
  Logger logger(options(Format::kText), sink.sink());
  sink.close();
  logger.info("first");
  sink.wait_for_calls(1);
  for (int i = 0; i < 100; ++i) logger.info("more").num("i", i);
  sink.open();
  logger.flush();
  ASSERT_EQ(sink.calls().size(), 2U);
  const auto lines = sink.lines();
  ASSERT_EQ(lines.size(), 101U);
  for (size_t i = 0; i < 100; ++i)
    EXPECT_THAT(lines[i + 1], HasSubstr("more i=" + std::to_string(i)));
  EXPECT_EQ(logger.dropped(), 0U);
}

TEST(Log, DropsAndCountsWhatItsQueueCannotHold) {
  for (const Format format : {Format::kText, Format::kJson}) {
    HeldSink sink;
    Options few = options(format);
    few.max_queue = 4;
    Logger logger(few, sink.sink());
    sink.close();
    logger.info("first");
    sink.wait_for_calls(1);  // it has left the queue
    for (int i = 0; i < 10; ++i) logger.info("more").num("i", i);
    EXPECT_EQ(logger.dropped(), 6U);
    sink.open();
    logger.flush();
    const auto lines = sink.lines();
    ASSERT_EQ(lines.size(), 6U);
    EXPECT_THAT(lines[4], HasSubstr("3"));
    EXPECT_THAT(lines[5],
                HasSubstr(format == Format::kText ? "log_lines_dropped count=6"
                                                  : R"("event":"log_lines_dropped","count":6})"));
  }
}

TEST(Log, TellsOfEachLossOnce) {
  HeldSink sink;
  Options few = options(Format::kText);
  few.max_queue = 1;
  Logger logger(few, sink.sink());
  sink.close();
  logger.info("first");
  sink.wait_for_calls(1);
  logger.info("kept");
  logger.info("lost");
  sink.open();
  logger.flush();
  logger.info("last");
  logger.flush();
  EXPECT_THAT(sink.lines(), ElementsAre(HasSubstr("first"), HasSubstr("kept"),
                                        HasSubstr("log_lines_dropped count=1"), HasSubstr("last")));
}

TEST(Log, ALossThatCouldNotBeToldIsToldLater) {
  const test::TemporaryFolder folder;
  {
    StandardError error;
    Logger logger(options(Format::kText));
    error.lead_to("/dev/full");
    for (const char* event : {"one", "two", "three"}) {
      logger.info(event);
      logger.flush();
    }
    error.lead_to(folder.write("log", ""));
    logger.info("four");
    logger.flush();
  }
  EXPECT_THAT(test::contents_of(folder / "log"),
              MatchesRegex("[^\n]* info four\n[^\n]* warn log_lines_dropped count=3\n"));
}

TEST(Log, AnEndWithNobodyToTellOfALossComes) {
  StandardError error;
  error.lead_to("/dev/full");
  Logger(options(Format::kText)).info("lost");
}

TEST(Log, ItsEndWritesWhatIsLeft) {
  HeldSink sink;
  {
    Logger logger(options(Format::kText), sink.sink());
    for (int i = 0; i < 50; ++i) logger.info("line");
  }
  EXPECT_EQ(sink.lines().size(), 50U);
}

TEST(Log, ALineHoldsNothingOfAnEarlierOne) {
  HeldSink sink;
  Logger logger(options(Format::kText), sink.sink());
  logger.info("long").str("key", std::string(2000, 'x'));
  logger.flush();
  logger.info("gap");  // when this one is written, the long one's memory is free for the next
  logger.flush();
  logger.info("short");
  logger.flush();
  const auto lines = sink.lines();
  ASSERT_EQ(lines.size(), 3U);
  EXPECT_THAT(lines[2], MatchesRegex(std::string(kTime) + " info short"));
}

TEST(Log, TakesLinesOfManyThreadsInTheOrderOfEach) {
  constexpr int kThreads = 4;
  constexpr int kLines = 500;
  const auto lines = logged(options(Format::kJson), [](Logger& logger) {
    std::vector<std::thread> threads;
    for (int thread = 0; thread < kThreads; ++thread) {
      threads.emplace_back([&logger, thread] {
        for (int i = 0; i < kLines; ++i) logger.info("line").num("thread", thread).num("i", i);
      });
    }
    for (std::thread& thread : threads) thread.join();
  });
  ASSERT_EQ(lines.size(), size_t{kThreads} * kLines);
  std::vector<int> next(kThreads, 0);
  for (const std::string& text : lines) {
    const nlohmann::json line = nlohmann::json::parse(text);
    ASSERT_EQ(line["i"], next[line["thread"].get<size_t>()]++);
  }
}

TEST(Log, FlushOfAnEmptyLogReturns) {
  HeldSink sink;
  Logger logger(options(Format::kText), sink.sink());
  logger.flush();
  EXPECT_THAT(sink.calls(), ElementsAre());
}

}  // namespace
}  // namespace postern::log
