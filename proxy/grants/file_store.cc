#include "grants/file_store.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <system_error>
#include <utility>

#include "base/folders.h"
#include "grants/documents.h"
#include "grants/sealed_document.h"

namespace postern::grants {
namespace {

constexpr mode_t kOthers = S_IRWXG | S_IRWXO;

std::string reason(int error) {
  return std::generic_category().message(error);
}

std::string octal(mode_t mode) {
  char out[16];
  std::snprintf(out, sizeof out, "%04o", static_cast<unsigned>(mode & 07777));
  return out;
}

// Root may have made it for a service that runs as another user.
std::string why_closed(const std::string& folder, int error) {
  struct stat status {};
  if (error != EACCES || ::stat(folder.c_str(), &status) != 0) return reason(error);
  const std::string me = std::to_string(::geteuid());
  return reason(error) + "; it belongs to uid " + std::to_string(status.st_uid) +
         ", Postern runs as uid " + me + "; if that is meant, run as root: chown -R " + me + " " +
         folder;
}

Result<void> check_folder(const std::string& folder, const struct stat& status) {
  if ((status.st_mode & kOthers) != 0) {
    return fail("the store " + folder + " can be read by others (mode " + octal(status.st_mode) +
                "): run chmod 700 " + folder + ", and take tokens kept there for known");
  }
  uid_t me = ::geteuid();
  if (status.st_uid != me && me != 0) {
    return fail("the store " + folder + " belongs to uid " + std::to_string(status.st_uid) +
                ", Postern runs as uid " + std::to_string(me));
  }
  return {};
}

int write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    ssize_t written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return errno;
    bytes.remove_prefix(static_cast<size_t>(written));
  }
  return 0;
}

