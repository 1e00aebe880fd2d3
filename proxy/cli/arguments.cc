#include "cli/arguments.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <sstream>

#include "base/did_you_mean.h"
#include "base/text.h"
#include "cli/context.h"
#include "cli/version.h"

namespace postern::cli {
namespace {

constexpr const char* kCommands = "Commands";
constexpr const char* kFooter =
    "The configuration is --config FILE, else $POSTERN_CONFIG, ./postern.yaml or\n"
    "/etc/postern/postern.yaml. Exit codes: 0 done, 1 failed, 2 usage or configuration.";

// What may stand before the command as well as behind it.
struct Given {
  std::string config;
  std::vector<std::string> sets;
};

// Collects what the library parses; lives as long as the library's object.
class Parser final {
 public:
  Parser() {
    app_.require_subcommand(1);
    app_.footer(kFooter);
    app_.set_version_flag("--version", version_line());
    app_.get_formatter()->label("SUBCOMMAND", "COMMAND");
    add_configuration(app_, before_);
    add_serve();
    command("check", "Say whether the configuration is right", Command::kCheck);
    add_show();
    add_login();
    add_logout();
    add_status();
    add_doctor();
    add_explain();
    add_scopes();
    add_run();
    add_healthcheck();
    add_wait();
    add_admin(*command("shutdown", "End the running Postern in order", Command::kShutdown));
    auto* version = app_.add_subcommand("version", "Print the version");
    version->group(kCommands)->callback([this] { arguments_.command = Command::kVersion; });
  }

  std::variant<Arguments, EarlyExit> parse(int argc, const char* const* argv) {
    try {
      app_.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
      std::ostringstream out;
      std::ostringstream err;
      int code = app_.exit(error, out, err);
      if (code == 0) return EarlyExit{kDone, out.str()};
      return usage_error(reason(error));
    }
    if (!before_.config.empty() && !behind_.config.empty()) {
      return usage_error("--config is given before the command and behind it");
    }
    arguments_.config = before_.config.empty() ? behind_.config : before_.config;
    if (!split_sets(before_.sets) || !split_sets(behind_.sets)) {
      return usage_error("--set must be KEY=VALUE, such as log.level=debug");
    }
    if (!timeout_.empty()) {
      arguments_.timeout = text::parse_duration(timeout_);
      if (!arguments_.timeout || *arguments_.timeout <= Duration::zero())
        return usage_error("--timeout must be a duration, such as 5m or 90s");
    }
    return std::move(arguments_);
  }

 private:
  CLI::App* command(const char* name, const char* help, Command value) {
    CLI::App* sub = app_.add_subcommand(name, help);
    sub->group(kCommands);
    add_configuration(*sub, behind_);
    sub->callback([this, value] { arguments_.command = value; });
    return sub;
  }

  static void add_configuration(CLI::App& app, Given& given) {
    app.add_option("--config", given.config, "Configuration file")->type_name("FILE");
    app.add_option("--set", given.sets, "Override one setting, such as log.level=debug")
        ->type_name("KEY=VALUE")
        ->expected(1)
        ->take_all();
  }

  // cloud-sql-proxy has these two, so deployments have them at hand.
  void add_serve() {
    auto* serve = command("serve", "Run the proxy until SIGTERM", Command::kServe);
    const auto add = [&](const char* name, const char* help, const std::string& key) {
      const auto set = [this, key](const std::string& text) {
        behind_.sets.push_back(key + "=" + text);
      };
      serve->add_option_function<std::string>(name, set, help)->type_name("DURATION");
    };
    add("--min-sigterm-delay", "Serve on for so long after SIGTERM, not ready: drain.delay",
        "drain.delay");
    add("--max-sigterm-delay", "Then, the most time for requests in flight: drain.timeout",
        "drain.timeout");
  }

  void add_show() {
    auto* show =
        command("show", "Print what is in force, and where each value comes from", Command::kShow);
    show->add_flag("--reference", arguments_.reference, "Print every setting with its default");
  }

