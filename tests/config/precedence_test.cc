// A flag beats the environment, the environment the file, the file the default.
#include <set>

#include "config/keys.h"
#include "config/loading.h"
#include "support/temporary_folder.h"

namespace postern::config {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(Precedence, FlagThenEnvironmentThenFileThenDefault) {
  std::string file = kLeast + "log: { level: warn }";
  Environment environment{{"POSTERN_LOG_LEVEL", "error"}};
  Flags flags{{"log.level", "debug"}};
  EXPECT_EQ(options_of(kLeast).log.level, log::Level::kInfo);
  EXPECT_EQ(options_of(file).log.level, log::Level::kWarn);
  EXPECT_EQ(options_of(file, environment).log.level, log::Level::kError);
  EXPECT_EQ(options_of(file, environment, flags).log.level, log::Level::kDebug);
}

TEST(Precedence, TheLastOfTwoFlagsCounts) {
  EXPECT_EQ(options_of(kLeast, {}, {{"body.max", "1KiB"}, {"body.max", "2KiB"}}).relay.max_body,
            2048U);
}

TEST(Precedence, GrantsSeeWhatEnvironmentAndFlagsSayAboutTheTop) {
  Options options = options_of(kLeast + "sentry: { url: 'https://file.example' }",
                               {{"POSTERN_SENTRY_URL", "https://variable.example"}});
  EXPECT_EQ(options.grants[0].grant.sentry_url, "https://variable.example");
}

TEST(Precedence, ListenCanBeOneAddressFromOutside) {
  std::string file = kLeast + "listen: [127.0.0.1:1, 127.0.0.1:2]";
  Options options = options_of(file, {{"POSTERN_LISTEN", "127.0.0.1:3"}});
  ASSERT_EQ(options.listen.size(), 1U);
  EXPECT_EQ(options.listen[0].address, "127.0.0.1:3");
  EXPECT_EQ(options_of(file, {}, {{"listen", "127.0.0.1:4"}}).listen[0].address, "127.0.0.1:4");
}

TEST(Precedence, ASecretOfALaterSourceTakesThePlaceOfEitherForm) {
  test::TemporaryFolder folder;
  std::string file = folder.write("secret", "from-file\n");
  std::string text = kLeast + "client: { id: a, secret_file: " + file + " }";
  Environment environment{{"POSTERN_CLIENT_SECRET", "from-variable"}};
  EXPECT_EQ(options_of(text, environment).client.secret.reveal(), "from-variable");
  std::string plain = kLeast + "client: { id: a, secret: from-text }";
  EXPECT_EQ(options_of(plain, {{"POSTERN_CLIENT_SECRET_FILE", file}}).client.secret.reveal(),
            "from-file");
  EXPECT_EQ(options_of(plain, {}, {{"client.secret_file", file}}).client.secret.reveal(),
            "from-file");
  environment["POSTERN_CLIENT_SECRET_FILE"] = file;
  EXPECT_THAT(faults_of(kLeast, environment), ElementsAre(HasSubstr("keep one of them")));
}

TEST(Precedence, ASecretIsNotTakenFromAnArgument) {
  auto faults = faults_of(kLeast, {}, {{"client.secret", "canary"}});
  EXPECT_THAT(faults, ElementsAre(HasSubstr("use client.secret_file")));
  EXPECT_THAT(faults, ElementsAre(::testing::Not(HasSubstr("canary"))));
}

TEST(Environment, AnEmptyVariableIsNone) {
  EXPECT_EQ(options_of(kLeast, {{"POSTERN_LOG_LEVEL", ""}}).log.level, log::Level::kInfo);
}

TEST(Environment, FaultsNameTheVariable) {
  EXPECT_THAT(faults_of(kLeast, {{"POSTERN_LOG_LEVEL", "loud"}}),
              ElementsAre(HasSubstr("environment POSTERN_LOG_LEVEL: log.level: 'loud'")));
  EXPECT_THAT(faults_of(kLeast, {{"POSTERN_GUARD_HOSTS", "a"}}),
              ElementsAre(HasSubstr("guard.hosts: is a list")));
  EXPECT_THAT(faults_of(kLeast, {{"POSTERN_LOG_LEVL", "info"}}),
              ElementsAre(HasSubstr("did you mean POSTERN_LOG_LEVEL?")));
}

// Kubernetes gives these to every pod beside a service called "postern".
TEST(Environment, VariablesOfAServiceAreLeftAlone) {
  EXPECT_TRUE(load_text(kLeast, {{"POSTERN_SERVICE_HOST", "10.0.0.1"},
                                 {"POSTERN_SERVICE_PORT", "7979"},
                                 {"POSTERN_SERVICE_PORT_HTTP", "7979"},
                                 {"POSTERN_PORT", "tcp://10.0.0.1:7979"},
                                 {"POSTERN_PORT_7979_TCP", "tcp://10.0.0.1:7979"},
                                 {"POSTERN_PORT_7979_TCP_PROTO", "tcp"},
                                 {"POSTERN_PORT_7979_TCP_PORT", "7979"},
                                 {"POSTERN_PORT_7979_TCP_ADDR", "10.0.0.1"},
                                 {"POSTERN_CONFIG", "/etc/postern.yaml"}}));
}

TEST(Environment, AVariableThatTheFileUsesIsNoMistake) {
  EXPECT_TRUE(
      load_text("grants: [{organization: '${POSTERN_LOG_LEVL}'}]", {{"POSTERN_LOG_LEVL", "acme"}}));
}

TEST(Flags, UnknownKeysGetTheNearestOrTheFullPath) {
  EXPECT_THAT(faults_of(kLeast, {}, {{"body.mx", "1"}}),
              ElementsAre(HasSubstr("did you mean body.max?")));
  EXPECT_THAT(faults_of(kLeast, {}, {{"max_waiting", "1"}}),
              ElementsAre(HasSubstr("did you mean upstream.max_waiting?")));
  EXPECT_THAT(faults_of(kLeast, {}, {{"guard.hosts", "a"}}), ElementsAre(HasSubstr("is a list")));
}

TEST(Keys, EachHasAVariableOfItsOwn) {
  Options options;
  std::set<std::string> names;
  for (const Key& key : keys_of(options)) {
    EXPECT_TRUE(names.insert(environment_name(key.path)).second) << key.path;
    if (is_secret(key)) {
      EXPECT_TRUE(names.insert(environment_name(key.path) + "_FILE").second);
    }
  }
}

// Writing a value and reading it again must come to the same, whatever the setting.
TEST(Keys, EachDefaultCanBeSetFromOutside) {
  Options defaults = options_of(kLeast);
  for (const Key& key : keys_of(defaults)) {
    std::string text = write_value(key.value);
    if (is_list(key.value) || text == "null") continue;
    if (text.starts_with('"')) text = text.substr(1, text.size() - 2);
    auto loaded = load_text(kLeast, {{environment_name(key.path), text}});
    ASSERT_TRUE(loaded) << key.path << ": " << format(loaded.error().front());
    EXPECT_EQ(loaded->origins.at(std::string(key.path)).source, Origin::Source::kEnvironment);
  }
}

}  // namespace
}  // namespace postern::config
