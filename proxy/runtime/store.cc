#include "runtime/store.h"

#include <sys/stat.h>

#include <optional>
#include <utility>

#include "grants/file_store.h"

namespace postern::runtime {

Result<std::unique_ptr<grants::Store>> open_store(const config::StoreOptions& options) {
  std::optional<grants::Sealer> sealer;
  if (!options.key.empty()) {
    auto made = grants::Sealer::make(options.key, options.old_key);
    if (!made) return tl::unexpected(made.error());
    sealer = std::move(*made);
  }
  auto store = grants::FileStore::open(options.path, std::move(sealer));
  if (!store) return tl::unexpected(store.error());
  return std::unique_ptr<grants::Store>(std::move(*store));
}

bool has_store(const config::StoreOptions& options) {
  struct stat found {};
  return ::stat(options.path.c_str(), &found) == 0;
}

}  // namespace postern::runtime
