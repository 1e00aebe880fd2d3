#include "grants/kubernetes_record.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace postern::grants {
namespace {

using ::testing::HasSubstr;

std::string error_of(std::string_view text) {
  const auto record = parse_record(text);
  return record ? "" : record.error().what;
}

TEST(KubernetesRecord, IsALineAndTheDocument) {
  const Record record{7, Secret("{\"a\": 1}\n")};
  const Secret text = format_record(record);
  EXPECT_EQ(text.reveal(), "postern.record.v1 7\n{\"a\": 1}\n");
  EXPECT_EQ(*parse_record(text.reveal()), record);
}

TEST(KubernetesRecord, IsEmptyWhenTheGrantWasForgotten) {
  const auto record = parse_record("postern.record.v1 2000000000\n");
  ASSERT_TRUE(record);
  EXPECT_EQ(record->generation, 2000000000U);
  EXPECT_TRUE(record->document.empty());
}

TEST(KubernetesRecord, WhatIsNoneIsToldApart) {
  EXPECT_THAT(error_of(""), HasSubstr("something else"));
  EXPECT_THAT(error_of("{\"access_token\": \"canary\"}"), HasSubstr("something else"));
  EXPECT_THAT(error_of("postern.record.v2 7 x\n{}"), HasSubstr("newer Postern (format 2)"));
  for (const char* half : {"postern.record.v1", "postern.record.v1 ", "postern.record.v1 7",
                           "postern.record.v1 x\n{}", "postern.record.v1 0\n{}"})
    EXPECT_THAT(error_of(half), HasSubstr("half a record")) << half;
}

}  // namespace
}  // namespace postern::grants
