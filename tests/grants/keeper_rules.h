// The rules that keep a grant alive, by their numbers, and what their tests are written with.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "grants/keeper.h"
#include "grants/keeper_harness.h"

namespace postern::grants::test {

using ::testing::HasSubstr;
using ::testing::Not;
using Kind = TokenRefusal::Kind;

using Rule1SingleFlight = KeeperFixture;
using Rule2Generation = KeeperFixture;
using Rule3Order = KeeperFixture;
using Rule4InvalidGrantIsNotFinal = KeeperFixture;
using Rule5Early = KeeperFixture;
using Rule6DeadToken = KeeperFixture;
using Rule7Streams = KeeperFixture;
using Rule8Secret = KeeperFixture;

}  // namespace postern::grants::test
