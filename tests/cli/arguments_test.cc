#include "cli/arguments.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/context.h"

namespace postern::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

std::variant<Arguments, EarlyExit> parse(std::vector<const char*> words) {
  words.insert(words.begin(), "postern");
  return parse_arguments(static_cast<int>(words.size()), words.data());
}

Arguments parsed(const std::vector<const char*>& words) {
  auto result = parse(words);
  if (auto* end = std::get_if<EarlyExit>(&result)) {
    ADD_FAILURE() << end->text;
    return {};
  }
  return std::get<Arguments>(result);
}

// "log.level=debug by --set"
std::vector<std::string> sets_of(const Arguments& arguments) {
  std::vector<std::string> lines;
  for (const config::Flag& set : arguments.sets)
    lines.push_back(set.path + "=" + set.text + " by " + set.name);
  return lines;
}

TEST(Arguments, EveryCommandIsKnown) {
  EXPECT_EQ(parsed({"serve"}).command, Command::kServe);
  EXPECT_EQ(parsed({"check"}).command, Command::kCheck);
  EXPECT_EQ(parsed({"show"}).command, Command::kShow);
  EXPECT_EQ(parsed({"login", "--import", "-"}).command, Command::kLogin);
  EXPECT_EQ(parsed({"login"}).command, Command::kLogin);
  EXPECT_EQ(parsed({"logout"}).command, Command::kLogout);
  EXPECT_EQ(parsed({"status"}).command, Command::kStatus);
  EXPECT_EQ(parsed({"doctor"}).command, Command::kDoctor);
  EXPECT_EQ(parsed({"run", "--", "true"}).command, Command::kRun);
  EXPECT_EQ(parsed({"version"}).command, Command::kVersion);
}

TEST(Arguments, ConfigAndSettingsGoWithEveryCommandThatReadsThem) {
  Arguments arguments = parsed(
      {"serve", "--config", "a.yaml", "--set", "log.level=debug", "--set", "sentry.url=a=b"});
  EXPECT_EQ(arguments.config, "a.yaml");
  EXPECT_THAT(sets_of(arguments),
              ElementsAre("log.level=debug by --set", "sentry.url=a=b by --set"));
}

TEST(Arguments, ConfigAndSettingsMayStandBeforeTheCommand) {
  Arguments arguments =
      parsed({"--config", "a.yaml", "--set", "log.level=debug", "serve", "--set", "body.max=1MiB"});
  EXPECT_EQ(arguments.command, Command::kServe);
  EXPECT_EQ(arguments.config, "a.yaml");
  EXPECT_THAT(sets_of(arguments),
              ElementsAre("log.level=debug by --set", "body.max=1MiB by --set"));
  EXPECT_THAT(parsed({"--config", "a.yaml", "run", "--", "x"}).program, ElementsAre("x"));
}

TEST(Arguments, SigtermDelaysAreSettingsUnderTheirOwnNames) {
  const Arguments arguments =
      parsed({"serve", "--min-sigterm-delay", "5s", "--max-sigterm-delay=30s"});
  EXPECT_THAT(sets_of(arguments), ElementsAre("drain.delay=5s by --min-sigterm-delay",
                                              "drain.timeout=30s by --max-sigterm-delay"));
}

TEST(Arguments, HelpIsACommandToo) {
  const auto text = [](const std::vector<const char*>& words) {
    const auto result = parse(words);
    const auto* end = std::get_if<EarlyExit>(&result);
    return end == nullptr ? "none" : std::to_string(end->code) + ": " + end->text;
  };
  EXPECT_EQ(text({"help"}), text({"--help"}));
  EXPECT_EQ(text({"help", "status"}), text({"status", "--help"}));
  EXPECT_THAT(text({"help", "status"}), StartsWith("0: Say how each grant is"));
}

TEST(Arguments, OfShutdown) {
  const Arguments arguments =
      parsed({"shutdown", "--admin", "127.0.0.1:1", "--token-file", "/run/admin.token"});
  EXPECT_EQ(arguments.admin, "127.0.0.1:1");
  EXPECT_EQ(arguments.token_file, "/run/admin.token");
}

TEST(Arguments, OfLogin) {
  Arguments arguments = parsed({"login", "--import", "file", "--grant", "acme", "--replace"});
  EXPECT_EQ(arguments.import_from, "file");
  EXPECT_EQ(arguments.grant, "acme");
  EXPECT_TRUE(arguments.replace);
  EXPECT_FALSE(parsed({"login", "--import", "-"}).replace);
  EXPECT_FALSE(parsed({"login", "--import", "-"}).no_verify);
  EXPECT_TRUE(parsed({"login", "--import", "-", "--no-verify"}).no_verify);
}

TEST(Arguments, OfTheOtherWaysToLogIn) {
  EXPECT_TRUE(parsed({"login", "--device"}).device);
  Arguments arguments = parsed(
      {"login", "--no-browser", "--redirect-uri", "https://a.example/x", "--timeout", "90s"});
  EXPECT_TRUE(arguments.no_browser);
  EXPECT_EQ(arguments.redirect_uri, "https://a.example/x");
  EXPECT_EQ(arguments.timeout, Duration(std::chrono::seconds(90)));
  EXPECT_FALSE(parsed({"login"}).timeout.has_value());
}

TEST(Arguments, OfLogoutAndStatus) {
  EXPECT_EQ(parsed({"logout", "--grant", "acme"}).grant, "acme");
  Arguments arguments = parsed({"status", "--json", "--admin", "unix:/run/a"});
  EXPECT_TRUE(arguments.json);
  EXPECT_EQ(arguments.admin, "unix:/run/a");
}

