// The scripts against the tables that they repeat, run by a real redis-server where there is one.
#include <gtest/gtest.h>
#include <stdlib.h>

#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <random>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "limits/parts.h"
#include "limits/share_script.h"
#include "limits/share_table.h"

namespace postern::limits {
namespace {

// What the shell command writes.
std::string output_of(const std::string& command) {
  const std::unique_ptr<FILE, int (*)(FILE*)> pipe(popen(command.c_str(), "r"), pclose);
  std::string output;
  char buffer[4096];
  while (pipe != nullptr && fgets(buffer, sizeof(buffer), pipe.get()) != nullptr) output += buffer;
  return output;
}

std::string quoted(const std::string& text) {
  return "\"" + text + "\"";
}

class ShareRedisTest : public testing::Test {
 protected:
  void SetUp() override {
    // The same program under two names; the second one comes with redis-cli.
    std::string server = output_of("command -v redis-server || command -v redis-check-rdb");
    if (server.empty()) GTEST_SKIP() << "there is no redis-server";
    server.pop_back();
    std::string name = testing::TempDir() + "postern-share-XXXXXX";
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    folder_ = name;
    cli_ = "redis-cli -s " + folder_ + "/s ";
    (void)output_of("bash -c 'exec -a redis-server " + server +
                    " --port 0 --save \"\" --daemonize yes --dir " + folder_ + " --unixsocket " +
                    folder_ + "/s'");
    (void)output_of("for i in $(seq 100); do " + cli_ +
                    "ping >/dev/null 2>&1 && break; sleep 0.05; done");
  }
  void TearDown() override {
    if (folder_.empty()) return;
    (void)output_of(cli_ + "shutdown nosave 2>&1");
    std::filesystem::remove_all(folder_);
  }

  std::string load(std::string_view script) {
    std::ofstream(folder_ + "/script") << script;
    std::string sha = output_of(cli_ + "-x script load < " + folder_ + "/script");
    while (!sha.empty() && sha.back() == '\n') sha.pop_back();
    return sha;
  }
  // One command a line; what each says, line by line.
  std::istringstream run(const std::string& commands) {
    std::ofstream(folder_ + "/commands") << commands;
    return std::istringstream(output_of(cli_ + "< " + folder_ + "/commands"));
  }

