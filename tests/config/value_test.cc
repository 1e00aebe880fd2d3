#include "config/value.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace postern::config {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

// Why `text` cannot be read into `value`; empty when it can.
std::string fault_of(std::string_view text, const ValueRef& value, Range range = {}) {
  return read_value(make_scalar(text, {}), value, range).value_or("");
}

Node list_of(const std::vector<std::string>& texts) {
  Node node;
  node.kind = Node::Kind::kList;
  for (const std::string& text : texts) node.children.push_back(make_scalar(text, {}));
  return node;
}

TEST(Value, TruthIsTrueOrFalse) {
  bool value = false;
  EXPECT_EQ(fault_of("true", &value), "");
  EXPECT_TRUE(value);
  for (const char* text : {"yes", "on", "1", "True", ""}) EXPECT_NE(fault_of(text, &value), "");
}

TEST(Value, NumbersKeepTheirBounds) {
  uint32_t value = 7;
  EXPECT_EQ(fault_of("5", &value, {1, 10}), "");
  EXPECT_EQ(value, 5U);
  EXPECT_THAT(fault_of("0", &value, {1, 10}), HasSubstr("from 1 to 10"));
  EXPECT_THAT(fault_of("11", &value, {1, 10}), HasSubstr("from 1 to 10"));
  EXPECT_THAT(fault_of("4294967296", &value), HasSubstr("4294967295"));
  for (const char* text : {"", "-1", "+1", "1.5", "0x10", "1 ", "18446744073709551616"}) {
    EXPECT_THAT(fault_of(text, &value), HasSubstr("not a whole number")) << text;
  }
  EXPECT_EQ(value, 5U) << "a refused value must not get through";
}

TEST(Value, DurationsNeedAUnitAndKeepTheirBounds) {
  Duration value{};
  Range range{1000000000, 60000000000};
  EXPECT_EQ(fault_of("1500ms", &value, range), "");
  EXPECT_EQ(value, 1500ms);
  EXPECT_THAT(fault_of("5", &value, range), HasSubstr("not a duration"));
  EXPECT_THAT(fault_of("-5s", &value, range), HasSubstr("not a duration"));
  EXPECT_THAT(fault_of("500ms", &value, range), HasSubstr("from 1s to 1m"));
  EXPECT_THAT(fault_of("2m", &value, range), HasSubstr("from 1s to 1m"));
}

TEST(Value, SizesAreInBytes) {
  uint64_t value = 0;
  EXPECT_EQ(fault_of("64KiB", Bytes{&value}), "");
  EXPECT_EQ(value, 65536U);
  EXPECT_EQ(fault_of("512", Bytes{&value}), "");
  EXPECT_EQ(value, 512U);
  EXPECT_THAT(fault_of("64kb", Bytes{&value}), HasSubstr("not a size"));
  EXPECT_THAT(fault_of("2KiB", Bytes{&value}, {0, 1024}), HasSubstr("from 0 to 1KiB"));
}

TEST(Value, SharesAreWholePercent) {
  double value = 0.5;
  EXPECT_EQ(fault_of("80%", Percent{&value}, {0, 100}), "");
  EXPECT_DOUBLE_EQ(value, 0.8);
  EXPECT_EQ(write_value(Percent{&value}), "80%");
  EXPECT_THAT(fault_of("101%", Percent{&value}, {0, 100}), HasSubstr("from 0% to 100%"));
  for (const char* text : {"", "%", "80", "0.8", "1.5%", "-1%", "80 %"})
    EXPECT_THAT(fault_of(text, Percent{&value}), HasSubstr("not a percentage")) << text;
  EXPECT_DOUBLE_EQ(value, 0.8);
}

TEST(Value, ModesAreOctal) {
  int value = 0;
  EXPECT_EQ(fault_of("0660", Mode{&value}), "");
  EXPECT_EQ(value, 0660);
  EXPECT_EQ(fault_of("600", Mode{&value}), "");
  EXPECT_EQ(value, 0600);
  for (const char* text : {"", "0", "0680", "432432", "4660", "rw"}) {
    EXPECT_NE(fault_of(text, Mode{&value}), "") << text;
  }
}

TEST(Value, ChoicesAreListed) {
  log::Level value = log::Level::kInfo;
  EXPECT_EQ(fault_of("warn", &value), "");
  EXPECT_EQ(value, log::Level::kWarn);
  EXPECT_THAT(fault_of("warning", &value), HasSubstr("debug, info, warn, error"));
}

TEST(Value, ListsHaveDifferentPlainItems) {
  std::vector<std::string> value;
  EXPECT_FALSE(read_value(list_of({"a", "b"}), &value, {}));
  EXPECT_THAT(value, ElementsAre("a", "b"));
  EXPECT_FALSE(read_value(list_of({}), &value, {}));
  EXPECT_TRUE(value.empty());
  EXPECT_THAT(*read_value(list_of({"a", "a"}), &value, {}), HasSubstr("twice"));
  EXPECT_THAT(fault_of("a", &value), HasSubstr("must be a list"));
  Node nested = list_of({"a"});
  nested.children.push_back(list_of({"b"}));
  EXPECT_THAT(*read_value(nested, &value, {}), HasSubstr("plain values"));
}

TEST(Value, ASingleOneIsNotAList) {
  std::string value;
  EXPECT_THAT(*read_value(list_of({"a"}), &value, {}), HasSubstr("single value"));
}

TEST(Value, ASecretIsNeverWritten) {
  Secret value;
  EXPECT_EQ(write_value(&value), "null");
  EXPECT_EQ(fault_of("canary", &value), "");
  EXPECT_EQ(value.reveal(), "canary");
  EXPECT_EQ(write_value(&value), "\"***\"");
}

TEST(Value, APasswordInAUrlIsNeverWritten) {
  std::string value = "http://jane:can@ary@proxy:3128";
  EXPECT_EQ(write_value(&value), "\"http://***@proxy:3128\"");
  value = "http://proxy:3128";
  EXPECT_EQ(write_value(&value), "http://proxy:3128");
}

TEST(Value, TextIsQuotedWhereYamlNeedsIt) {
  EXPECT_EQ(quote_yaml("org:read"), "org:read");
  EXPECT_EQ(quote_yaml("[::1]:80"), "\"[::1]:80\"");
  EXPECT_EQ(quote_yaml("a: b"), "\"a: b\"");
  EXPECT_EQ(quote_yaml("null"), "\"null\"");
  EXPECT_EQ(quote_yaml(""), "\"\"");
  EXPECT_EQ(quote_yaml("a\"b\\c$d"), "\"a\\\"b\\\\c$$d\"");
}

TEST(Value, ControlCharactersAreRefused) {
  std::string value;
  EXPECT_NE(fault_of("a\nb", &value), "");
  EXPECT_NE(fault_of(std::string_view("a\0b", 3), &value), "");
}

}  // namespace
}  // namespace postern::config