// Puts zeros in the place of what a file holds. 0 or an errno; a link or a folder is left alone.
int overwrite(int folder, const std::string& name) {
  struct stat status {};
  if (::fstatat(folder, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) return errno;
  if (!S_ISREG(status.st_mode)) return 0;
  Descriptor file(::openat(folder, name.c_str(), O_WRONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  if (!file.valid()) return errno;
  size_t size = std::min(static_cast<size_t>(status.st_size), 4 * kMaxDocument);
  if (int error = write_all(file.get(), std::string(size, '\0')); error != 0) return error;
  return ::fsync(file.get()) == 0 ? 0 : errno;
}

// Up to one byte more than allowed, so that the parser can say that it is too large.
Result<Secret, int> read_all(int fd) {
  std::string bytes(kMaxDocument + 1, '\0');
  size_t size = 0;
  while (size < bytes.size()) {
    ssize_t got = ::read(fd, bytes.data() + size, bytes.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return tl::unexpected<int>(errno);
    if (got == 0) break;
    size += static_cast<size_t>(got);
  }
  bytes.resize(size);
  return Secret(std::move(bytes));
}

class FileLock final : public StoreLock {
 public:
  FileLock(std::string grant, Descriptor descriptor)
      : grant_(std::move(grant)), descriptor_(std::move(descriptor)) {}
  const std::string& grant() const override { return grant_; }

  // Is it the file `name` of `folder` that is locked?
  bool locks(int folder, const std::string& name) const {
    struct stat mine {};
    struct stat named {};
    return ::fstat(descriptor_.get(), &mine) == 0 &&
           ::fstatat(folder, name.c_str(), &named, AT_SYMLINK_NOFOLLOW) == 0 &&
           mine.st_dev == named.st_dev && mine.st_ino == named.st_ino;
  }

 private:
  std::string grant_;
  Descriptor descriptor_;  // the kernel's lock lives and dies with it
};

}  // namespace

bool is_store_name(std::string_view grant) {
  auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
  };
  return !grant.empty() && grant.size() <= 64 && grant.front() != '.' &&
         std::all_of(grant.begin(), grant.end(), allowed);
}

int Descriptor::reset() {
  if (fd_ < 0) return 0;
  return ::close(release()) == 0 ? 0 : errno;
}

FileStore::FileStore(std::string path, Folder folder, std::optional<Sealer> sealer)
    : path_(std::move(path)), folder_(std::move(folder)), sealer_(std::move(sealer)) {}

Result<std::unique_ptr<FileStore>> FileStore::open(const std::string& folder,
                                                   std::optional<Sealer> sealer) {
  if (int error = make_folders(folder); error != 0) {
    return fail("cannot make the store " + folder + ": " + reason(error));
  }
  auto opened = open_folder(folder);
  if (!opened) return tl::unexpected(opened.error());
  return std::unique_ptr<FileStore>(new FileStore(folder, std::move(*opened), std::move(sealer)));
}

Result<FileStore::Folder> FileStore::open_folder(const std::string& path) {
  Descriptor descriptor(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!descriptor.valid())
    return fail("cannot open the store " + path + ": " + why_closed(path, errno));
  struct stat status {};
  if (::fstat(descriptor.get(), &status) != 0) {
    return fail("cannot look at the store " + path + ": " + reason(errno));
  }
  if (auto fit = check_folder(path, status); !fit) return tl::unexpected(fit.error());
  return Folder{std::move(descriptor), status.st_uid, status.st_gid};
}

// A restore or a mounted volume may have put another folder in the place of the one that is open.
Result<void> FileStore::follow() {
  struct stat mine {};
  struct stat named {};
  bool known = ::fstat(folder_.descriptor.get(), &mine) == 0;
  if (::stat(path_.c_str(), &named) != 0)
    return fail("cannot look at the store " + path_ + ": " + reason(errno));
  if (known && mine.st_dev == named.st_dev && mine.st_ino == named.st_ino) return {};
  auto opened = open_folder(path_);
  if (!opened) return tl::unexpected(opened.error());
  folder_ = std::move(*opened);
  return {};
}

StoreResult<std::optional<StoredGrant>> FileStore::load(std::string_view grant) {
  if (!is_store_name(grant)) return fail("not a name for a stored grant");
  if (auto followed = follow(); !followed) return tl::unexpected(followed.error());
  std::string name = std::string(grant) + ".json";
  Descriptor file(::openat(folder_.descriptor.get(), name.c_str(),
                           O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  if (!file.valid() && errno == ENOENT) return std::optional<StoredGrant>();
  if (!file.valid()) return broken("open", name, errno);
  struct stat status {};
  if (::fstat(file.get(), &status) != 0) return broken("look at", name, errno);
  if (!S_ISREG(status.st_mode)) return fail(where(grant) + " is not a regular file");
  if ((status.st_mode & kOthers) != 0) {
    return fail(where(grant) + " can be read by others (mode " + octal(status.st_mode) +
                "): run chmod 600 " + where(grant) + ", and take its tokens for known");
  }
  auto bytes = read_all(file.get());
  if (!bytes) return broken("read", name, bytes.error());
  auto stored = read_document(sealer_, grant, bytes->reveal(), where(grant));
  if (!stored) return tl::unexpected(stored.error());
  return std::optional<StoredGrant>(std::move(*stored));
}

StoreResult<std::unique_ptr<StoreLock>> FileStore::try_lock(std::string_view grant) {
  if (!is_store_name(grant)) return fail("not a name for a stored grant");
  if (auto followed = follow(); !followed) return tl::unexpected(followed.error());
  std::string name = std::string(grant) + ".lock";
  Descriptor file(::openat(folder_.descriptor.get(), name.c_str(),
                           O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600));
  if (!file.valid()) return broken("open", name, errno);
  if (auto owned = take_owner(file.get(), name); !owned) return tl::unexpected(owned.error());
  if (::flock(file.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno == EWOULDBLOCK) return std::unique_ptr<StoreLock>();
    return broken("lock", name, errno);
  }
  return std::unique_ptr<StoreLock>(
      std::make_unique<FileLock>(std::string(grant), std::move(file)));
}

// Null while `lock` is good. When folder or file have been replaced since it was taken, it keeps
// nobody out of those that are written to.
StoreResult<std::unique_ptr<StoreLock>> FileStore::lock_anew(const StoreLock& lock) {
  if (auto followed = follow(); !followed) return tl::unexpected(followed.error());
  bool good =
      static_cast<const FileLock&>(lock).locks(folder_.descriptor.get(), lock.grant() + ".lock");
  if (good) return std::unique_ptr<StoreLock>();
  auto taken = try_lock(lock.grant());
  if (taken && *taken == nullptr)
    return fail("the store " + path_ + " was replaced, and another process is busy in it");
  return taken;
}

StoreResult<void> FileStore::save(const StoreLock& lock, const StoredGrant& stored) {
  auto anew = lock_anew(lock);
  if (!anew) return tl::unexpected(anew.error());
  std::string name = lock.grant() + ".json";
  std::string temporary = "." + name + ".new";  // one name is enough: the lock is held
  auto document = write_document(sealer_, lock.grant(), stored);
  if (!document) return tl::unexpected(document.error());
  auto written = write_temporary(temporary, document->reveal());
  if (!written) {
    ::unlinkat(folder_.descriptor.get(), temporary.c_str(), 0);
    return tl::unexpected(written.error());
  }
  if (::renameat(folder_.descriptor.get(), temporary.c_str(), folder_.descriptor.get(),
                 name.c_str()) != 0) {
    int error = errno;
    ::unlinkat(folder_.descriptor.get(), temporary.c_str(), 0);
    return broken("replace", name, error);
  }
  // Until the folder is on disk too, a power cut could bring the old file back.
  if (::fsync(folder_.descriptor.get()) != 0) return broken("make durable", name, errno);
  return {};
}

// Renamed first, so that whoever reads meanwhile finds no grant instead of half of one; to the name
// of temporary files, so that what a crash leaves behind is cleared away like theirs.
Result<bool> FileStore::forget(const StoreLock& lock) {
  auto anew = lock_anew(lock);
  if (!anew) return tl::unexpected(anew.error());
  std::string name = lock.grant() + ".json";
  std::string temporary = "." + name + ".new";
  int folder = folder_.descriptor.get();
  bool was_there = ::renameat(folder, name.c_str(), folder, temporary.c_str()) == 0;
  if (!was_there && errno != ENOENT) return broken("set aside", name, errno);
  if (int error = overwrite(folder, temporary); error != 0 && error != ENOENT)
    return broken("overwrite", temporary, error);
  if (::unlinkat(folder, temporary.c_str(), 0) != 0 && errno != ENOENT)
    return broken("remove", temporary, errno);
  if (::fsync(folder) != 0) return broken("make durable", name, errno);
  return was_there;
}

// A full disk lets files be made, but not filled. Not made durable: nothing of it is to last.
Result<void> FileStore::check_writable() {
  if (auto followed = follow(); !followed) return followed;
  const int folder = folder_.descriptor.get();
  const std::string name = ".writable." + std::to_string(::getpid());
  ::unlinkat(folder, name.c_str(), 0);  // left behind by a crash
  Descriptor file(
      ::openat(folder, name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!file.valid()) return broken("make", name, errno);
  int error = write_all(file.get(), std::string(kMaxDocument, '\0'));
  if (const int at_close = file.reset(); error == 0) error = at_close;
  ::unlinkat(folder, name.c_str(), 0);
  if (error != 0) return broken("write", name, error);
  return {};
}

std::string FileStore::where(std::string_view grant) const {
  return path_ + "/" + std::string(grant) + ".json";
}

// A failed fsync leaves pages marked clean that never reached the disk, so the file is given up and
// the next attempt starts with a new one.
Result<void> FileStore::write_temporary(const std::string& name, std::string_view bytes) {
  ::unlinkat(folder_.descriptor.get(), name.c_str(), 0);  // left behind by a crash
  Descriptor file(::openat(folder_.descriptor.get(), name.c_str(),
                           O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!file.valid()) return broken("make", name, errno);
  if (auto owned = take_owner(file.get(), name); !owned) return owned;
  if (int error = write_all(file.get(), bytes); error != 0) return broken("write", name, error);
  if (::fsync(file.get()) != 0) return broken("make durable", name, errno);
  if (int error = file.reset(); error != 0) return broken("close", name, error);
  return {};
}

Result<void> FileStore::take_owner(int fd, const std::string& name) const {
  if (::geteuid() == folder_.owner) return {};
  if (::fchown(fd, folder_.owner, folder_.group) != 0)
    return broken("give to the folder's owner", name, errno);
  return {};
}

tl::unexpected<Error> FileStore::broken(std::string_view action, const std::string& name,
                                        int error) const {
  return fail("cannot " + std::string(action) + " " + path_ + "/" + name + ": " + reason(error));
}

}  // namespace postern::grants