TEST(Arguments, OfExplain) {
  const Arguments arguments =
      parsed({"explain", "--grant", "acme", "GET", "/api/0/", "--json", "--admin", "unix:/run/a"});
  EXPECT_EQ(arguments.command, Command::kExplain);
  EXPECT_EQ(arguments.method, "GET");
  EXPECT_EQ(arguments.path, "/api/0/");
  EXPECT_EQ(arguments.grant, "acme");
  EXPECT_EQ(arguments.admin, "unix:/run/a");
  EXPECT_TRUE(arguments.json);
}

TEST(Arguments, OfScopes) {
  EXPECT_EQ(parsed({"scopes"}).command, Command::kScopes);
  EXPECT_EQ(parsed({"scopes", "event:write", "--json"}).scope, "event:write");
  const Arguments arguments = parsed({"scopes", "--for", "-", "--grant", "acme"});
  EXPECT_EQ(arguments.scopes_for, "-");
  EXPECT_EQ(arguments.grant, "acme");
}

TEST(Arguments, WhatFollowsTwoDashesIsTheProgramsOwn) {
  Arguments arguments =
      parsed({"run", "--config", "a.yaml", "--", "sentry-cli", "--config", "b", "--help", "check"});
  EXPECT_EQ(arguments.config, "a.yaml");
  EXPECT_THAT(arguments.program, ElementsAre("sentry-cli", "--config", "b", "--help", "check"));
  EXPECT_THAT(parsed({"run", "--", "check", "--", "x"}).program, ElementsAre("check", "--", "x"));
}

TEST(Arguments, OfTheTerminal) {
  EXPECT_EQ(parsed({"status"}).color, ColorWhen::kAuto);
  EXPECT_EQ(parsed({"status", "--color", "always"}).color, ColorWhen::kAlways);
  EXPECT_EQ(parsed({"--color=never", "doctor"}).color, ColorWhen::kNever);
  EXPECT_TRUE(parsed({"status", "--watch"}).watch);
  EXPECT_EQ(parsed({"completion", "zsh"}).shell, "zsh");
  EXPECT_EQ(parsed({"man"}).command, Command::kMan);
}

TEST(Arguments, WrongUsageIsTwo) {
  for (const std::vector<const char*>& words :
       std::vector<std::vector<const char*>>{{},
                                             {"nonsense"},
                                             {"serve", "--nonsense"},
                                             {"check", "a"},
                                             {"login", "--device", "--no-browser"},
                                             {"login", "--import", "-", "--device"},
                                             {"login", "--no-verify"},
                                             {"login", "--timeout", "soon"},
                                             {"login", "--timeout", "0s"},
                                             {"run"},
                                             {"status", "--watch", "--json"},
                                             {"status", "--color", "sometimes"},
                                             {"completion"},
                                             {"completion", "tcsh"},
                                             {"explain"},
                                             {"explain", "GET"},
                                             {"explain", "GET", "/api/0/", "/api/0/"},
                                             {"scopes", "--for"},
                                             {"scopes", "--grant", "acme"},
                                             {"scopes", "event:read", "--for", "-"},
                                             {"scopes", "--json", "--for", "-"},
                                             {"serve", "--config"},
                                             {"--config", "a", "serve", "--config", "b"},
                                             {"--set", "=debug", "serve"},
                                             {"serve", "--set", "log.level"},
                                             {"serve", "--set", "=debug"}}) {
    auto result = parse(words);
    auto* end = std::get_if<EarlyExit>(&result);
    ASSERT_NE(end, nullptr);
    EXPECT_EQ(end->code, kUsage);
    EXPECT_NE(end->text, "");
  }
}

TEST(Arguments, UsageErrorsNameTheWordAndTheNearestOne) {
  auto said = [](const std::vector<const char*>& words) {
    auto result = parse(words);
    auto* end = std::get_if<EarlyExit>(&result);
    return end == nullptr ? "" : end->text;
  };
  EXPECT_THAT(said({}), HasSubstr("a command is needed: serve, check"));
  EXPECT_EQ(said({"serv"}),
            "postern: there is no command serv; did you mean serve?\nTry: postern --help\n");
  EXPECT_THAT(said({"x\x1b"}), HasSubstr("no command x?; there are serve, check"));
  EXPECT_THAT(said({"serve", "--confg", "a"}),
              HasSubstr("postern serve: there is no option --confg; did you mean --config?"));
  EXPECT_THAT(said({"login", "--grnat=a"}), HasSubstr("did you mean --grant?"));
  EXPECT_THAT(said({"check", "a.yaml"}), HasSubstr("a.yaml is not expected; a configuration goes"));
  EXPECT_THAT(said({"run", "curl", "-sS"}), HasSubstr("those of the program go behind --"));
  EXPECT_THAT(said({"run", "--confg", "a", "--", "b"}), HasSubstr("did you mean --config?"));
}

TEST(Arguments, HelpAndVersionAreNoFailure) {
  for (const char* word : {"--help", "--version"}) {
    auto result = parse({word});
    auto* end = std::get_if<EarlyExit>(&result);
    ASSERT_NE(end, nullptr);
    EXPECT_EQ(end->code, kDone);
  }
  auto result = parse({"--help"});
  for (const char* command :
       {"serve", "check", "show", "login", "logout", "status", "doctor", "run", "version"}) {
    EXPECT_THAT(std::get<EarlyExit>(result).text, HasSubstr(command));
  }
}

TEST(Printable, LeavesNothingThatATerminalObeys) {
  EXPECT_EQ(printable("plain text"), "plain text");
  EXPECT_EQ(printable("a\x1b[2Jb\nc\x7f"), "a?[2Jb?c?");
  EXPECT_EQ(printable("abcdef", 3), "abc...");
}

}  // namespace
}  // namespace postern::cli