  void add_login() {
    auto* login =
        command("login", "Connect a grant to Sentry: in a browser, by a code, or by a file",
                Command::kLogin);
    auto* import = login->add_option("--import", arguments_.import_from,
                                     "JSON answer of the token endpoint; - is standard input");
    import->type_name("FILE");
    login
        ->add_flag("--no-verify", arguments_.no_verify,
                   "Do not ask Sentry whether the imported token reaches the organization")
        ->needs(import);
    auto* device = login->add_flag("--device", arguments_.device,
                                   "Show a code to be entered on any device with a browser");
    auto* paste = login->add_flag("--no-browser", arguments_.no_browser,
                                  "Print the URL and read the address it ends at, or its code");
    auto* redirect = login->add_option("--redirect-uri", arguments_.redirect_uri,
                                       "As registered at Sentry, if not the usual one");
    redirect->type_name("URI");
    device->excludes(import)->excludes(paste)->excludes(redirect);
    import->excludes(paste)->excludes(redirect);
    add_timeout(*login, "How long to wait for consent; 5m");
    login->add_flag("--replace", arguments_.replace,
                    "Even if the stored token belongs to another user or organization");
    add_grant(*login);
  }

  void add_logout() {
    auto* logout = command("logout", "Forget the stored token of a grant", Command::kLogout);
    add_grant(*logout);
  }

  void add_status() {
    auto* status =
        command("status", "Say how each grant is; 1 if one needs a person", Command::kStatus);
    status->add_flag("--json", arguments_.json, "As JSON");
    add_admin(*status);
  }

  void add_admin(CLI::App& app) {
    app.add_option("--admin", arguments_.admin,
                   "Admin address of the running Postern, if not as configured")
        ->type_name("ADDRESS");
  }

  void add_timeout(CLI::App& app, const std::string& help) {
    app.add_option("--timeout", timeout_, help)->type_name("DURATION");
  }

  void add_healthcheck() {
    auto* check = command("healthcheck", "Ask the running Postern whether it is ready; 1 if not",
                          Command::kHealthcheck);
    auto probe = [this](const char* name) { return [this, name] { arguments_.probe = name; }; };
    auto* live = check->add_flag_callback("--live", probe("livez"), "Whether it is alive instead");
    check->add_flag_callback("--startup", probe("startupz"), "Whether it has ever been ready")
        ->excludes(live);
    add_admin(*check);
  }

  void add_wait() {
    auto* wait = command("wait", "Wait until the running Postern is ready", Command::kWait);
    add_timeout(*wait, "How long; 1m");
    add_admin(*wait);
  }

  void add_grant(CLI::App& app) {
    app.add_option("--grant", arguments_.grant, "Which grant; needed if there are several")
        ->type_name("NAME");
  }

  void add_doctor() {
    auto* doctor = command("doctor", "Try each link to Sentry and name the first broken one",
                           Command::kDoctor);
    doctor->add_option("--grant", arguments_.grant, "Only this grant")->type_name("NAME");
  }

  void add_explain() {
    auto* explain =
        command("explain", "Say what would become of a request now: endpoint, scopes, limits, wait",
                Command::kExplain);
    explain->add_option("METHOD", arguments_.method, "GET, POST…")->type_name("")->required();
    explain->add_option("PATH", arguments_.path, "Below /api/0/, or a URL of Sentry's API")
        ->type_name("")
        ->required();
    explain->add_option("--grant", arguments_.grant, "As the request would name it")
        ->type_name("NAME");
    explain
        ->add_option("--listener", arguments_.listener, "That it would come in by: name, address")
        ->type_name("NAME");
    explain->add_option("--uid", arguments_.uid, "Of the caller, at a unix socket")->type_name("N");
    explain->add_flag("--json", arguments_.json, "As JSON");
    add_admin(*explain);
  }

