/* Counts heap allocations per thread; loaded with LD_PRELOAD by bench/allocations.

   The counts live in a file mapped by both sides (its path is in BENCH_ALLOCATIONS): the script
   reads them while the program runs, without a signal and without the program's help. Layout: an
   array of struct slot, one per thread in the order of their first allocation. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { kSlots = 64 };

struct slot {
  uint64_t thread; /* kernel's id; 0: not taken */
  uint64_t allocations;
  uint64_t bytes;
  uint64_t frees;
};

extern void* __libc_malloc(size_t);
extern void* __libc_calloc(size_t, size_t);
extern void* __libc_realloc(void*, size_t);
extern void* __libc_memalign(size_t, size_t);
extern void __libc_free(void*);

static struct slot nowhere;
static struct slot* slots;
static uint64_t taken;
/* initial-exec: the other models may call malloc on first use. */
static __thread struct slot* mine __attribute__((tls_model("initial-exec")));

__attribute__((constructor)) static void map_counts(void) {
  const char* path = getenv("BENCH_ALLOCATIONS");
  const size_t size = kSlots * sizeof(struct slot);
  if (path == NULL) return;
  const int fd = open(path, O_RDWR | O_CLOEXEC);
  if (fd < 0) return;
  void* memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  close(fd);
  if (memory != MAP_FAILED) slots = memory;
}

static struct slot* take_slot(void) {
  if (slots == NULL) return &nowhere; /* before the constructor: not counted */
  const uint64_t number = __atomic_fetch_add(&taken, 1, __ATOMIC_RELAXED);
  if (number >= kSlots) return mine = &nowhere;
  mine = &slots[number];
  mine->thread = (uint64_t)syscall(SYS_gettid);
  return mine;
}

/* Each slot has one writer, its thread; the reader takes the words as they are. */
static void* count(void* memory, size_t size) {
  struct slot* slot = mine != NULL ? mine : take_slot();
  slot->allocations++;
  slot->bytes += size;
  return memory;
}

static void count_free(void) {
  struct slot* slot = mine != NULL ? mine : take_slot();
  slot->frees++;
}

void* malloc(size_t size) {
  return count(__libc_malloc(size), size);
}
void* calloc(size_t number, size_t size) {
  return count(__libc_calloc(number, size), number * size);
}
void* realloc(void* memory, size_t size) {
  return count(__libc_realloc(memory, size), size);
}
void* memalign(size_t alignment, size_t size) {
  return count(__libc_memalign(alignment, size), size);
}
void* aligned_alloc(size_t alignment, size_t size) {
  return memalign(alignment, size);
}

int posix_memalign(void** out, size_t alignment, size_t size) {
  if (alignment < sizeof(void*) || (alignment & (alignment - 1)) != 0) return EINVAL;
  void* memory = memalign(alignment, size);
  if (memory == NULL) return ENOMEM;
  *out = memory;
  return 0;
}

void free(void* memory) {
  if (memory == NULL) return;
  count_free();
  __libc_free(memory);
}
