// RedisTls: TLS towards Redis, of files that may change.
#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "redis/options.h"
#include "wire/options.h"
#include "wire/tls.h"

namespace postern::wire {

// One for all servers of a client. Loop thread.
class RedisTls final {
 public:
  explicit RedisTls(const redis::Options& options);

  // Of the files as they are now. They are looked at each time, and read when they have changed or
  // could not be used. The error says which one and why.
  Result<std::shared_ptr<TlsContext>> context();

 private:
  std::string mark() const;

  const TlsOptions options_;
  std::shared_ptr<TlsContext> context_;  // null: none could be made yet
  std::string made_of_;                  // the mark of its files, before they were read
};

}  // namespace postern::wire
