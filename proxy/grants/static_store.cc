#include "grants/static_store.h"

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <system_error>

namespace postern::grants {
namespace {

constexpr size_t kMaxToken = 4096;

// A token goes into a header field, so its bytes must be fit for one.
bool is_token_text(std::string_view text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7f; });
}

}  // namespace

Result<Secret> StaticStore::read() const {
  if (options_.token_file.empty()) return options_.token;
  const std::string& path = options_.token_file;
  std::error_code error;
  // A pipe would be waited for, and nobody may ever write into it.
  if (std::filesystem::is_other(std::filesystem::status(path, error)))
    return fail(path + " is not a regular file");
  std::ifstream file(path, std::ios::binary);
  if (!file) return fail("cannot open " + path + ": " + std::generic_category().message(errno));
  std::string text(kMaxToken + 2, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<size_t>(file.gcount()));
  // Editors and echo end a file with a newline that is no part of the token.
  while (text.ends_with('\n') || text.ends_with('\r')) text.pop_back();
  bool fit = text.size() <= kMaxToken && is_token_text(text);
  Secret token(fit ? text : std::string());
  wipe_memory(text.data(), text.size());
  if (!fit) return fail(path + " does not hold a token: one line of visible ASCII is needed");
  return token;
}

StoreResult<std::optional<StoredGrant>> StaticStore::load(std::string_view) {
  auto token = read();
  if (!token) return tl::unexpected(token.error());
  if (generation_ == 0 || !(*token == last_)) {
    last_ = *token;
    ++generation_;
    changed_at_ = std::chrono::system_clock::now();
  }
  StoredGrant stored;
  stored.generation = generation_;
  stored.sentry = options_.sentry_url;
  stored.kind = std::string(to_string(Kind::kStatic));
  stored.organization.slug = options_.organization;
  stored.access_token = last_;
  stored.obtained_at = changed_at_;
  stored.scopes = options_.scopes;
  return std::optional<StoredGrant>(std::move(stored));
}

StoreResult<std::unique_ptr<StoreLock>> StaticStore::try_lock(std::string_view) {
  return fail("a static token is never written");
}

StoreResult<void> StaticStore::save(const StoreLock&, const StoredGrant&) {
  return fail("a static token is never written");
}

std::string StaticStore::where(std::string_view) const {
  return options_.token_file.empty() ? "the configuration" : options_.token_file;
}

}  // namespace postern::grants
