#include "cli/arguments.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <sstream>

#include "base/did_you_mean.h"
#include "base/text.h"
#include "cli/command_text.h"
#include "cli/completion.h"
#include "cli/context.h"
#include "cli/help.h"
#include "cli/style.h"
#include "cli/unexpected.h"
#include "cli/version.h"

namespace postern::cli {
namespace {

constexpr const char* kSummary = "Postern, a reverse-proxy sidecar for the Sentry web API";
constexpr const char* kHelp = "Print what a command does, and how it is called";

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
    app_.set_version_flag("--version", version_line(this_version()));
    app_.set_help_flag("-h,--help", kHelp);  // the commands made from here on have it too
    add_configuration(app_, before_);
    add_color(app_);
    add_serve();
    command("check", "Say whether the configuration is right", Command::kCheck)
        ->footer("postern check --config my-postern.yaml");
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
    add_shutdown();
    add_completion();
    bare_command("man", "Print the manual page", Command::kMan)
        ->footer("postern man > /usr/local/share/man/man1/postern.1");
    auto* version =
        bare_command("version", "Print version, commit, build and libraries", Command::kVersion);
    auto* number = version->add_flag("--short", arguments_.is_short, "Only the number");
    version->add_flag("--json", arguments_.json, "As JSON")->excludes(number);
    version->footer("postern version --json");
  }

  ProgramText text() const {
    ProgramText program;
    program.summary = app_.get_description();
    program.options = options_of(app_, {"--help", "--version"});
    program.options.push_back({"--help", "", kHelp});
    std::vector<std::string> known;
    for (const ArgumentText& option : program.options) known.push_back(option.name);
    for (const CLI::App* sub : app_.get_subcommands({})) {
      CommandText command{sub->get_name(), sub->get_description(), sub->get_footer(),
                          options_of(*sub, known), operands_of(*sub)};
      command.is_configured = sub->get_option_no_throw("--config") != nullptr;
      program.commands.push_back(std::move(command));
    }
    return program;
  }

