#include "cli/login.h"

#include <chrono>
#include <ostream>
#include <thread>
#include <utility>

#include "base/secret.h"
#include "config/text_file.h"
#include "grants/documents.h"
#include "grants/file_store.h"
#include "grants/registry.h"
#include "grants/timestamp.h"

namespace postern::cli {
namespace {

constexpr int kLockTries = 100;
constexpr auto kLockPause = std::chrono::milliseconds(50);

// A refresh in flight holds the lock for as long as Sentry takes to answer.
Result<std::unique_ptr<grants::StoreLock>> wait_for_lock(grants::Store& store,
                                                         const std::string& grant) {
  for (int i = 0; i < kLockTries; ++i) {
    auto lock = store.try_lock(grant);
    if (!lock || *lock) return lock;
    std::this_thread::sleep_for(kLockPause);
  }
  return fail("another process is busy with the grant " + grant + "; try again");
}

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

// Which generation the new token gets; an error if it must not take the stored one's place.
Result<uint64_t> next_generation(grants::Store& store, const grants::GrantOptions& grant,
                                 const grants::TokenAnswer& answer, bool replace) {
  auto stored = store.load(grant.name);
  if (!stored) {
    // What cannot be read cannot tell its generation, so the clock stands in: newer than any count.
    if (!replace) return fail(stored.error().what + "; --replace puts the new token in its place");
    auto now = std::chrono::system_clock::now().time_since_epoch();
    return static_cast<uint64_t>(std::chrono::duration_cast<std::chrono::seconds>(now).count());
  }
  if (!*stored) return uint64_t{1};
  std::string other = grants::other_holder(**stored, answer);
  if (other.empty() && (*stored)->sentry != grant.sentry_url) {
    other = "the stored grant is for " + printable((*stored)->sentry) + ", this one for " +
            grant.sentry_url;
  }
  if (!other.empty() && !replace) {
    return fail(printable(other) + "; if that is meant, add --replace");
  }
  return (*stored)->generation + 1;
}

Result<grants::StoredGrant> import_grant(grants::Store& store, const grants::GrantOptions& grant,
                                         const Arguments& arguments, WallTime now) {
  auto answer = read_answer(arguments.import_from, now);
  if (!answer) return tl::unexpected(answer.error());
  auto lock = wait_for_lock(store, grant.name);
  if (!lock) return tl::unexpected(lock.error());
  auto generation = next_generation(store, grant, *answer, arguments.replace);
  if (!generation) return tl::unexpected(generation.error());
  auto stored = grants::make_stored_grant(std::move(*answer), *generation, now);
  stored.organization.slug = grant.organization;
  stored.sentry = grant.sentry_url;
  if (auto saved = store.save(**lock, stored); !saved) return tl::unexpected(saved.error());
  return stored;
}

void report(const grants::StoredGrant& stored, WallTime now, Context& context) {
  if (!stored.user.id.empty()) {
    context.out << "user: " << printable(stored.user.name) << " (" << printable(stored.user.email)
                << ", id " << printable(stored.user.id) << ")\n";
  }
  if (!stored.expires_at) {
    context.out << "expires: never\n";
  } else {
    context.out << "expires: " << grants::format_timestamp(*stored.expires_at) << '\n';
    if (*stored.expires_at <= now) context.err << "warning: the token has expired already\n";
  }
  if (stored.scopes.empty()) return;
  context.out << "scopes:";
  for (const std::string& scope : stored.scopes) context.out << ' ' << printable(scope);
  context.out << '\n';
}

}  // namespace

int login(const config::Options& options, const Arguments& arguments, const Clock& clock,
          Context& context) {
  grants::Registry registry(config::grant_options(options));
  std::string name = arguments.grant;
  if (name.empty() && registry.all().size() == 1) name = registry.all().front()->options().name;
  const grants::Grant* grant = registry.find(name);
  if (grant == nullptr) {
    context.err << (name.empty() ? "which grant? Add --grant NAME"
                                 : "there is no grant " + printable(name))
                << "; there are: " << registry.names() << '\n';
    return kUsage;
  }
  auto store = grants::FileStore::open(options.store.path);
  if (!store) {
    context.err << store.error().what << '\n';
    return kFailed;
  }
  WallTime now = clock.wall();
  auto stored = import_grant(**store, grant->options(), arguments, now);
  if (!stored) {
    context.err << stored.error().what << '\n';
    return kFailed;
  }
  context.out << "the token of grant " << name << " is in " << (*store)->where(name) << '\n';
  report(*stored, now, context);
  return kDone;
}

}  // namespace postern::cli
