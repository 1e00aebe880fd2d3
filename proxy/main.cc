#include <iostream>

#include "cli/program.h"

int main(int argc, char** argv) {
  postern::cli::Context context{std::cout, std::cerr, postern::config::process_environment()};
  return postern::cli::run_program(argc, argv, context);
}
