#include "cli/instance_options.h"

#include <chrono>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "cli/admin_client.h"
#include "cli/configuration.h"
#include "config/defaults.h"
#include "config/text_file.h"
#include "config/whereabouts.h"

namespace postern::cli {
namespace {

constexpr Duration kPatience = std::chrono::seconds(1);

// One that stands still may be asked: that it says nothing is an answer.
bool is_there(const std::string& address) {
  const auto answer = admin_call(address, "GET", "/livez", "", kPatience);
  return answer || !answer.error().is_absent;
}

// Whom a file asks that is faulty, if there is somebody. A pipe cannot be read a second time.
std::optional<config::Options> find_instance(const std::string& file, const Arguments& arguments,
                                             const Context& context) {
  auto text = config::read_text_file(file, config::TextFiles::kPlain);
  if (!text && arguments.admin.empty()) return {};
  auto found = config::find_whereabouts({file, text ? std::move(*text) : "", context.environment,
                                         arguments.sets, nullptr, config::TextFiles::kPlain});
  if (!arguments.admin.empty()) return std::move(found.options);
  // It would be a pity to end another one.
  if (arguments.command == Command::kShutdown && !found.is_certain) return {};
  if (!is_there(admin_address(found.options, ""))) return {};
  return std::move(found.options);
}

void warn(const std::string& file, const std::vector<std::string>& faults, Context& context) {
  context.err << "warning: " << printable(file, 400) << " has "
              << (faults.size() == 1 ? "a fault" : std::to_string(faults.size()) + " faults")
              << " (" << printable(faults.front(), 400)
              << "); asking the running instance all the same\n";
}

}  // namespace

std::optional<config::Options> instance_options(const Arguments& arguments, Context& context) {
  const std::string file = config::find_config_file(arguments.config, context.environment);
  if (file.empty() && !arguments.admin.empty())
    return config::find_whereabouts({"", "", context.environment, arguments.sets}).options;
  if (file.empty()) {
    load_configuration(arguments, context);  // says so
    return {};
  }
  auto configuration =
      read_configuration(file, arguments, context.environment, config::TextFiles::kAny);
  if (configuration) return std::move(configuration->loaded.options);
  auto options = find_instance(file, arguments, context);
  if (options) {
    warn(file, configuration.error(), context);
  } else {
    for (const std::string& line : configuration.error()) context.err << line << '\n';
  }
  return options;
}

}  // namespace postern::cli