  void add_scopes() {
    auto* scopes = command("scopes", "List scopes and what they open, or find the least for a log",
                           Command::kScopes);
    auto* scope = scopes->add_option("SCOPE", arguments_.scope, "List the operations it opens");
    scope->type_name("");
    auto* log = scopes->add_option("--for", arguments_.scopes_for,
                                   "The least scopes for these calls: an access log, or a list of "
                                   "METHOD PATH; - is standard input");
    log->type_name("FILE")->excludes(scope);
    scopes->add_option("--grant", arguments_.grant, "Only calls with this grant")
        ->type_name("NAME")
        ->needs(log);
    scopes->add_flag("--json", arguments_.json, "The list as JSON")->excludes(log);
  }

  void add_run() {
    auto* run = command("run", "Start a program that finds the running Postern: run -- CMD ...",
                        Command::kRun);
    run->add_option("CMD", arguments_.program, "The program and its arguments, behind --")
        ->type_name("")
        ->required();
  }

  bool split_sets(const std::vector<std::string>& sets) {
    for (const std::string& set : sets) {
      size_t equals = set.find('=');
      if (equals == 0 || equals == std::string::npos) return false;
      arguments_.sets.emplace_back(set.substr(0, equals), set.substr(equals + 1));
    }
    return true;
  }

  // The command that was named, if any.
  const CLI::App* chosen() const {
    auto commands = app_.get_subcommands();
    return commands.empty() ? nullptr : commands.front();
  }

  EarlyExit usage_error(const std::string& reason) const {
    std::string name = chosen() == nullptr ? "postern" : "postern " + chosen()->get_name();
    return {kUsage, name + ": " + reason + "\nTry: " + name + " --help\n"};
  }

  // What is wrong, in words for a typing error or a word too many; else the library's words.
  std::string reason(const CLI::ParseError& error) const {
    std::vector<std::string> unexpected = app_.remaining(true);
    if (unexpected.empty()) {
      return chosen() == nullptr && dynamic_cast<const CLI::RequiredError*>(&error) != nullptr
                 ? "a command is needed: " + join(commands())
                 : error.what();
    }
    auto option = std::find_if(unexpected.begin(), unexpected.end(),
                               [](const std::string& one) { return one.starts_with('-'); });
    std::string word = option == unexpected.end() ? unexpected.front() : *option;
    word.resize(std::min(word.size(), word.find('=')));
    std::string shown = printable(word);
    if (word.starts_with('-')) {
      std::string near = suggestion(word, options());
      bool is_run = chosen() != nullptr && chosen()->get_name() == "run";
      if (near.empty() && is_run) near = "; those of the program go behind --";
      return "there is no option " + shown + near;
    }
    if (chosen() != nullptr)
      return shown + " is not expected; a configuration goes behind --config";
    std::string near = suggestion(word, commands());
    return "there is no command " + shown +
           (near.empty() ? "; there are " + join(commands()) : near);
  }

  static std::string suggestion(std::string_view word, const std::vector<std::string>& names) {
    std::vector<std::string_view> candidates(names.begin(), names.end());
    return text::did_you_mean(word, candidates);
  }

  std::vector<std::string> commands() const {
    std::vector<std::string> names;
    for (const CLI::App* sub : app_.get_subcommands({})) names.push_back(sub->get_name());
    return names;
  }

  std::vector<std::string> options() const {
    std::vector<std::string> names;
    for (const CLI::Option* option : (chosen() == nullptr ? &app_ : chosen())->get_options()) {
      for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
    }
    return names;
  }

  static std::string join(const std::vector<std::string>& names) {
    return CLI::detail::join(names, ", ");
  }

  CLI::App app_{"Postern, a reverse-proxy sidecar for the Sentry web API", "postern"};
  Arguments arguments_;
  std::string timeout_;
  Given before_;
  Given behind_;
};

}  // namespace

std::variant<Arguments, EarlyExit> parse_arguments(int argc, const char* const* argv) {
  return Parser().parse(argc, argv);
}

}  // namespace postern::cli
