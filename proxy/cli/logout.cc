#include "cli/logout.h"

#include <ostream>
#include <thread>

#include "cli/choose_grant.h"
#include "grants/keeping.h"
#include "runtime/store.h"

namespace postern::cli {
namespace {

void say_what_remains(const grants::GrantOptions& grant, Context& context) {
  if (grant.kind == grants::Kind::kIntegration) {
    context.out << "The integration stays installed, and a running Postern gets new tokens for it: "
                   "uninstall it at "
                << grant.sentry_url << " under Settings > Integrations.\n";
    return;
  }
  context.out
      << "Sentry has no way to revoke a token from here: it stays valid at Sentry until it "
         "expires. To end it now, open "
      << grant.sentry_url
      << " and remove the application under Settings > Account > Authorized Applications.\n";
}

}  // namespace

int logout(const config::Options& options, const Arguments& arguments, const Clock& clock,
           Context& context) {
  const config::GrantSetup* setup = choose_grant(options, arguments.grant, context);
  if (setup == nullptr) return kUsage;
  const grants::GrantOptions& grant = setup->grant;
  if (grant.kind == grants::Kind::kStatic) {
    context.err << "the grant " << grant.name
                << " is of kind static: nothing of it is stored; remove its token from "
                << (grant.token_file.empty() ? "the configuration" : grant.token_file) << '\n';
    return kUsage;
  }
  auto store = runtime::open_store(options);
  if (!store) {
    context.err << store.error().what << '\n';
    return kFailed;
  }
  const grants::KeepingTools tools{clock,
                                   [](Duration pause) { std::this_thread::sleep_for(pause); }};
  auto lock = grants::wait_for_lock(**store, grant.name, tools);
  if (!lock) {
    context.err << lock.error().what << '\n';
    return kFailed;
  }
  auto forgotten = (*store)->forget(**lock);
  if (!forgotten) {
    context.err << forgotten.error().what << '\n';
    return kFailed;
  }
  std::string where = (*store)->where(grant.name);
  if (!*forgotten) {
    context.out << "there is no token of grant " << grant.name << " in " << where << '\n';
    return kDone;
  }
  context.out << "the token of grant " << grant.name << " has been wiped from " << where << '\n';
  say_what_remains(grant, context);
  return kDone;
}

}  // namespace postern::cli
