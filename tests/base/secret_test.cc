#include "base/secret.h"

#include <gtest/gtest.h>

#include <memory>
#include <new>
#include <ostream>
#include <string>
#include <string_view>
#include <type_traits>

namespace postern {
namespace {

constexpr std::string_view kShort = "t0ken";  // held inside the string object
constexpr std::string_view kLong = "sntrys_0123456789abcdef0123456789abcdef0123456789abcdef";

Secret secret(std::string_view text) {
  return Secret(std::string(text));
}

template <class T>
concept Printable = requires(std::ostream& out, const T& value) {
  out << value;
};

TEST(Secret, CannotBePrintedOrConverted) {
  static_assert(Printable<std::string>);
  EXPECT_FALSE(Printable<Secret>);
  EXPECT_FALSE((std::is_convertible_v<Secret, std::string>));
  EXPECT_FALSE((std::is_convertible_v<Secret, std::string_view>));
  EXPECT_FALSE((std::is_convertible_v<std::string, Secret>));
}

TEST(Secret, RevealsWhatItHolds) {
  EXPECT_TRUE(Secret().empty());
  EXPECT_EQ(Secret().reveal(), "");
  for (const std::string_view text : {kShort, kLong}) {
    EXPECT_FALSE(secret(text).empty());
    EXPECT_EQ(secret(text).reveal(), text);
  }
}

TEST(Secret, ACopyIsItsOwn) {
  for (const std::string_view text : {kShort, kLong}) {
    Secret first = secret(text);
    Secret second = first;
    first = secret("other");
    EXPECT_EQ(second.reveal(), text);
    EXPECT_EQ(first.reveal(), "other");
  }
}

TEST(Secret, AMovedFromSecretIsEmpty) {
  for (const std::string_view text : {kShort, kLong}) {
    Secret first = secret(text);
    Secret second = std::move(first);
    EXPECT_EQ(second.reveal(), text);
    EXPECT_TRUE(first.empty());  // NOLINT(bugprone-use-after-move): that is the question
    Secret third = secret(kLong);
    third = std::move(second);
    EXPECT_EQ(third.reveal(), text);
    EXPECT_TRUE(second.empty());  // NOLINT(bugprone-use-after-move)
  }
}

TEST(Secret, SurvivesAssignmentToItself) {
  Secret value = secret(kLong);
  Secret& same = value;
  value = same;
  EXPECT_EQ(value.reveal(), kLong);
  value = std::move(same);
  EXPECT_EQ(value.reveal(), kLong);
}

TEST(Secret, ComparesByContent) {
  EXPECT_EQ(Secret(), Secret());
  EXPECT_EQ(secret(kLong), secret(kLong));
  EXPECT_FALSE(secret(kLong) == secret(kShort));
  EXPECT_FALSE(secret("aaaa") == secret("aaab"));
  EXPECT_FALSE(secret("aaaa") == secret("baaa"));
  EXPECT_FALSE(secret("a") == Secret());
}

// Does the storage of a Secret that lived in `room` still hold the text?
template <class Use>
bool leaves_behind(std::string_view text, Use use) {
  alignas(Secret) unsigned char room[sizeof(Secret)] = {};
  auto* value = new (room) Secret(std::string(text));
  use(*value);
  std::destroy_at(value);
  // Read through volatile: the compiler may take stores into a dead object for dead.
  std::string left;
  for (const volatile unsigned char& byte : room) left.push_back(static_cast<char>(byte));
  return left.find(text) != std::string::npos;
}

TEST(Secret, AShortSecretIsWipedWhenItGoes) {
  EXPECT_FALSE(leaves_behind(kShort, [](Secret&) {}));
  EXPECT_FALSE(leaves_behind(kShort, [](Secret& value) { const Secret taken = std::move(value); }));
  EXPECT_FALSE(leaves_behind(kShort, [](Secret& value) { value = Secret(std::string("x")); }));
}

TEST(WipeMemory, OverwritesExactlyWhatItIsTold) {
  std::string text = "keep-secret-keep";
  wipe_memory(text.data() + 5, 6);
  EXPECT_EQ(text, std::string("keep-") + std::string(6, '\0') + "-keep");
}

}  // namespace
}  // namespace postern
