#include "grants/sealed_document.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace postern::grants {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

StoredGrant some() {
  StoredGrant stored;
  stored.generation = 1;
  stored.sentry = "https://sentry.test";
  stored.access_token = Secret("canary");
  return stored;
}

std::optional<Sealer> sealer(char digit) {
  return *Sealer::make(Secret(std::string(64, digit)), Secret());
}

TEST(SealedDocument, IsReadAsItWasWritten) {
  for (const auto& with : {std::optional<Sealer>(), sealer('a')}) {
    const auto text = write_document(with, "acme", some());
    ASSERT_TRUE(text);
    const auto read = read_document(with, "acme", text->reveal(), "here");
    ASSERT_TRUE(read);
    EXPECT_EQ(read->access_token.reveal(), "canary");
  }
}

TEST(SealedDocument, HidesWhatIsInIt) {
  const auto text = write_document(sealer('a'), "acme", some());
  EXPECT_THAT(std::string(text->reveal()), Not(HasSubstr("canary")));
}

TEST(SealedDocument, WhatWasStoredBeforeThereWasAKeyIsRead) {
  const auto plain = write_document(std::nullopt, "acme", some());
  EXPECT_TRUE(read_document(sealer('a'), "acme", plain->reveal(), "here"));
}

TEST(SealedDocument, AnOldOneUnderANewGenerationIsRefused) {
  const auto sealed = write_document(sealer('a'), "acme", some());
  EXPECT_TRUE(read_record(sealer('a'), "acme", {1, sealed->reveal()}, "here"));
  EXPECT_THAT(read_record(sealer('a'), "acme", {3, sealed->reveal()}, "here").error().what,
              StartsWith("here was sealed as generation 1 and stands there as generation 3: "));
  const auto plain = write_document(std::nullopt, "acme", some());
  EXPECT_EQ(read_record(sealer('a'), "acme", {3, plain->reveal()}, "here")->generation, 3U);
}

TEST(SealedDocument, AGenerationThatNobodyComesToIsRefused) {
  StoredGrant stored = some();
  stored.generation = StoredGrant::kMostGeneration;
  EXPECT_TRUE(read_document({}, "acme", write_document({}, "acme", stored)->reveal(), "here"));
  ++stored.generation;
  EXPECT_THAT(
      read_document({}, "acme", write_document({}, "acme", stored)->reveal(), "here").error().what,
      StartsWith("here is unusable: its generation is 100000000000000, "));
}

TEST(SealedDocument, ErrorsBeginWithThePlace) {
  const auto sealed = write_document(sealer('a'), "acme", some());
  EXPECT_EQ(read_document(std::nullopt, "acme", sealed->reveal(), "here").error().what,
            "here is sealed, and store.key is not set");
  EXPECT_THAT(read_document(sealer('b'), "acme", sealed->reveal(), "here").error().what,
              StartsWith("here cannot be opened: "));
  EXPECT_THAT(read_document(std::nullopt, "acme", "{", "here").error().what,
              StartsWith("here is unusable: "));
}

}  // namespace
}  // namespace postern::grants
