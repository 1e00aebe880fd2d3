#include "relay/json_place.h"

#include <gtest/gtest.h>

#include <array>

namespace postern::relay {
namespace {

using Path = std::span<const std::string_view>;

constexpr std::array<std::string_view, 1> kUrl{"url"};
constexpr std::array<std::string_view, 2> kNested{"links", "regionUrl"};
constexpr std::array<std::string_view, 3> kEach{"regions", kEachElement, "url"};

// What was found, as it stands in the text, with bars between.
std::string found(std::string_view json, Path path = kUrl) {
  const auto places = find_in_json(json, path);
  if (!places) return "no JSON";
  std::string out;
  for (const JsonPlace& place : *places)
    out.append(json.substr(place.begin, place.end - place.begin)).append("|");
  return out;
}

std::string cut(std::string_view json, Path path = kUrl) {
  const auto places = find_in_json(json, path);
  if (!places) return "no JSON";
  std::string out(json);
  for (size_t i = places->size(); i-- > 0;)
    out.erase((*places)[i].cut_begin, (*places)[i].cut_end - (*places)[i].cut_begin);
  return out;
}

std::string text(std::string_view json) {
  const auto places = find_in_json(json, kUrl);
  return places && places->size() == 1 ? places->front().text.value_or("no text") : "not found";
}

TEST(JsonPlace, FindsTheMembersOfAPathAndNoOthers) {
  EXPECT_EQ(found(R"({"url": "a"})"), R"("a"|)");
  EXPECT_EQ(found(R"( { "b" : 1 , "url" : "a" } )"), R"("a"|)");
  EXPECT_EQ(found(R"({"x": {"url": "a"}})"), "");
  EXPECT_EQ(found(R"([{"url": "a"}])"), "");
  EXPECT_EQ(found(R"({"x": "url", "URL": 1})"), "");
  EXPECT_EQ(found(R"({"links": {"a": 1, "regionUrl": "x"}})", kNested), R"("x"|)");
  EXPECT_EQ(found(R"({"links": [{"regionUrl": "x"}], "regionUrl": 1})", kNested), "");
  EXPECT_EQ(found(R"({"links": {"links": {"regionUrl": "x"}}})", kNested), "");
  EXPECT_EQ(found(R"({"regions": [{"url": 1}, 7, {"n": {"url": 2}, "url": 3}]})", kEach), "1|3|");
  EXPECT_EQ(found(R"({"regions": {"url": 1}})", kEach), "");
}

TEST(JsonPlace, FindsWhatIsThereTwiceOrWrittenWithEscapes) {
  EXPECT_EQ(found(R"({"url": 1, "url": [2, {}], "u": 0})"), "1|[2, {}]|");
  EXPECT_EQ(found(R"({"\u0075rl": null})"), "null|");
}

TEST(JsonPlace, DecodesTextAndNothingElse) {
  EXPECT_EQ(text(R"({"url": "https:\/\/a\"\\\b\f\n\r\t"})"), "https://a\"\\\b\f\n\r\t");
  EXPECT_EQ(text(R"({"url": "\u0041\u00e9\u20AC\ud83d\ude00"})"), "A\u00e9\u20ac\U0001F600");
  EXPECT_EQ(text(R"({"url": "\ud83d\u0041\ude00"})"),
            "\uFFFD"
            "A\uFFFD");
  EXPECT_EQ(text(R"({"url": 1})"), "no text");
  EXPECT_EQ(text(R"({"url": ["a"]})"), "no text");
}

// What is left is JSON, wherever the member stood.
TEST(JsonPlace, CutsAMemberWithOneComma) {
  EXPECT_EQ(cut(R"({"url":1})"), "{}");
  EXPECT_EQ(cut(R"({ "url" : 1 })"), "{  }");
  EXPECT_EQ(cut(R"({"url":1, "a":2})"), R"({"a":2})");
  EXPECT_EQ(cut(R"({"a":2 , "url":1})"), R"({"a":2})");
  EXPECT_EQ(cut(R"({"a":2, "url":1, "b":3})"), R"({"a":2, "b":3})");
  EXPECT_EQ(cut(R"({"url":1,"url":2})"), "{}");
  EXPECT_EQ(cut(R"({"url":1,"url":2,"a":3})"), R"({"a":3})");
  EXPECT_EQ(cut(R"({"a":3,"url":1,"url":2})"), R"({"a":3})");
  EXPECT_EQ(cut(R"({"url":1,"a":3,"url":2,"b":4,"url":5})"), R"({"a":3,"b":4})");
  EXPECT_EQ(cut("{\n  \"a\": 1,\n  \"url\": {\"url\": 2}\n}"), "{\n  \"a\": 1\n}");
}

TEST(JsonPlace, TakesWhatIsJson) {
  for (const std::string_view json :
       {"0", "-0.5e+10", "1E5", "true", " false ", "null", "\"\"", "[]", "{}", "[1,[2,{}]]",
        "{\"\":\"\"}", "\t[ 1 , 2 ]\r\n", "\"\x7f\xff\"", "12345678901234567890.123"})
    EXPECT_EQ(found(json), "") << json;
}

TEST(JsonPlace, RefusesWhatIsNot) {
  using namespace std::string_view_literals;
  for (const std::string_view json : {""sv,
                                      " "sv,
                                      "{"sv,
                                      "}"sv,
                                      "[1,]"sv,
                                      "[,1]"sv,
                                      "[1 2]"sv,
                                      "{\"a\"}"sv,
                                      "{\"a\":}"sv,
                                      "{\"a\":1,}"sv,
                                      "{a:1}"sv,
                                      "{'a':1}"sv,
                                      "{\"a\":1}}"sv,
                                      "[]]"sv,
                                      "1 2"sv,
                                      "01"sv,
                                      "+1"sv,
                                      ".5"sv,
                                      "1."sv,
                                      "1e"sv,
                                      "-"sv,
                                      "--1"sv,
                                      "NaN"sv,
                                      "tru"sv,
                                      "True"sv,
                                      "nulll"sv,
                                      "\"a"sv,
                                      "\"\\x\""sv,
                                      "\"\\u12g4\""sv,
                                      "\"\\u12"sv,
                                      "\"\\"sv,
                                      "\"a\nb\""sv,
                                      "\"\0\""sv,
                                      "\xEF\xBB\xBF{}"sv,
                                      "// c\n{}"sv,
                                      "<html>"sv,
                                      "{\"url\":\"a\"} x"sv})
    EXPECT_EQ(found(json), "no JSON") << json;
}

TEST(JsonPlace, GoesNoDeeperThanItSays) {
  const auto nested = [](size_t levels) {
    return std::string(levels, '[') + std::string(levels, ']');
  };
  EXPECT_EQ(found(nested(128)), "");
  EXPECT_EQ(found(nested(129)), "no JSON");
  EXPECT_EQ(found(std::string(1000000, '[')), "no JSON");
}

}  // namespace
}  // namespace postern::relay
