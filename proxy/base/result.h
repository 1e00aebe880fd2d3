// Errors as values: Result<T> is a T or an Error that says what went wrong, where, and what to do.
#pragma once

#include <string>
#include <tl/expected.hpp>
#include <utility>

namespace postern {

// A message for a person. `what` is one or more lines without a trailing newline.
struct Error {
  std::string what;
};

// A T, or why there is none. Dropping one is a compile error.
template <class T, class E = Error>
class [[nodiscard]] Result : public tl::expected<T, E> {
 public:
  using tl::expected<T, E>::expected;
};

inline tl::unexpected<Error> fail(std::string what) {
  return tl::unexpected<Error>(Error{std::move(what)});
}

}  // namespace postern