  std::variant<Arguments, EarlyExit> parse(int argc, const char* const* argv) {
    const std::vector<const char*> words = with_help_as_option(argc, argv);
    try {
      app_.parse(static_cast<int>(words.size()), words.data());
    } catch (const CLI::CallForHelp&) {
      return EarlyExit{kDone, help_text()};
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
    arguments_.sets.insert(arguments_.sets.end(), delays_.begin(), delays_.end());
    if (!timeout_.empty()) {
      arguments_.timeout = text::parse_duration(timeout_);
      if (!arguments_.timeout || *arguments_.timeout <= Duration::zero())
        return usage_error("--timeout must be a duration, such as 5m or 90s");
    }
    const auto color = color_when(color_);
    if (!color) return usage_error("--color must be auto, always or never");
    arguments_.color = *color;
    if (arguments_.command == Command::kCompletion && !is_shell(arguments_.shell))
      return usage_error("SHELL must be bash, zsh or fish");
    return std::move(arguments_);
  }

 private:
  // A command's footer is an example.
  CLI::App* bare_command(const char* name, const char* help, Command value) {
    CLI::App* sub = app_.add_subcommand(name, help);
    sub->callback([this, value] { arguments_.command = value; });
    return sub;
  }

  CLI::App* command(const char* name, const char* help, Command value) {
    CLI::App* sub = bare_command(name, help, value);
    add_configuration(*sub, behind_);
    add_color(*sub);
    return sub;
  }

  void add_color(CLI::App& app) {
    app.add_option("--color", color_, "Colours: on a terminal, always, or never")
        ->type_name("auto|always|never");
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
    serve->footer("postern serve --config my-postern.yaml 2> postern.log");
    const auto add = [&](const std::string& name, const char* help, const std::string& key) {
      const auto set = [this, name, key](const std::string& text) {
        delays_.push_back({key, text, name});
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
    show->footer("postern show --set log.level=debug");
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
    login->footer("postern login --grant acme --device");
    login->add_flag("--replace", arguments_.replace,
                    "Even if the stored token belongs to another user or organization");
    add_grant(*login);
  }

  void add_logout() {
    auto* logout = command("logout", "Forget the stored token of a grant", Command::kLogout);
    logout->footer("postern logout --grant acme");
    add_grant(*logout);
  }

  void add_status() {
    auto* status =
        command("status", "Say how each grant is; 1 if one needs a person", Command::kStatus);
    auto* json = status->add_flag("--json", arguments_.json, "As JSON");
    status->add_flag("--watch", arguments_.watch, "Again each second, until Ctrl-C")
        ->excludes(json);
    status->add_flag("--fleet", arguments_.fleet, "All that share the store; 1 if one is not well");
    status->footer("postern status --watch");
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
    check->footer("postern healthcheck --live");
    add_admin(*check);
  }

  void add_wait() {
    auto* wait = command("wait", "Wait until the running Postern is ready", Command::kWait);
    add_timeout(*wait, "How long; 1m");
    wait->footer("postern wait --timeout 30s && ./my-program");
    add_admin(*wait);
  }

  void add_shutdown() {
    auto* shutdown = command("shutdown", "End the running Postern in order", Command::kShutdown);
    shutdown->footer("postern shutdown --admin 127.0.0.1:7980");
    add_admin(*shutdown);
    shutdown->add_option("--token-file", arguments_.token_file, "Its token, if not as configured")
        ->type_name("FILE");
  }

  void add_grant(CLI::App& app) {
    app.add_option("--grant", arguments_.grant, "Which grant; needed if there are several")
        ->type_name("NAME");
  }

  void add_doctor() {
    auto* doctor = command("doctor", "Try each link to Sentry and name the first broken one",
                           Command::kDoctor);
    doctor->add_option("--grant", arguments_.grant, "Only this grant")->type_name("NAME");
    doctor->footer("postern doctor --grant acme");
  }

  void add_explain() {
    auto* explain =
        command("explain", "Say what would become of a request: scopes, rules, limits, wait",
                Command::kExplain);
    explain->footer("postern explain GET organizations/acme/issues/");
    explain->add_option("METHOD", arguments_.method, "GET, POST and so on")
        ->type_name("GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS")
        ->required();
    explain->add_option("PATH", arguments_.path, "Below /api/0/, or a URL of Sentry's API")
        ->type_name("")
        ->required();
    explain->add_option("--grant", arguments_.grant, "As the request would name it")
        ->type_name("NAME");
    explain->add_option("--listener", arguments_.listener, "That it comes in by: name, address")
        ->type_name("NAME");
    explain->add_option("--uid", arguments_.uid, "Of the caller, at a unix socket")->type_name("N");
    explain->add_option("--name", arguments_.name, "Of its certificate")->type_name("NAME");
    explain->add_flag("--json", arguments_.json, "As JSON");
    add_admin(*explain);
  }

  void add_scopes() {
    auto* scopes = command("scopes", "List scopes and what they open, or find the least for a log",
                           Command::kScopes);
    scopes->footer("postern scopes --for postern.log --grant acme");
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
    run->footer("postern run -- sentry-cli releases list --org acme");
    run->add_option("CMD", arguments_.program, "The program and its arguments, behind --")
        ->type_name("")
        ->required();
  }

  void add_completion() {
    auto* completion =
        command("completion", "Print a shell's completion of these commands", Command::kCompletion);
    completion->footer("source <(postern completion bash)");
    completion->add_option("SHELL", arguments_.shell, "Which shell")
        ->type_name("bash|zsh|fish")
        ->required();
  }

  static ArgumentText text_of(const CLI::Option& option) {
    ArgumentText text;
    const bool is_operand = option.get_positional();
    text.name = is_operand ? option.get_name(true) : "--" + option.get_lnames().front();
    if (option.get_items_expected_max() > 0) text.value = option.get_type_name();
    text.help = option.get_description();
    text.is_required = option.get_required();
    text.is_rest = is_operand && option.get_expected_max() > 1;
    return text;
  }

  static std::vector<ArgumentText> options_of(const CLI::App& app,
                                              const std::vector<std::string>& left_out) {
    std::vector<ArgumentText> texts;
    for (const CLI::Option* option : app.get_options()) {
      if (option->get_positional()) continue;
      ArgumentText text = text_of(*option);
      if (std::find(left_out.begin(), left_out.end(), text.name) == left_out.end())
        texts.push_back(std::move(text));
    }
    return texts;
  }

  static std::vector<ArgumentText> operands_of(const CLI::App& app) {
    std::vector<ArgumentText> texts;
    for (const CLI::Option* option : app.get_options())
      if (option->get_positional()) texts.push_back(text_of(*option));
    return texts;
  }

  std::string help_text() const {
    const ProgramText program = text();
    for (const CommandText& command : program.commands) {
      if (chosen() != nullptr && chosen()->get_name() == command.name)
        return help(program, command);
    }
    return help(program);
  }

  bool split_sets(const std::vector<std::string>& sets) {
    for (const std::string& set : sets) {
      size_t equals = set.find('=');
      if (equals == 0 || equals == std::string::npos) return false;
      arguments_.sets.push_back({set.substr(0, equals), set.substr(equals + 1)});
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
    const std::vector<std::string> unexpected = app_.remaining(true);
    const std::string command = chosen() == nullptr ? "" : chosen()->get_name();
    if (!unexpected.empty()) return explain_unexpected(unexpected, text(), command);
    const bool is_missing = dynamic_cast<const CLI::RequiredError*>(&error) != nullptr;
    return command.empty() && is_missing ? "a command is needed: " + command_names(text())
                                         : error.what();
  }

  CLI::App app_{kSummary, "postern"};
  Arguments arguments_;
  std::string timeout_;
  std::string color_ = "auto";
  Given before_;
  Given behind_;
  std::vector<config::Flag> delays_;
};

}  // namespace

std::variant<Arguments, EarlyExit> parse_arguments(int argc, const char* const* argv) {
  return Parser().parse(argc, argv);
}

ProgramText program_text() {
  return Parser().text();
}

}  // namespace postern::cli
