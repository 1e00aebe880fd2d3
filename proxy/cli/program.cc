#include "cli/program.h"

#include <filesystem>
#include <ostream>
#include <string>
#include <system_error>
#include <utility>
#include <variant>

#include "base/clock.h"
#include "base/file_mark.h"
#include "base/version.h"
#include "cli/admin_commands.h"
#include "cli/arguments.h"
#include "cli/completion.h"
#include "cli/configuration.h"
#include "cli/doctor.h"
#include "cli/documents.h"
#include "cli/explain.h"
#include "cli/instance_options.h"
#include "cli/login.h"
#include "cli/logout.h"
#include "cli/man_page.h"
#include "cli/run.h"
#include "cli/scopes.h"
#include "cli/sentry_calls.h"
#include "cli/status.h"
#include "cli/version.h"
#include "config/text_file.h"
#include "runtime/application.h"
#include "runtime/limits_probe.h"
#include "runtime/process.h"

namespace postern::cli {
namespace {

int serve(const Configuration& configuration, const Arguments& arguments, const Context& context) {
  const std::string& file = configuration.file;
  runtime::ConfigurationSource source;
  source.mark = configuration.mark;
  source.look = [file] { return file_mark(file); };
  // What came out of a pipe has gone.
  std::error_code ignored;
  if (std::filesystem::is_regular_file(file, ignored)) {
    source.read = [file, arguments, environment = context.environment]() -> runtime::Reading {
      // The thread that this runs on is that of the store: it must not wait for a pipe.
      auto read = read_configuration(file, arguments, environment, config::TextFiles::kPlain);
      if (!read) return tl::unexpected(std::move(read.error()));
      return std::move(read->loaded);
    };
  }
  return runtime::serve(configuration.loaded, std::move(source));
}

int print_version(const Arguments& arguments, const Context& context) {
  const VersionView view = this_version();
  if (arguments.is_short) {
    context.out << view.version << '\n';
  } else {
    context.out << (arguments.json ? format_version(view) + '\n' : version_text(view));
  }
  return kDone;
}

// The commands that ask the running instance.
int ask_instance(const Arguments& arguments, Context& context) {
  const auto options = instance_options(arguments, context);
  if (!options) return kUsage;
  const SystemClock clock;
  switch (arguments.command) {
    case Command::kStatus:
      return status(*options, arguments, clock, context);
    case Command::kExplain:
      return explain(*options, arguments, clock, context);
    case Command::kHealthcheck:
      return healthcheck(*options, arguments, context);
    case Command::kWait:
      return wait_until_ready(*options, arguments, context);
    case Command::kShutdown:
      return shut_down(*options, arguments, context);
    default:
      return kUsage;
  }
}

// The commands that act on a configuration that is known to be right.
int run_configured(const Arguments& arguments, Context& context) {
  auto configuration = load_configuration(arguments, context);
  if (!configuration) return kUsage;
  const config::Options& options = configuration->loaded.options;
  SystemClock clock;
  switch (arguments.command) {
    case Command::kServe:
      return serve(*configuration, arguments, context);
    case Command::kLogin:
      return login(options, arguments, real_calls(options), clock, context);
    case Command::kLogout:
      return logout(options, arguments, clock, context);
    case Command::kDoctor:
      context.out << "configuration " << configuration->file << " is right\n";
      return doctor(
          options, arguments,
          {runtime::probe, [](const config::Options& all) { return runtime::probe_limits(all); }},
          clock, context);
    case Command::kRun:
      return run(options, arguments, context);
    default:
      return kUsage;
  }
}

}  // namespace

int run_program(int argc, const char* const* argv, Context& context) {
  auto parsed = parse_arguments(argc, argv);
  if (const auto* end = std::get_if<EarlyExit>(&parsed)) {
    (end->code == kDone ? context.out : context.err) << end->text;
    return end->code;
  }
  runtime::forbid_dumps();  // from here on there may be secrets in memory
  const Arguments& arguments = std::get<Arguments>(parsed);
  switch (arguments.command) {
    case Command::kVersion:
      return print_version(arguments, context);
    case Command::kMan:
      context.out << man_page(program_text(), version());
      return kDone;
    case Command::kCompletion:
      return completion(arguments, context);
    case Command::kCheck:
      return check(arguments, context);
    case Command::kShow:
      return show(arguments, context);
    case Command::kScopes:
      return scopes(arguments, context);
    case Command::kStatus:
    case Command::kExplain:
    case Command::kHealthcheck:
    case Command::kWait:
    case Command::kShutdown:
      return ask_instance(arguments, context);
    default:
      return run_configured(arguments, context);
  }
}

}  // namespace postern::cli
