#include "grants/seed.h"

#include "grants/documents.h"
#include "grants/remedy.h"

namespace postern::grants {
namespace {

Result<StoredGrant> read_seed(const GrantOptions& grant, std::string_view text, WallTime now) {
  auto stored = parse_stored_grant(text);
  if (!stored) {
    auto answer = parse_token_answer(text, now);
    if (!answer) return fail("neither a stored grant nor a token answer: " + answer.error().what);
    stored = make_stored_grant(std::move(*answer), 1, now);
    stored->sentry = grant.sentry_url;
    stored->kind = std::string(to_string(grant.kind));
    stored->organization.slug = grant.organization;
  }
  if (stored->generation > StoredGrant::kMostGeneration / 2)  // leaves room for its refreshes
    return fail("its generation is " + std::to_string(stored->generation) +
                ", which no number of refreshes comes to");
  if (stored->sentry != grant.sentry_url) {
    return fail("it is for " + stored->sentry + ", the grant for " + grant.sentry_url);
  }
  if (stored->organization.slug != grant.organization) {
    return fail("it is for the organization " + stored->organization.slug + ", the grant for " +
                grant.organization);
  }
  return stored;
}

}  // namespace

Result<std::string> seed(Store& store, const GrantOptions& grant, std::string_view text,
                         WallTime now) {
  auto lock = store.try_lock(grant.name);
  if (!lock) return tl::unexpected(lock.error());
  if (!*lock) return std::string("the store is in use by another Postern, which has a grant");
  auto present = store.load(grant.name);
  if (!present) return tl::unexpected(present.error());
  auto read = read_seed(grant, text, now);
  if (*present) {
    bool newer = read && read->generation > (*present)->generation;
    return "ignored: the store has generation " + std::to_string((*present)->generation) +
           (newer ? "; the seed says it is newer (generation " + std::to_string(read->generation) +
                        "): remove the stored grant first if that is meant"
                  : "");
  }
  if (store.was_forgotten(grant.name))
    return "ignored: the grant was removed from the store by a logout; to bring it back: " +
           login_command(grant);
  if (!read) return tl::unexpected(read.error());
  // Its own generation: should the store have lost what others remember, theirs is the newer one.
  auto saved = store.save(**lock, *read);
  if (!saved) return tl::unexpected(saved.error());
  return "the empty store was filled, generation " + std::to_string(read->generation);
}

}  // namespace postern::grants
