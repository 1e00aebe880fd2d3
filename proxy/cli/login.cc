#include "cli/login.h"

#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "base/secret.h"
#include "cli/attempt.h"
#include "cli/browser_login.h"
#include "cli/choose_grant.h"
#include "cli/device_login.h"
#include "cli/paste_login.h"
#include "config/text_file.h"
#include "grants/documents.h"
#include "grants/keeping.h"
#include "grants/organization.h"
#include "grants/remedy.h"
#include "grants/timestamp.h"
#include "policy/scopes.h"
#include "runtime/store.h"

namespace postern::cli {
namespace {

Result<grants::TokenAnswer> read_answer(const std::string& from, WallTime now) {
  auto text = config::read_text_file(from);
  if (!text) return tl::unexpected(text.error());
  auto answer = grants::parse_token_answer(*text, now);
  wipe_memory(text->data(), text->size());
  if (!answer) {
    std::string name = from == "-" ? "standard input" : from;
    return fail(name + " is not a usable answer of the token endpoint: " + answer.error().what +
                R"(; the least is {"access_token": "...", "token_type": "Bearer"})");
  }
  return answer;
}

// What a grant of this kind needs instead of a login; nothing if a login is right.
std::string other_way(const grants::GrantOptions& grant, bool is_import) {
  std::string name = "the grant " + grant.name + " is of kind ";
  if (grant.kind == grants::Kind::kStatic) {
    return name + "static: its token is not stored but read from where its `token` setting says; " +
           (grant.token_file.empty() ? "change it there" : "put it into " + grant.token_file);
  }
  if (grant.kind == grants::Kind::kIntegration && !is_import) {
    return name +
           "integration: Sentry gives its tokens to the installation, nobody has to log in; set "
           "`installation` to its uuid, client.id and client.secret to those of the integration, "
           "and for the first token `code` to the grant code; then run: " +
           grants::serve_command(grant);
  }
  return {};
}

// What the configuration must say before Sentry can be asked. Superfluous scopes are only
// mentioned.
bool is_prepared(const grants::GrantOptions& grant, Context& context) {
  bool good = true;
  auto fault = [&](const std::string& text) {
    context.err << "grant " << grant.name << ": " << text << '\n';
    good = false;
  };
  if (grant.client.id.empty()) {
    fault("client.id is not set: it is the Client ID of your application at " + grant.sentry_url +
          ", under Settings > Account > API > Applications");
  }
  if (grant.scopes.empty())
    fault("scopes is empty: say what to ask for, such as [org:read, project:read, event:read]");
  for (const std::string& scope : grant.scopes)
    if (auto text = policy::scope_fault(scope)) fault("scopes: " + *text);
  if (!grant.scopes.empty() && !policy::covers(grant.scopes, "org:read")) {
    fault("scopes: org:read is missing, without which nobody can look whether the login reaches " +
          grant.organization);
  }
  for (const auto& [narrow, wide] : policy::redundant_scopes(grant.scopes)) {
    context.err << "note: scopes: "
                << (narrow == wide ? narrow + " stands twice"
                                   : wide + " contains " + narrow + ", which can be left out")
                << '\n';
  }
  return good;
}

Result<grants::TokenAnswer> obtain(const Attempt& attempt) {
  const Arguments& arguments = attempt.arguments;
  auto answer = arguments.device       ? login_on_device(attempt)
                : arguments.no_browser ? login_by_paste(attempt)
                                       : login_in_browser(attempt);
  if (!answer) return answer;
  auto organization = grants::verify_organization(attempt.grant(), attempt.sentry(), *answer);
  if (!organization) {
    return fail(organization.error().what +
                ". Nothing was stored; what was authorized just now can be removed at Sentry under "
                "Settings > Account > Authorized Applications");
  }
  answer->organization_id = organization->id;
  return answer;
}

void say_unverified(const Attempt& attempt, const std::string& why) {
  attempt.context.err << "warning: " << why
                      << ". It is stored unverified; to verify it later, run: "
                      << grants::doctor_command(attempt.grant()) << '\n';
}

// An import may be made where Sentry cannot be reached; then the token is taken at its word, as one
// is that has expired: its refresh token may still be good.
Result<grants::TokenAnswer> import_token(const Attempt& attempt) {
  auto answer = read_answer(attempt.arguments.import_from, attempt.clock.wall());
  if (!answer || attempt.arguments.no_verify) return answer;
  if (answer->expires_at && *answer->expires_at <= attempt.clock.wall()) return answer;
  auto organization = grants::verify_organization(attempt.grant(), attempt.sentry(), *answer,
                                                  grants::Patience::kGiveUp);
  if (organization) {
    answer->organization_id = organization->id;
  } else if (organization.error().is_refusal) {
    return fail(organization.error().what +
                ". Nothing was stored; --no-verify stores the token all the same");
  } else {
    say_unverified(attempt, organization.error().what);
  }
  return answer;
}

std::string words_of(const grants::NotKept& fault) {
  return fault.is_taken ? fault.what + "; if that is meant, add --replace" : fault.what;
}

void report_scopes(const grants::StoredGrant& stored, const Attempt& attempt) {
  Context& context = attempt.context;
  if (stored.scopes.empty()) return;
  context.out << "scopes:";
  for (const std::string& scope : stored.scopes) context.out << ' ' << printable(scope);
  context.out << '\n';
  std::string missing;
  for (const std::string& scope : attempt.grant().scopes)
    if (!policy::covers(stored.scopes, scope)) missing += ' ' + scope;
  if (missing.empty()) return;
  context.err << "warning: Sentry granted fewer scopes than were asked for; missing:" << missing
              << '\n';
}

void report(const grants::StoredGrant& stored, const Attempt& attempt) {
  Context& context = attempt.context;
  if (!stored.user.id.empty()) {
    context.out << "user: " << printable(stored.user.name) << " (" << printable(stored.user.email)
                << ", id " << printable(stored.user.id) << ")\n";
  }
  if (!stored.organization.id.empty()) {
    context.out << "organization: " << stored.organization.slug << " (id "
                << printable(stored.organization.id) << ")\n";
  }
  if (!stored.expires_at) {
    context.out << "expires: never\n";
  } else {
    context.out << "expires: " << grants::format_timestamp(*stored.expires_at) << '\n';
    if (*stored.expires_at <= attempt.clock.wall())
      context.err << "warning: the token has expired already\n";
  }
  report_scopes(stored, attempt);
}

}  // namespace

int login(const config::Options& options, const Arguments& arguments, const SentryCalls& calls,
          const Clock& clock, Context& context) {
  const config::GrantSetup* setup = choose_grant(options, arguments.grant, context);
  if (setup == nullptr) return kUsage;
  Attempt attempt{*setup, arguments, calls, clock, context};
  const bool is_import = attempt.is_import();
  if (std::string text = other_way(attempt.grant(), is_import); !text.empty()) {
    context.err << text << '\n';
    return kUsage;
  }
  if (!is_import && !is_prepared(attempt.grant(), context)) return kUsage;
  // Before anybody is asked for consent that could not be kept.
  auto store = runtime::open_store(options);
  if (!store) {
    context.err << store.error().what << '\n';
    return kFailed;
  }
  if (auto free = grants::check_place(**store, attempt.grant(), arguments.replace); !free) {
    context.err << words_of(free.error()) << '\n';
    return kFailed;
  }
  auto answer = is_import ? import_token(attempt) : obtain(attempt);
  if (!answer) {
    context.err << answer.error().what << '\n';
    return kFailed;
  }
  const auto tell = [&](const std::string& why) {
    context.err << "the token cannot be stored yet: " << why << '\n';
  };
  const grants::KeepingTools tools{clock, calls.sleep, tell, is_import};
  auto stored = grants::keep(**store, attempt.grant(), *answer, arguments.replace, tools);
  if (!stored) {
    context.err << words_of(stored.error()) << '\n';
    return kFailed;
  }
  const std::string& name = attempt.grant().name;
  context.out << "the token of grant " << name << " is in " << (*store)->where(name) << '\n';
  report(*stored, attempt);
  return kDone;
}

}  // namespace postern::cli
