#include "cli/configuration.h"

#include <filesystem>
#include <ostream>
#include <system_error>
#include <utility>

#include "base/clock.h"
#include "base/file_mark.h"
#include "config/defaults.h"
#include "config/show.h"
#include "config/text_file.h"
#include "grants/registry.h"
#include "grants/seal.h"
#include "policy/catalogue.h"
#include "policy/rules.h"
#include "policy/scopes.h"
#include "runtime/certificates.h"
#include "runtime/notices.h"

namespace postern::cli {
namespace {

// The file for commands that people are told to run: somebody may read that in another folder.
// Empty where a command finds the same file by itself, or cannot be given it.
std::string named_in_commands(const std::string& file, const Arguments& arguments,
                              const config::Environment& environment) {
  const bool was_given = !arguments.config.empty() || environment.count("POSTERN_CONFIG") != 0;
  if (!was_given || file == "-") return {};
  std::error_code error;
  const std::filesystem::path path = std::filesystem::absolute(file, error);
  return error ? file : path.string();
}

std::vector<config::Remark> check_rules(const policy::Options& allowed,
                                        const policy::Catalogue& catalogue) {
  std::vector<config::Remark> remarks;
  const auto rules = policy::Rules::compile(allowed, catalogue);
  if (rules) return remarks;
  for (const policy::RuleFault& fault : rules.error()) {
    remarks.push_back({"policy.rules[" + std::to_string(fault.rule) + "]." + std::string(fault.key),
                       fault.message});
  }
  return remarks;
}

// What config does not know: the endpoint table, which the rules need. A table of one's own that
// cannot be read is told of afterwards: `table_fault`.
std::vector<config::Remark> check_policy(const policy::Options& allowed, std::string& table_fault) {
  if (!allowed.table.empty()) {
    const auto catalogue = policy::Catalogue::load(allowed.table, allowed.catalogue);
    if (catalogue) return check_rules(allowed, *catalogue);
    table_fault = catalogue.error().what;
    return {};
  }
  if (allowed.rules.empty()) return {};
  return check_rules(allowed, policy::Catalogue::built_in());
}

// What opening the store would refuse.
std::vector<config::Remark> check_store_keys(const config::StoreOptions& store) {
  std::vector<config::Remark> remarks;
  const auto check = [&](const char* path, const Secret& key) {
    if (key.empty()) return;
    if (auto fault = grants::Sealer::key_fault(key)) remarks.push_back({path, std::move(*fault)});
  };
  check("store.key", store.key);
  check("store.old_key", store.old_key);
  return remarks;
}

}  // namespace

Result<Configuration, std::vector<std::string>> read_configuration(
    const std::string& file, const Arguments& arguments, const config::Environment& environment,
    config::TextFiles files) {
  using Lines = std::vector<std::string>;
  std::string mark = file_mark(file);
  auto text = config::read_text_file(file, files);
  if (!text) return tl::unexpected(Lines{text.error().what});
  std::string table_fault;
  const auto check = [&](const config::Options& options) {
    std::vector<config::Remark> remarks = check_policy(options.relay.policy, table_fault);
    for (config::Remark& remark : runtime::certificate_faults(options))
      remarks.push_back(std::move(remark));
    for (config::Remark& remark : check_store_keys(options.store))
      remarks.push_back(std::move(remark));
    return remarks;
  };
  auto loaded = config::load({file, std::move(*text), environment, arguments.sets, check, files});
  if (!loaded) {
    Lines lines;
    for (const config::Fault& fault : loaded.error()) lines.push_back(format(fault));
    return tl::unexpected(std::move(lines));
  }
  if (!table_fault.empty()) return tl::unexpected(Lines{table_fault});
  const bool is_shared = loaded->options.store.kind != config::StoreKind::kFile;
  for (config::GrantSetup& setup : loaded->options.grants) {
    setup.grant.config_file = named_in_commands(file, arguments, environment);
    setup.grant.is_shared = is_shared;
  }
  return Configuration{file, std::move(mark), std::move(*loaded)};
}

std::optional<Configuration> load_configuration(const Arguments& arguments, Context& context) {
  const std::string file = config::find_config_file(arguments.config, context.environment);
  if (file.empty()) {
    context.err << "there is no configuration: give --config FILE, set POSTERN_CONFIG, or write "
                   "./postern.yaml or /etc/postern/postern.yaml\n";
    return {};
  }
  auto configuration =
      read_configuration(file, arguments, context.environment, config::TextFiles::kAny);
  if (configuration) return std::move(*configuration);
  for (const std::string& line : configuration.error()) context.err << line << '\n';
  return {};
}

namespace {

// What `login` would refuse. A running Postern gets by with such a list.
bool check_scopes(const Configuration& configuration, Context& context) {
  bool right = true;
  for (const config::GrantSetup& setup : configuration.loaded.options.grants) {
    if (setup.grant.kind != grants::Kind::kOauth) continue;
    for (const std::string& scope : setup.grant.scopes) {
      const auto fault = policy::scope_fault(scope);
      if (!fault) continue;
      context.err << configuration.file << ": scopes of grant " << setup.grant.name << ": "
                  << printable(*fault, 400) << '\n';
      right = false;
    }
  }
  return right;
}

// "; policy: read-only, 2 rules, else deny, dry run"; nothing where nothing is restricted.
std::string words_of(const policy::Options& policy) {
  const size_t rules = policy.rules.size();
  const bool reads = policy.access == policy::AccessMode::kReadOnly;
  if (rules == 0 && !reads) return {};
  std::string words = reads ? ", read-only" : "";
  if (rules > 0) {
    words += ", " + std::to_string(rules) + (rules == 1 ? " rule" : " rules") + ", else " +
             (policy.fallback == policy::Effect::kAllow ? "allow" : "deny");
  }
  if (policy.dry_run) words += ", dry run";
  return "; policy:" + words.substr(1);
}

}  // namespace

int check(const Arguments& arguments, Context& context) {
  auto configuration = load_configuration(arguments, context);
  if (!configuration) return kUsage;
  const config::Options& options = configuration->loaded.options;
  if (!check_scopes(*configuration, context)) return kUsage;
  context.out << configuration->file << " is right: grants "
              << grants::Registry(config::grant_options(options)).names() << "; listens on";
  for (const auto& listener : options.listen) context.out << ' ' << listener.address;
  context.out << words_of(options.relay.policy);
  context.out << '\n';
  std::vector<runtime::Notice> notices = runtime::notices_of(options);
  for (runtime::Notice& notice : runtime::certificate_notices(options, SystemClock().wall()))
    notices.push_back(std::move(notice));
  for (const runtime::Notice& notice : notices)
    context.out << (notice.level >= log::Level::kWarn ? "warning: " : "note: ")
                << printable(notice.setting + ": " + notice.detail, 600) << '\n';
  return kDone;
}

int show(const Arguments& arguments, Context& context) {
  if (arguments.reference) {
    context.out << config::reference();
    return kDone;
  }
  auto configuration = load_configuration(arguments, context);
  if (!configuration) return kUsage;
  context.out << config::show(configuration->loaded);
  return kDone;
}

}  // namespace postern::cli
