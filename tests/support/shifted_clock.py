"""A wall clock that is wrong by some seconds, for one process: `env=clean_environment(**shifted(folder, 300))`.
What measures time, and all deadlines with it, stays right. Called again, while the process runs, it shifts the clock
anew."""

import shutil
import subprocess
from pathlib import Path

SOURCE = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static long shift(void) {
  const int before = errno;
  const char* file = getenv("CLOCK_SHIFT_FILE");
  const int fd = file ? open(file, O_RDONLY | O_CLOEXEC) : -1;
  char seconds[32] = {0};
  if (fd >= 0 && read(fd, seconds, sizeof seconds - 1) < 0) seconds[0] = 0;
  if (fd >= 0) close(fd);
  errno = before;
  return atol(seconds);
}

int clock_gettime(clockid_t clock, struct timespec* now) {
  static int (*real)(clockid_t, struct timespec*);
  if (!real) real = (int (*)(clockid_t, struct timespec*))dlsym(RTLD_NEXT, "clock_gettime");
  const int failed = real(clock, now);
  if (!failed && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) now->tv_sec += shift();
  return failed;
}

time_t time(time_t* also) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  if (also) *also = now.tv_sec;
  return now.tv_sec;
}
"""


def shifted(folder, seconds):
    """The variables of the environment that shift the clock; None without a C compiler."""
    compiler = shutil.which("cc") or shutil.which("clang-14")
    if compiler is None:
        return None
    library = Path(folder) / "shifted_clock.so"
    if not library.exists():
        source = library.with_suffix(".c")
        source.write_text(SOURCE)
        subprocess.run([compiler, "-shared", "-fPIC", "-O1", "-o", library, source, "-ldl"], check=True, timeout=60)
    file = Path(folder) / "clock_shift"
    new = file.with_suffix(".new")
    new.write_text(str(seconds))
    new.replace(file)
    return {"LD_PRELOAD": str(library), "CLOCK_SHIFT_FILE": str(file)}
