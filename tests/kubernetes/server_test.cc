#include "kubernetes/server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace postern::kubernetes {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

TEST(Server, AnswersAboutTheObjectAreNoRefusals) {
  for (const int status : {200, 201, 400, 404, 409, 410, 422})
    EXPECT_FALSE(refusal_of(status, "", "https://k")) << status;
}

TEST(Server, ARefusalSaysWhoWhyAndWhatToDo) {
  const auto told = [](int status) { return refusal_of(status, "so it is", "https://k")->what; };
  for (const int status : {301, 401, 403, 429, 500, 503, 504})
    EXPECT_THAT(told(status),
                StartsWith("https://k answered with " + std::to_string(status) + ": so it is; "));
  EXPECT_THAT(told(401), HasSubstr("store.kubernetes.token_file"));
  EXPECT_THAT(told(403), HasSubstr("bind the role"));
  EXPECT_THAT(told(429), HasSubstr("too often"));
}

}  // namespace
}  // namespace postern::kubernetes
