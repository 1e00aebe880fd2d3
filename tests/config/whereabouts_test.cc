#include "config/whereabouts.h"

#include <gtest/gtest.h>

namespace postern::config {
namespace {

Whereabouts find(std::string text, Environment environment = {}, std::vector<Flag> flags = {}) {
  return find_whereabouts({"test.yaml", std::move(text), std::move(environment), std::move(flags)});
}

TEST(Whereabouts, FaultsElsewhereDoNotMatter) {
  const Whereabouts found = find(
      "limitz: 1\n"
      "runtime_file: /run/p\n"
      "store: {path: /data, knid: file}\n"
      "admin: {listen: 127.0.0.1:1, read_only: true}\n"
      "grants: [{organization: '${UNSET}'}]\n");
  EXPECT_TRUE(found.is_certain);
  EXPECT_EQ(found.options.runtime_file, "/run/p");
  EXPECT_EQ(found.options.admin.listen, "127.0.0.1:1");
  EXPECT_EQ(found.options.admin.token_file, "/data/admin.token");
  EXPECT_TRUE(found.options.admin.read_only);
  EXPECT_TRUE(found.options.grants.empty());
}

TEST(Whereabouts, WhatIsNotGivenIsInTheStore) {
  const Options options = find("limitz: 1\nstore: {path: /data}\n").options;
  EXPECT_EQ(options.runtime_file, "/data/postern.runtime");
  EXPECT_EQ(options.admin.listen, "127.0.0.1:7980");
  const Options defaults = find("", {{"STATE_DIRECTORY", "/state"}}).options;
  EXPECT_EQ(defaults.runtime_file, "/state/postern.runtime");
  EXPECT_EQ(defaults.admin.token_file, "/state/admin.token");
}

TEST(Whereabouts, APlaceThatCannotBeReadIsNotGuessed) {
  const Options options = find("store: {path: '${UNSET}'}\nadmin: {listen: [1]}\n").options;
  EXPECT_EQ(options.runtime_file, "");
  EXPECT_EQ(options.admin.token_file, "");
  EXPECT_EQ(options.admin.listen, "");
  EXPECT_EQ(find("store: 7\n").options.runtime_file, "");
  EXPECT_EQ(find("runtime_file: /a\nruntime_file: /b\n").options.runtime_file, "");
}

TEST(Whereabouts, APlaceOfItsOwnNeedsNoStore) {
  const Options options =
      find("store: {path: '${UNSET}'}\nruntime_file: /run/p\nadmin: {token_file: /t}\n").options;
  EXPECT_EQ(options.runtime_file, "/run/p");
  EXPECT_EQ(options.admin.token_file, "/t");
}

TEST(Whereabouts, TheEnvironmentAndFlagsBeatTheFile) {
  const std::string text = "store: {path: '${UNSET}'}\nadmin: {listen: [1]}\n";
  const Options options =
      find(text, {{"POSTERN_STORE_PATH", "/data"}}, {{"admin.listen", "127.0.0.1:1"}}).options;
  EXPECT_EQ(options.runtime_file, "/data/postern.runtime");
  EXPECT_EQ(options.admin.listen, "127.0.0.1:1");
}

TEST(Whereabouts, OfATextThatIsNoYamlWhatStandsAboveIsRead) {
  const Whereabouts found = find("store: {path: /data}\nlog: {level: info\nbody: }\n");
  EXPECT_FALSE(found.is_certain) << "a runtime_file may stand below";
  EXPECT_EQ(found.options.runtime_file, "/data/postern.runtime");
  EXPECT_EQ(find("store: {path: /data}\nlog: {level: info\n").options.runtime_file,
            "/data/postern.runtime");
  EXPECT_TRUE(find("runtime_file: /run/p\n\tbody: 1\n").is_certain);
  EXPECT_FALSE(find("[").is_certain);
  EXPECT_FALSE(find("[]").is_certain);
}

}  // namespace
}  // namespace postern::config
