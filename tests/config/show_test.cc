#include "config/show.h"

#include <algorithm>

#include "config/loading.h"
#include "support/temporary_folder.h"

namespace postern::config {
namespace {

using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* kText = R"(client: { id: abc, secret: canary }
sentry: { egress_proxy: "http://jane:canary@proxy:1" }
listen: [127.0.0.1:1, {address: "unix:/p", uids: [7]}]
grants: [{organization: acme}, {organization: beta, client: {id: own}}]
)";

std::string shown(std::string text, Environment environment = {}, Flags flags = {}) {
  auto loaded = load_text(std::move(text), std::move(environment), std::move(flags));
  if (loaded) return show(*loaded);
  ADD_FAILURE() << format(loaded.error().front());
  return {};
}

TEST(Show, MasksSecrets) {
  std::string text = shown(kText);
  EXPECT_THAT(text, Not(HasSubstr("canary")));
  EXPECT_THAT(text, ContainsRegex("secret: \"\\*\\*\\*\" "));
  EXPECT_THAT(text, HasSubstr("http://***@proxy:1"));
}

TEST(Show, MasksWhatStandsBehindAName) {
  const std::string text = shown(
      "grants: [{organization: acme, token_parameters: [assertion=canary, b=canary]}]\n"
      "guard: {require_header: 'X-Key: canary'}\n");
  EXPECT_THAT(text, Not(HasSubstr("canary")));
  EXPECT_THAT(text, HasSubstr("require_header: \"X-Key: ***\""));
  EXPECT_THAT(text, HasSubstr("assertion=***"));
  EXPECT_THAT(shown(kLeast + "guard: {require_header: X-Key}"),
              HasSubstr("require_header: X-Key "));
}

TEST(Show, SectionsLieInSections) {
  const std::string text =
      shown(kLeast + "store: {kind: redis, redis: {url: 'redis://jane@r', password: canary}}\n");
  EXPECT_THAT(text, Not(HasSubstr("canary")));
  EXPECT_THAT(text, ContainsRegex("\n  redis:\n    url: \"redis://\\*\\*\\*@r\""));
}

TEST(Show, AFaultDoesNotQuoteWhatMayBeAKey) {
  const auto loaded =
      load_text("grants: [{organization: acme, token_parameters: [canary, =canary]}]\n");
  ASSERT_FALSE(loaded);
  for (const Fault& fault : loaded.error()) EXPECT_THAT(format(fault), Not(HasSubstr("canary")));
}

TEST(Show, ListsTheRules) {
  std::string text =
      shown(std::string(kText) +
            "policy: {rules: [{name: no writes, effect: deny, methods: [PUT, POST]}]}\n");
  EXPECT_THAT(text, ContainsRegex("  rules:  +# test.yaml:5:17\n"
                                  "    - name: \"no writes\"  +# test.yaml:5:25\n"
                                  "      effect: deny  +# test.yaml:5:44\n"
                                  "      methods: \\[PUT, POST\\]  +# test.yaml:5:59\n"));
  EXPECT_THAT(text, ContainsRegex("      caller:\n        listener: null  +# default\n"));
  EXPECT_THAT(shown(kText), ContainsRegex("  rules: \\[\\]  +# default\n"));
}

TEST(Show, TellsWhereEachValueIsFrom) {
  std::string text = shown(kText, {{"POSTERN_LOG_LEVEL", "warn"}}, {{"body.max", "1KiB"}});
  EXPECT_THAT(text, ContainsRegex("level: warn  +# environment POSTERN_LOG_LEVEL\n"));
  EXPECT_THAT(text, ContainsRegex("max: 1KiB  +# --set\n"));
  EXPECT_THAT(text, ContainsRegex("format: text  +# default\n"));
  EXPECT_THAT(text, ContainsRegex("organization: acme  +# test.yaml:4:25\n"));
  EXPECT_THAT(text, ContainsRegex("id: abc  +# test.yaml:1:15 \\(client.id\\)\n"));
  EXPECT_THAT(text, ContainsRegex("id: own  +# test.yaml:4:66\n"));
}

TEST(Show, NamesTheFileOfASecret) {
  test::TemporaryFolder folder;
  std::string file = folder.write("secret", "canary");
  std::string text = shown(kLeast + "client: { id: a, secret_file: " + file + " }");
  EXPECT_THAT(text, ContainsRegex("secret: \"\\*\\*\\*\"  +# test.yaml:2:31 \\(_file\\)\n"));
  EXPECT_THAT(text, Not(HasSubstr("canary")));
}

// What `show` prints is a configuration: read again it shows the same values.
TEST(Show, PrintsWhatCanBeReadAgain) {
  auto values = [](const std::string& text) {
    std::string out;
    for (size_t start = 0; start < text.size();) {
      size_t end = text.find('\n', start);
      std::string line = text.substr(start, end - start);
      line = line.substr(0, line.find(" # "));
      out += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
      start = end + 1;
    }
    return out;
  };
  std::string once = shown(kLeast + "listen: [127.0.0.1:1, {address: 'unix:/p', uids: [7]}]\n");
  EXPECT_EQ(values(shown(once)), values(once));
}

TEST(Reference, IsTheFileInConf) {
  EXPECT_EQ(reference(), test::contents_of(POSTERN_SOURCE_DIR "/conf/reference.yaml"))
      << "run: postern show --reference > conf/reference.yaml";
}

TEST(Reference, IsAConfigurationThatChangesNothing) {
  auto values = [](const std::string& text) {
    std::string out;
    for (size_t start = 0, end = 0; start < text.size(); start = end + 1) {
      end = text.find('\n', start);
      out += text.substr(start, text.find('#', start) - start) + "\n";
    }
    return out;
  };
  Environment environment{{"STATE_DIRECTORY", "/state"}};
  std::string from_reference = values(shown(reference(), environment));
  std::string from_nothing = values(shown(kLeast, environment));
  // The columns of the comments may differ, the values may not.
  auto squeezed = [](std::string text) {
    text.erase(std::remove(text.begin(), text.end(), ' '), text.end());
    return text;
  };
  EXPECT_EQ(squeezed(from_reference), squeezed(from_nothing));
}

TEST(Conf, TheSmallestAndTheSandboxesConfigurationAreRight) {
  EXPECT_TRUE(load_text(test::contents_of(POSTERN_SOURCE_DIR "/conf/postern.yaml")));
  test::TemporaryFolder folder;
  Environment environment{{"SANDBOX_URL", "https://127.0.0.1:8443"},
                          {"SANDBOX_CA", folder.write("ca.pem", "")},
                          {"SANDBOX_STATE", folder.path()}};
  std::string text = test::contents_of(POSTERN_SOURCE_DIR "/conf/sandbox.yaml");
  EXPECT_EQ(options_of(text, environment).listen[0].address, "127.0.0.1:7979");
  environment["POSTERN_PORT"] = "1234";
  EXPECT_EQ(options_of(text, environment).listen[0].address, "127.0.0.1:1234");
}

}  // namespace
}  // namespace postern::config
