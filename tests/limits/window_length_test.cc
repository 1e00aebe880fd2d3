#include "limits/window_length.h"

#include <gtest/gtest.h>

namespace postern::limits {
namespace {

constexpr int64_t kEpoch = 1'700'000'040;  // a multiple of 60

TEST(WindowLength, KnowsNothingAtFirst) {
  EXPECT_EQ(WindowLength().value(), 0);
  EXPECT_FALSE(WindowLength().is_sure());
}

TEST(WindowLength, DateGivesTheFirstGuess) {
  WindowLength length;
  length.observe(kEpoch + 60, kEpoch + 5, 0, 0.1);
  EXPECT_EQ(length.value(), 60);
  EXPECT_FALSE(length.is_confirmed());
}

TEST(WindowLength, WithoutDateTheGuessIsOneSecond) {
  WindowLength length;
  length.observe(kEpoch + 60, std::nullopt, 0, 0.1);
  EXPECT_EQ(length.value(), 1);
  EXPECT_FALSE(length.is_sure());
}

TEST(WindowLength, NeighbouringResetsProveOneSecond) {
  WindowLength length;
  length.observe(kEpoch, kEpoch - 1, 0, 0.1);
  length.observe(kEpoch + 1, kEpoch, 1, 1.1);
  EXPECT_EQ(length.value(), 1);
  EXPECT_TRUE(length.is_sure());
  EXPECT_TRUE(length.is_confirmed());
}

TEST(WindowLength, ADateThatIsOffDoesNotOutweighResets) {
  WindowLength length;
  for (int i = 0; i < 5; ++i) length.observe(kEpoch + i, kEpoch + i - 4, i, i + 0.1);
  EXPECT_EQ(length.value(), 1);
}

TEST(WindowLength, CallsFarApartInOneWindowMakeItLong) {
  WindowLength length;
  length.observe(kEpoch + 60, std::nullopt, 0, 0.1);
  length.observe(kEpoch + 60, std::nullopt, 12, 12.1);
  EXPECT_GE(length.value(), 12);
  length.observe(kEpoch + 60, std::nullopt, 40, 40.1);
  length.observe(kEpoch + 120, std::nullopt, 62, 62.1);
  EXPECT_EQ(length.value(), 60);
}

TEST(WindowLength, TheWordsOfARejectionSettleIt) {
  WindowLength length;
  length.tell(60);
  EXPECT_TRUE(length.is_sure());
  length.observe(kEpoch, kEpoch - 1, 0, 0.1);
  EXPECT_EQ(length.value(), 60);
}

TEST(WindowLength, WhatWasToldLapsesWhenAResetContradictsIt) {
  WindowLength length;
  length.tell(60);
  length.observe(kEpoch + 1, kEpoch, 0, 0.1);
  length.observe(kEpoch + 2, kEpoch + 1, 1, 1.1);
  EXPECT_EQ(length.value(), 1);
}

TEST(WindowLength, ALengthMayGrowWhileRunning) {
  WindowLength length;
  length.observe(kEpoch - 1, kEpoch - 2, 0, 0.1);
  length.observe(kEpoch, kEpoch - 1, 1, 1.1);
  ASSERT_EQ(length.value(), 1);
  for (int i = 0; i < 60; ++i) length.observe(kEpoch + 60, kEpoch + i, 2 + i, 2.1 + i);
  length.observe(kEpoch + 120, kEpoch + 60, 63, 63.1);
  EXPECT_EQ(length.value(), 60);
}

TEST(WindowLength, AnswersOfTwoNeighboursArriveMixed) {
  WindowLength length;
  for (int i = 0; i < 10; ++i) length.observe(kEpoch + i % 2, std::nullopt, 0.1 * i, 0.1 * i + 0.2);
  EXPECT_EQ(length.value(), 1);
}

}  // namespace
}  // namespace postern::limits
