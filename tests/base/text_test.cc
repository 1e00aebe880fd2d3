#include "base/text.h"

#include <gtest/gtest.h>

#include <array>

namespace postern::text {
namespace {

using namespace std::chrono_literals;

TEST(Joined, PutsSpacesBetween) {
  EXPECT_EQ(joined({}), "");
  EXPECT_EQ(joined({"a"}), "a");
  EXPECT_EQ(joined({"a", "b"}), "a b");
}

TEST(Text, LowersAsciiLettersOnly) {
  EXPECT_EQ(lowered("ABCXYZ abc 019 @[`{ \xC3\x84"), "abcxyz abc 019 @[`{ \xC3\x84");
  EXPECT_EQ(uppered("ABCXYZ abcxyz 019 @[`{ \xC3\xA4"), "ABCXYZ ABCXYZ 019 @[`{ \xC3\xA4");
}

TEST(Text, ComparesWithoutCase) {
  EXPECT_TRUE(iequals("", ""));
  EXPECT_TRUE(iequals("Content-LENGTH", "content-length"));
  EXPECT_FALSE(iequals("a", "ab"));
  EXPECT_FALSE(iequals("@", "`"));  // they differ by the bit that letters differ by
  EXPECT_FALSE(iequals("\xC3\x84", "\xC3\xA4"));
}

// Any two bytes, at each place of a text that is longer than a machine word.
TEST(Text, ComparesEveryPairOfBytesAsItsLowerCase) {
  for (size_t place = 0; place < 11; ++place) {
    std::string a(11, 'x');
    std::string b(11, 'X');
    for (int left = 0; left < 256; ++left) {
      for (int right = 0; right < 256; ++right) {
        a[place] = static_cast<char>(left);
        b[place] = static_cast<char>(right);
        ASSERT_EQ(iequals(a, b), lower(a[place]) == lower(b[place])) << left << " " << right;
      }
    }
  }
}

TEST(Text, TrimsSpacesAndTabsAtBothEnds) {
  EXPECT_EQ(trim(" \t a \t b\t "), "a \t b");
  EXPECT_EQ(trim("a"), "a");
  EXPECT_EQ(trim(" \t"), "");
  EXPECT_EQ(trim(""), "");
  EXPECT_EQ(trim("\r\na\n"), "\r\na\n");
}

TEST(TakeUntil, TakesTheMarkToo) {
  std::string_view rest = "a,b,,c,";
  for (const std::string_view part : {"a", "b", "", "c"}) EXPECT_EQ(take_until(rest, ','), part);
  EXPECT_EQ(rest, "");
  rest = "no mark";
  EXPECT_EQ(take_until(rest, ','), "no mark");
  EXPECT_EQ(rest, "");
}

TEST(ParseUnsigned, TakesDigitsUpToTheLargestNumber) {
  EXPECT_EQ(parse_unsigned("0"), 0U);
  EXPECT_EQ(parse_unsigned("0042"), 42U);
  EXPECT_EQ(parse_unsigned("18446744073709551615"), UINT64_MAX);
}

TEST(ParseUnsigned, RefusesAllElse) {
  for (const char* text :
       {"", "18446744073709551616", "99999999999999999999", "184467440737095516150", "-1", "+1",
        " 1", "1 ", "1.0", "0x1", "1e3", "1_000", "\xD9\xA1"})
    EXPECT_EQ(parse_unsigned(text), std::nullopt) << text;
}

TEST(ParseSize, TakesBytesAndBinaryUnits) {
  EXPECT_EQ(parse_size("0"), 0U);
  EXPECT_EQ(parse_size("512"), 512U);
  EXPECT_EQ(parse_size("64KiB"), 64U * 1024);
  EXPECT_EQ(parse_size("16MiB"), 16U * 1024 * 1024);
  EXPECT_EQ(parse_size("1GiB"), 1024U * 1024 * 1024);
  EXPECT_EQ(parse_size("17179869183GiB"), 17179869183U * (uint64_t{1} << 30));
}

TEST(ParseSize, RefusesOverflowAndOtherUnits) {
  for (const char* text : {"", "KiB", "64KB", "64kib", "64 KiB", "64K", "-1KiB", "1.5MiB",
                           "17179869184GiB", "64KiBx", "1KiB1"})
    EXPECT_EQ(parse_size(text), std::nullopt) << text;
}

TEST(ParseDuration, TakesANumberAndAUnit) {
  EXPECT_EQ(parse_duration("0s"), 0s);
  EXPECT_EQ(parse_duration("250ms"), 250ms);
  EXPECT_EQ(parse_duration("20s"), 20s);
  EXPECT_EQ(parse_duration("5m"), 5min);
  EXPECT_EQ(parse_duration("1h"), 1h);
  EXPECT_EQ(parse_duration("2562047h"), 2562047h);
}

TEST(ParseDuration, RefusesOverflowBareNumbersAndOtherUnits) {
  for (const char* text : {"", "0", "20", "s", "20 s", "20S", "1d", "-5s", "1.5s", "1h30m",
                           "2562048h", "9999999999999999999ns"})
    EXPECT_EQ(parse_duration(text), std::nullopt) << text;
}

TEST(FormatSize, TakesTheLargestUnitThatFits) {
  EXPECT_EQ(format_size(0), "0");
  EXPECT_EQ(format_size(1000), "1000");
  EXPECT_EQ(format_size(1024), "1KiB");
  EXPECT_EQ(format_size(1536 * 1024), "1536KiB");
  EXPECT_EQ(format_size(uint64_t{3} << 30), "3GiB");
}

TEST(FormatDuration, TakesTheLargestUnitThatFits) {
  EXPECT_EQ(format_duration(0s), "0s");
  EXPECT_EQ(format_duration(90s), "90s");
  EXPECT_EQ(format_duration(120s), "2m");
  EXPECT_EQ(format_duration(48h), "48h");
  EXPECT_EQ(format_duration(1500ms), "1500ms");
  EXPECT_EQ(format_duration(Duration(1)), "1ns");
  EXPECT_EQ(format_duration(-20s), "-20s");
  EXPECT_EQ(format_duration(Duration::min()), "-9223372036854775808ns");
}

TEST(Format, IsReadBackByTheParsers) {
  for (const uint64_t size : {uint64_t{0}, uint64_t{1}, uint64_t{1025}, uint64_t{1} << 20,
                              (uint64_t{1} << 30) - 1, UINT64_MAX})
    EXPECT_EQ(parse_size(format_size(size)), size);
  for (const Duration value : {Duration(0), Duration(1), Duration(20s), Duration(36h),
                               Duration(1s) + Duration(1), Duration::max()})
    EXPECT_EQ(parse_duration(format_duration(value)), value);
}

TEST(Nearest, FindsATypingError) {
  constexpr std::array<std::string_view, 4> kKeys{"listen", "max_body", "max_head", "timeout"};
  EXPECT_EQ(nearest("max_bdoy", kKeys), "max_body");
  EXPECT_EQ(nearest("listne", kKeys), "listen");
  EXPECT_EQ(nearest("timeouts", kKeys), "timeout");
  EXPECT_EQ(nearest("max_heat", kKeys), "max_head");
}

TEST(Nearest, FindsNothingThatIsTooFar) {
  constexpr std::array<std::string_view, 3> kKeys{"listen", "a", "timeout"};
  EXPECT_EQ(nearest("x", kKeys), std::nullopt);
  EXPECT_EQ(nearest("", kKeys), std::nullopt);
  EXPECT_EQ(nearest("upstream", kKeys), std::nullopt);
  EXPECT_EQ(nearest("listen", {}), std::nullopt);
}

TEST(Nearest, CountsSwappedNeighboursOnce) {
  constexpr std::array<std::string_view, 1> kKeys{"abc"};
  EXPECT_EQ(nearest("acb", kKeys), "abc");         // one swap: near enough for three letters
  EXPECT_EQ(nearest("cab", kKeys), std::nullopt);  // two edits: not
}

}  // namespace
}  // namespace postern::text
