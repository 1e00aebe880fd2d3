#include "cli/scopes.h"

#include <algorithm>
#include <optional>
#include <ostream>
#include <utility>

#include "base/text.h"
#include "cli/call_line.h"
#include "cli/configuration.h"
#include "cli/documents.h"
#include "cli/line_reader.h"
#include "config/defaults.h"
#include "http/method.h"
#include "policy/least_scopes.h"
#include "policy/permission.h"
#include "policy/scopes.h"

namespace postern::cli {
namespace {

constexpr size_t kMostBadLines = 20;    // named; more are counted
constexpr size_t kMostOperations = 12;  // told of one scope

std::string padded(std::string text, size_t width, bool to_right = false) {
  const size_t missing = width > text.size() ? width - text.size() : 0;
  return to_right ? std::string(missing, ' ') + text : text + std::string(missing, ' ');
}

std::string operation_of(const policy::Endpoint& endpoint) {
  return std::string(http::to_string(endpoint.method)).append(" ").append(endpoint.path);
}

bool opens(std::string_view scope, const policy::Endpoint& endpoint) {
  return endpoint.access == policy::Access::kScopes &&
         std::any_of(endpoint.scopes.begin(), endpoint.scopes.end(),
                     [&](std::string_view needed) { return policy::implies(scope, needed); });
}

// -------------------------------------------------------------------------------------- the table

ScopeView view_of(std::string_view scope, const policy::Catalogue& catalogue) {
  ScopeView view;
  view.scope = scope;
  view.grantable = policy::is_grantable(scope);
  for (const std::string_view other : policy::known_scopes())
    if (other != scope && policy::implies(scope, other)) view.contains.emplace_back(other);
  for (const policy::Endpoint& endpoint : catalogue.endpoints()) {
    if (!opens(scope, endpoint)) continue;
    ++(http::is_safe(endpoint.method) ? view.reads : view.changes);
    view.operations.push_back({std::string(http::to_string(endpoint.method)),
                               std::string(endpoint.path), policy::is_published(endpoint.status)});
  }
  return view;
}

std::string table(const std::vector<ScopeView>& views, size_t operations) {
  std::string out =
      padded("scope", 22) + padded("reads", 6, true) + padded("changes", 9, true) + "  contains\n";
  for (const ScopeView& view : views) {
    out += padded(view.scope, 22) + padded(std::to_string(view.reads), 6, true) +
           padded(std::to_string(view.changes), 9, true) + "  " + text::joined(view.contains);
    if (!view.grantable) out += "(no OAuth application can ask for it)";
    while (out.back() == ' ') out.pop_back();
    out += '\n';
  }
  return out + "\nreads, changes: how many of the " + std::to_string(operations) +
         " operations of the endpoint table it opens, with what it contains.\n"
         "postern scopes SCOPE lists them; postern scopes --for FILE finds the least for a log.\n";
}

std::string list(const ScopeView& view) {
  std::string out;
  for (const ScopeView::Operation& operation : view.operations)
    out += padded(operation.method, 7) + operation.path +
           (operation.published ? "\n" : "  (not published)\n");
  return out;
}

int print_table(const Arguments& arguments, const policy::Catalogue& catalogue, Context& context) {
  std::vector<ScopeView> views;
  if (arguments.scope.empty()) {
    for (const std::string_view scope : policy::known_scopes())
      views.push_back(view_of(scope, catalogue));
  } else if (const auto fault = policy::scope_fault(arguments.scope);
             fault && arguments.scope != "org:ci") {
    context.err << "postern scopes: " << printable(*fault) << '\n';
    return kUsage;
  } else {
    views.push_back(view_of(arguments.scope, catalogue));
  }
  if (arguments.json) {
    context.out << format_scopes(views) << '\n';
  } else if (arguments.scope.empty()) {
    context.out << table(views, catalogue.endpoints().size());
  } else {
    context.out << list(views.front());
  }
  return kDone;
}

// ------------------------------------------------------------------------------- the least scopes

struct Comments {
  std::string text;
  void add(const std::string& line) { text += "# " + line + '\n'; }
  void add(uint64_t calls, const std::string& what) {
    add(padded(std::to_string(calls), 7, true) + "  " + what);
  }
};

// Which of the operations this one of the scopes is for, and what else needs it.
void explain_scope(Comments& out, std::string_view scope, std::vector<CountedOperation>& open,
                   const policy::Endpoint* login) {
  out.add(std::string(scope));
  if (login != nullptr && opens(scope, *login))
    out.add(std::string(9, ' ') + "postern login and doctor look at the organization with it");
  size_t told = 0;
  uint64_t others = 0;
  for (const CountedOperation& operation : open) {
    if (!opens(scope, *operation.endpoint)) continue;
    if (++told > kMostOperations) {
      ++others;
      continue;
    }
    const bool is_published = policy::is_published(operation.endpoint->status);
    out.add(operation.calls, operation_of(*operation.endpoint) +
                                 (is_published ? "" : "  (not published: the table may be wrong)"));
  }
  if (others > 0) out.add(std::string(9, ' ') + std::to_string(others) + " more operations");
  std::erase_if(open, [&](const CountedOperation& one) { return opens(scope, *one.endpoint); });
}

std::string superfluous(const std::vector<std::string>& configured,
                        const std::vector<std::string_view>& needed) {
  std::vector<std::string> names;
  for (const std::string& scope : configured) {
    const bool is_needed = std::any_of(needed.begin(), needed.end(), [&](std::string_view wide) {
      return policy::implies(wide, scope);
    });
    if (!is_needed) names.push_back(scope);
  }
  return text::joined(names);
}

// Reads all lines. Errors: the file cannot be read. `bad`: how many lines could not be.
Result<void> read_calls(LineReader& lines, const std::string& name, ScopeTally& tally,
                        uint64_t& bad, Context& context) {
  for (uint64_t number = 1;; ++number) {
    auto line = lines.next();
    if (!line) return fail(name + ": " + line.error().what);
    if (!*line) return {};
    const CallLine call = read_call_line(**line);
    if (call.kind == CallLine::Kind::kCall) tally.add(call);
    if (call.kind != CallLine::Kind::kBad) continue;
    if (++bad <= kMostBadLines)
      context.err << name << ':' << number << ": " << call.fault << ": " << printable(**line, 80)
                  << '\n';
  }
}

const config::GrantSetup* setup_of(const config::Options* options, const std::string& grant) {
  if (options == nullptr) return nullptr;
  if (grant.empty()) return options->grants.size() == 1 ? options->grants.data() : nullptr;
  const auto found =
      std::find_if(options->grants.begin(), options->grants.end(),
                   [&](const config::GrantSetup& setup) { return setup.grant.name == grant; });
  return found == options->grants.end() ? nullptr : &*found;
}

// The grants to be answered for. Where lines name grants, those that name none are Postern's own
// answers.
std::vector<std::string> grants_asked_for(const ScopeTally& tally, const std::string& wanted) {
  std::vector<std::string> names = tally.grants();
  if (names.size() > 1) std::erase(names, "");
  if (!wanted.empty())
    std::erase_if(names, [&](const std::string& name) { return name != wanted; });
  return names;
}

int print_least(const Arguments& arguments, const policy::Catalogue& catalogue,
                const config::Options* options, Context& context) {
  const std::string name = arguments.scopes_for == "-" ? "standard input" : arguments.scopes_for;
  Result<LineReader> lines = LineReader::open(arguments.scopes_for, context.input);
  if (!lines) {
    context.err << lines.error().what << '\n';
    return kFailed;
  }
  ScopeTally tally(catalogue);
  uint64_t bad = 0;
  if (const Result<void> done = read_calls(*lines, name, tally, bad, context); !done) {
    context.err << done.error().what << '\n';
    return kFailed;
  }
  if (bad > kMostBadLines) context.err << "and " << bad - kMostBadLines << " more such lines\n";
  const std::vector<std::string> grants = grants_asked_for(tally, arguments.grant);
  if (grants.empty()) {
    context.err << name << " holds no call to Sentry's API"
                << (arguments.grant.empty() ? "" : " with the grant " + printable(arguments.grant))
                << '\n';
    return kFailed;
  }
  for (const std::string& grant : grants) {
    ScopeNotes notes{name, {}, true};
    if (const config::GrantSetup* setup = setup_of(options, grant)) {
      notes.configured = setup->grant.scopes;
      notes.logs_in = setup->grant.kind == grants::Kind::kOauth;
    }
    if (grant != grants.front()) context.out << "---\n";
    context.out << to_yaml(tally.needed(grant, notes.logs_in), notes, catalogue);
  }
  if (tally.left_out() > 0)
    context.out << "# lines left out, being no calls to Sentry or refused by Postern: "
                << tally.left_out() << '\n';
  return bad == 0 ? kDone : kFailed;
}

}  // namespace

std::string to_yaml(const NeededScopes& needed, const ScopeNotes& notes,
                    const policy::Catalogue& catalogue) {
  Comments head;
  head.add("the least scopes for " + std::to_string(needed.calls) + " calls of " +
           printable(notes.source) +
           (needed.grant.empty() ? "" : " with the grant " + printable(needed.grant)));
  std::string list;
  for (const std::string_view scope : needed.scopes)
    list.append(list.empty() ? "" : ", ").append(scope);
  Comments tail;
  std::vector<CountedOperation> open = needed.operations;
  const policy::Endpoint* login = notes.logs_in ? login_call(catalogue) : nullptr;
  for (const std::string_view scope : needed.scopes) {
    explain_scope(tail, scope, open, login);
    if (login != nullptr && opens(scope, *login)) login = nullptr;
  }
  if (!needed.undecided.empty()) tail.add("not decided, no scope is named for:");
  for (const Undecided& one : needed.undecided)
    tail.add(one.calls, printable(one.call, 300) + ": " + one.why);
  if (const std::string left = superfluous(notes.configured, needed.scopes); !left.empty())
    tail.add("configured, and not needed by these calls: " + left);
  if (list.empty()) return head.text + "# none is needed\n" + tail.text;
  return head.text + "scopes: [" + list + "]\n" + tail.text;
}

int scopes(const Arguments& arguments, Context& context) {
  std::optional<Configuration> configuration;
  if (!config::find_config_file(arguments.config, context.environment).empty()) {
    configuration = load_configuration(arguments, context);
    if (!configuration) return kUsage;
  }
  const config::Options* options = configuration ? &configuration->loaded.options : nullptr;
  const policy::Catalogue catalogue =
      policy::Catalogue::of(options != nullptr ? options->relay.policy : policy::Options());
  return arguments.scopes_for.empty() ? print_table(arguments, catalogue, context)
                                      : print_least(arguments, catalogue, options, context);
}

}  // namespace postern::cli
