#include <fcntl.h>
#include <unistd.h>

#include <iostream>

#include "cli/program.h"
#include "cli/style.h"

namespace {

// Started without standard input, output or error, the first sockets would get their numbers and
// the log would be written into one of them.
void fill_standard_descriptors() {
  for (int fd = 0; fd <= 2; ++fd)
    if (::fcntl(fd, F_GETFD) < 0) [[maybe_unused]]
      int opened = ::open("/dev/null", O_RDWR);
}

}  // namespace

int main(int argc, char** argv) {
  fill_standard_descriptors();
  postern::cli::Context context{std::cout, std::cerr, postern::config::process_environment()};
  context.terminal = ::isatty(STDOUT_FILENO) == 1 && !postern::cli::is_dumb(context.environment);
  context.input = STDIN_FILENO;
  return postern::cli::run_program(argc, argv, context);
}
