#include "admin/process_figures.h"

#include <gtest/gtest.h>

#include <chrono>

namespace postern::admin {
namespace {

TEST(ProcessFigures, AreOfThisProcess) {
  const ProcessFigures figures = read_process_figures();
  const double now =
      std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
  EXPECT_GE(figures.threads, 1u);
  EXPECT_GE(figures.open_fds, 1u);
  EXPECT_LE(figures.open_fds, figures.max_fds);
  EXPECT_GT(figures.resident_bytes, 100'000u);
  EXPECT_GT(figures.virtual_bytes, figures.resident_bytes);
  EXPECT_LT(figures.start_time, now + 2);
  EXPECT_GT(figures.start_time, now - 3600);
}

}  // namespace
}  // namespace postern::admin
