// Process: what a program that holds tokens and many sockets asks of the kernel.
#pragma once

#include <cstdint>

namespace postern::runtime {

// No core dumps, no ptrace by others of the same user, no SIGPIPE, as many descriptors as allowed.
void harden_process();

uint64_t random_seed();

}  // namespace postern::runtime
