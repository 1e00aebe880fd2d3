// Process: what a program that holds tokens and many sockets asks of the kernel.
#pragma once

#include <cstdint>
#include <string>

namespace postern::runtime {

// No core dumps, no ptrace by others of the same user: for every command that may hold a secret.
// What this process starts is not held to it.
void forbid_dumps();

// That, and a limit of 0 for core files; no SIGPIPE; as many descriptors as allowed.
void harden_process();

uint64_t random_seed();

// Of this machine; a pod is called so too.
std::string host_name();

// Was it started from a terminal, to end with it? Not under nohup, which is to outlive it.
bool has_terminal();

// The value of an environment variable, which leaves the environment: what is started from here
// does not inherit it. Empty: there is none. REQUIRES: the process has one thread.
std::string take_variable(const char* name);

// Does process `pid` exist, and have the name of this one?
bool is_this_program(int pid);

}  // namespace postern::runtime
