// The store as files: <grant>.json and <grant>.lock in one folder.
//
// The folder must be 0700 and the files 0600, all of one owner: what others can read is refused,
// never silently repaired, because a token that was readable must be taken for known. Files get the
// owner of the folder, so that an import by root leaves what the service can read.
#pragma once

#include <sys/types.h>

#include <optional>

#include "grants/seal.h"
#include "grants/store.h"

namespace postern::grants {

// An open file descriptor; closed when destroyed.
class Descriptor final {
 public:
  explicit Descriptor(int fd = -1) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(other.release()) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    reset();
    fd_ = other.release();
    return *this;
  }
  ~Descriptor() { reset(); }

  int get() const { return fd_; }
  bool valid() const { return fd_ >= 0; }
  int release() {
    int fd = fd_;
    fd_ = -1;
    return fd;
  }
  int reset();  // closes; 0 or the errno of close(2)

 private:
  int fd_;
};

class FileStore final : public Store {
 public:
  // Makes the folder (and the missing ones above it) with mode 0700 if it is not there. With a
  // sealer, what is written is sealed; what lies there unsealed is read, and sealed when it is
  // written next.
  static Result<std::unique_ptr<FileStore>> open(const std::string& folder,
                                                 std::optional<Sealer> sealer = std::nullopt);

  StoreResult<std::optional<StoredGrant>> load(std::string_view grant) override;
  StoreResult<std::unique_ptr<StoreLock>> try_lock(std::string_view grant) override;
  StoreResult<void> save(const StoreLock& lock, const StoredGrant& stored) override;
  Result<bool> forget(const StoreLock& lock) override;
  Result<void> check_writable() override;
  std::string where(std::string_view grant) const override;

 private:
  struct Folder {
    Descriptor descriptor;  // all files are opened relative to it
    uid_t owner = 0;
    gid_t group = 0;
  };
  FileStore(std::string path, Folder folder, std::optional<Sealer> sealer);
  static Result<Folder> open_folder(const std::string& path);
  Result<void> follow();
  StoreResult<std::unique_ptr<StoreLock>> lock_anew(const StoreLock& lock);
  Result<void> write_temporary(const std::string& name, std::string_view bytes);
  Result<void> take_owner(int fd, const std::string& name) const;
  tl::unexpected<Error> broken(std::string_view action, const std::string& name, int error) const;

  std::string path_;
  Folder folder_;
  std::optional<Sealer> sealer_;
};

}  // namespace postern::grants