 private:
  std::string folder_;
  std::string cli_;
};

ShareQuestion any_question(std::mt19937_64& random, int64_t reset, int64_t length) {
  std::uniform_int_distribution<int64_t> any(0, 60);
  ShareQuestion question;
  question.replica = "replica" + std::to_string(any(random) % 6);
  question.budget = 20 + any(random);
  question.waiting = any(random);
  question.replicas = 1 + any(random) % 8;
  if (any(random) < 4) return question;  // a newcomer
  question.reset = reset;
  question.length = length;
  question.is_sure = any(random) > 30;
  question.used = any(random) / 6;
  question.held = any(random) / 4;
  question.wanted = any(random);
  question.expected = any(random) / 2;
  question.slots = any(random) / 2;
  if (any(random) < 20) return question;
  question.past.reset = reset - length;
  question.past.used = any(random);
  question.past.rejected = any(random) / 20;
  question.past.max_rank = any(random);
  question.past.position = static_cast<double>(any(random)) / 64;
  question.past.used_up = any(random) > 30;
  return question;
}

TEST_F(ShareRedisTest, TheScriptAnswersAsTheTable) {
  const std::string sha = load(share_script());
  ASSERT_EQ(sha.size(), 40U) << sha;
  for (const int64_t length : {int64_t{1}, int64_t{60}}) {
    std::mt19937_64 random(static_cast<uint64_t>(length));
    ShareTable table;
    std::vector<ShareAnswer> expected;
    std::string commands;
    for (int i = 0; i < 500; ++i) {
      const ShareQuestion question = any_question(random, (28'333'334 + i / 8) * length, length);
      expected.push_back(table.answer(question));
      commands += "EVALSHA " + sha + " 2 {7}:share" + std::to_string(length) + " {7}:parts";
      for (const std::string& argument : share_arguments(question))
        commands += " " + quoted(argument);
      commands += "\n";
    }
    std::istringstream said = run(commands);
    for (size_t i = 0; i < expected.size(); ++i) {
      std::vector<std::string> fields(15);
      for (std::string& field : fields) std::getline(said, field);
      const auto answer = read_share_answer(fields);
      ASSERT_TRUE(answer) << i << ": " << fields[0];
      EXPECT_EQ(answer->now, expected[i].now) << i;
      EXPECT_EQ(answer->next, expected[i].next) << i;
      EXPECT_EQ(answer->taken, expected[i].taken) << i;
      EXPECT_DOUBLE_EQ(answer->fair, expected[i].fair) << i;
      EXPECT_EQ(answer->slots, expected[i].slots) << i;
      EXPECT_EQ(answer->replicas, expected[i].replicas) << i;
      EXPECT_EQ(answer->unheard, expected[i].unheard) << i;
      EXPECT_EQ(answer->length, expected[i].length) << i;
      EXPECT_EQ(answer->past.reset, expected[i].past.reset) << i;
      EXPECT_EQ(answer->past.used, expected[i].past.used) << i;
      EXPECT_EQ(answer->past.rejected, expected[i].past.rejected) << i;
      EXPECT_EQ(answer->past.max_rank, expected[i].past.max_rank) << i;
      EXPECT_DOUBLE_EQ(answer->past.position, expected[i].past.position) << i;
      EXPECT_EQ(answer->past.used_up, expected[i].past.used_up) << i;
    }
  }
}

TEST_F(ShareRedisTest, ThePartsScriptAnswersAsTheTable) {
  const std::string sha = load(parts_script());
  ASSERT_EQ(sha.size(), 40U) << sha;
  std::mt19937_64 random(3);
  PartsTable table;
  for (int i = 0; i < 12; ++i) {
    PartsQuestion question;
    question.version = table.version() - (random() % 3 == 0 ? 1 : 0);
    for (uint64_t move = random() % 3; move > 0; --move)
      question.moves.push_back(
          {"/r" + std::to_string(random() % 5) + "/", random() % 2 == 0 ? "" : "/b/"});
    const PartsAnswer expected = table.answer(question);
    std::string command = "EVALSHA " + sha + " 1 {7}:parts";
    for (const std::string& argument : parts_arguments(question)) command += " " + quoted(argument);
    std::istringstream said = run(command + "\n");
    std::vector<std::string> fields;
    for (std::string field; std::getline(said, field);) fields.push_back(field);
    const auto answer = read_parts_answer(fields);
    ASSERT_TRUE(answer) << fields.front();
    EXPECT_EQ(answer->version, expected.version);
    std::map<std::string, std::string> buckets;
    for (const RoutePart& part : answer->parts) buckets[part.route] = part.bucket;
    ASSERT_EQ(buckets.size(), expected.parts.size());
    for (const RoutePart& part : expected.parts) EXPECT_EQ(buckets[part.route], part.bucket);
  }
}

TEST_F(ShareRedisTest, TheProbeDoesWhatTheOthersDoAndLeavesNothing) {
  const std::string sha = load(probe_script());
  ASSERT_EQ(sha.size(), 40U) << sha;
  std::istringstream said =
      run("EVALSHA " + sha + " 2 {x}:share {x}:parts\n" + "PTTL {x}:share\nPTTL {x}:parts\n");
  std::string line;
  std::getline(said, line);
  EXPECT_EQ(line, "usable");
  std::getline(said, line);  // the version
  for (int i = 0; i < 2; ++i) {
    std::getline(said, line);
    EXPECT_GT(std::stol(line), 0);
    EXPECT_LE(std::stol(line), 1000);
  }
}

TEST_F(ShareRedisTest, WhatCannotBeReadIsBegunAnewAndGoesByItself) {
  const std::string sha = load(share_script());
  ShareQuestion question;
  question.replica = "a";
  question.reset = 1'700'000'001;
  question.length = 1;
  question.budget = question.waiting = 40;
  std::string command = "EVALSHA " + sha + " 2 {7}:share {7}:parts";
  for (const std::string& argument : share_arguments(question)) command += " " + quoted(argument);
  std::istringstream said = run("SET {7}:share \"not a table\"\n" + command + "\nPTTL {7}:share\n");
  std::string line;
  std::getline(said, line);
  EXPECT_EQ(line, "OK");
  std::vector<std::string> fields(15);
  for (std::string& field : fields) std::getline(said, field);
  const auto answer = read_share_answer(fields);
  ASSERT_TRUE(answer) << fields[0];
  EXPECT_EQ(answer->next, 40);
  std::getline(said, line);
  EXPECT_GT(std::stol(line), 4000);
  EXPECT_LE(std::stol(line), 6000);
}

TEST_F(ShareRedisTest, WhatANewerPosternHasWrittenIsLeftAsItIs) {
  const std::string sha = load(share_script());
  std::string command = "EVALSHA " + sha + " 2 {7}:share {7}:parts";
  for (const std::string& argument : share_arguments({})) command += " " + quoted(argument);
  std::istringstream said = run(
      "EVAL \"redis.call('SET', KEYS[1], cmsgpack.pack({format = 2}))\" 1 {7}:share\n" + command +
      "\nEVAL \"return cmsgpack.unpack(redis.call('GET', KEYS[1])).format\" 1 " + "{7}:share\n");
  std::vector<std::string> lines;
  for (std::string line; std::getline(said, line);)
    if (!line.empty()) lines.push_back(line);
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_NE(lines[0].find("NEWER a newer Postern"), std::string::npos) << lines[0];
  EXPECT_EQ(lines[1], "2");
}

}  // namespace
}  // namespace postern::limits
