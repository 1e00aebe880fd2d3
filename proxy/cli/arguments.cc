#include "cli/arguments.h"

#include <CLI/CLI.hpp>
#include <optional>
#include <sstream>

#include "cli/context.h"
#include "cli/version.h"

namespace postern::cli {
namespace {

constexpr const char* kFooter =
    "\nThe configuration is --config FILE, else $POSTERN_CONFIG, ./postern.yaml or\n"
    "/etc/postern/postern.yaml. Exit codes: 0 done, 1 failed, 2 usage or configuration.";

// Collects what the library parses; lives as long as the library's object.
class Parser final {
 public:
  Parser() {
    app_.require_subcommand(1);
    app_.footer(kFooter);
    app_.set_version_flag("--version", version_line());
    command("serve", "Run the proxy until SIGTERM", Command::kServe);
    command("check", "Say whether the configuration is right", Command::kCheck);
    add_show();
    add_login();
    add_doctor();
    add_run();
    auto* version = app_.add_subcommand("version", "Print the version");
    version->callback([this] { arguments_.command = Command::kVersion; });
  }

  std::variant<Arguments, EarlyExit> parse(int argc, const char* const* argv) {
    try {
      app_.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
      std::ostringstream out;
      std::ostringstream err;
      int code = app_.exit(error, out, err);
      if (code == 0) return EarlyExit{kDone, out.str()};
      return EarlyExit{kUsage, err.str()};
    }
    if (auto wrong = split_sets()) return EarlyExit{kUsage, *wrong};
    return std::move(arguments_);
  }

 private:
  CLI::App* command(const char* name, const char* help, Command value) {
    CLI::App* sub = app_.add_subcommand(name, help);
    sub->add_option("--config", arguments_.config, "Configuration file")->type_name("FILE");
    sub->add_option("--set", raw_sets_, "Override one setting, such as log.level=debug")
        ->type_name("KEY=VALUE")
        ->expected(1)
        ->take_all();
    sub->callback([this, value] { arguments_.command = value; });
    return sub;
  }

  void add_show() {
    auto* show =
        command("show", "Print what is in force, and where each value comes from", Command::kShow);
    show->add_flag("--reference", arguments_.reference, "Print every setting with its default");
  }

  void add_login() {
    auto* login = command("login", "Store a token for a grant", Command::kLogin);
    login
        ->add_option("--import", arguments_.import_from,
                     "JSON answer of the token endpoint; - is standard input")
        ->type_name("FILE")
        ->required();
    login->add_option("--grant", arguments_.grant, "Which grant; needed if there are several")
        ->type_name("NAME");
    login->add_flag("--replace", arguments_.replace,
                    "Even if the stored token belongs to another user or organization");
  }

  void add_doctor() {
    auto* doctor = command("doctor", "Try each link to Sentry and name the first broken one",
                           Command::kDoctor);
    doctor->add_option("--grant", arguments_.grant, "Only this grant")->type_name("NAME");
  }

  void add_run() {
    auto* run = command("run", "Start a program that finds the running Postern: run -- CMD ...",
                        Command::kRun);
    run->add_option("program", arguments_.program, "The program and its arguments, behind --")
        ->type_name("CMD")
        ->required();
  }

  std::optional<std::string> split_sets() {
    for (const std::string& set : raw_sets_) {
      size_t equals = set.find('=');
      if (equals == 0 || equals == std::string::npos) {
        return "--set must be KEY=VALUE, such as log.level=debug\n";
      }
      arguments_.sets.emplace_back(set.substr(0, equals), set.substr(equals + 1));
    }
    return {};
  }

  CLI::App app_{"Postern, a reverse-proxy sidecar for the Sentry web API", "postern"};
  Arguments arguments_;
  std::vector<std::string> raw_sets_;
};

}  // namespace

std::variant<Arguments, EarlyExit> parse_arguments(int argc, const char* const* argv) {
  return Parser().parse(argc, argv);
}

}  // namespace postern::cli
