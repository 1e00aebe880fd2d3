#include "http/head_lines.h"

#include <gtest/gtest.h>

#include <string>

namespace postern::http {
namespace {

using State = HeadLines::State;

TEST(HeadLines, HandsOutLinesWithoutTheirEnds) {
  HeadLines lines;
  std::string_view line;
  const std::string_view input = "one\r\n\r\ntwo\r\nthr";
  EXPECT_EQ(lines.next(input, 100, line), State::kLine);
  EXPECT_EQ(line, "one");
  EXPECT_EQ(lines.next(input, 100, line), State::kLine);
  EXPECT_EQ(line, "");
  EXPECT_EQ(lines.next(input, 100, line), State::kLine);
  EXPECT_EQ(line, "two");
  EXPECT_EQ(lines.start(), 12U);
  EXPECT_EQ(lines.next(input, 100, line), State::kNeedMore);
}

TEST(HeadLines, WaitsForTheLfBehindACr) {
  HeadLines lines;
  std::string_view line;
  EXPECT_EQ(lines.next("a\r", 100, line), State::kNeedMore);
  EXPECT_EQ(lines.next("a\r\n", 100, line), State::kLine);
  EXPECT_EQ(line, "a");
}

TEST(HeadLines, RefusesACrWithoutLfAsSoonAsItShows) {
  HeadLines lines;
  std::string_view line;
  EXPECT_EQ(lines.next("a\r", 100, line), State::kNeedMore);
  EXPECT_EQ(lines.next("a\rb", 100, line), State::kBadByte);
}

TEST(HeadLines, RefusesControlBytesBeforeTheLineEnds) {
  for (const std::string_view input : {std::string_view("\0", 1), std::string_view("ab\x01"),
                                       std::string_view("a\n"), std::string_view("\n")}) {
    HeadLines lines;
    std::string_view line;
    EXPECT_EQ(lines.next(input, 100, line), State::kBadByte);
  }
}

TEST(HeadLines, RefusesALineThatDoesNotEndWithinTheLimit) {
  HeadLines lines;
  std::string_view line;
  EXPECT_EQ(lines.next("aaaa", 6, line), State::kNeedMore);
  EXPECT_EQ(lines.next("aaaa\r\n", 6, line), State::kLine);
  HeadLines longer;
  EXPECT_EQ(longer.next("aaaaa\r\n", 6, line), State::kTooLong);
}

Field read(std::string_view line) {
  Field field;
  EXPECT_EQ(read_field(line, 256, field), nullptr) << line;
  return field;
}

TEST(FieldLine, IsCutAtTheColonAndTrimmed) {
  EXPECT_EQ(read("Host: localhost").id, FieldName::kHost);
  EXPECT_EQ(read("X-A:v").value, "v");
  EXPECT_EQ(read("X-A: \t v w\t ").value, "v w");
  EXPECT_EQ(read("X-A:").value, "");
  EXPECT_EQ(read("X-A: a:b").value, "a:b");
  EXPECT_EQ(read("X-A: a:b").name, "X-A");
}

TEST(FieldLine, OddOnesAreRefusedWithTheReason) {
  const std::pair<std::string_view, std::string_view> kLines[] = {
      {"nocolon", "a field line has no colon right behind its name"},
      {": v", "a field name is empty or holds a byte that is not allowed"},
      {"X A: v", "a field name is empty or holds a byte that is not allowed"},
      {"X-A : v", "a field name is empty or holds a byte that is not allowed"},
      {" folded", "a field line begins with white space"},
      {"\tfolded", "a field line begins with white space"},
  };
  for (const auto& [line, detail] : kLines) {
    Field field;
    const ParseError* fault = read_field(line, 256, field);
    ASSERT_NE(fault, nullptr) << line;
    EXPECT_EQ(fault->status, 400);
    EXPECT_EQ(fault->detail, detail) << line;
  }
}

TEST(FieldLine, ALongNameIs431) {
  Field field;
  EXPECT_EQ(read_field("abcd: v", 4, field), nullptr);
  EXPECT_EQ(read_field("abcde: v", 4, field)->status, 431);
}

int status_of(std::initializer_list<Field> fields, bool http10 = false) {
  HeadFacts facts;
  facts.http10 = http10;
  for (const Field& field : fields) {
    const ParseError* fault = note_field(field, facts);
    if (fault != nullptr) return fault->status;
  }
  return 0;
}

Field length(std::string_view value) {
  return {"Content-Length", value, FieldName::kContentLength};
}
Field coding(std::string_view value) {
  return {"Transfer-Encoding", value, FieldName::kTransferEncoding};
}

TEST(FramingFields, AreRefusedAtTheFirstFieldThatContradicts) {
  EXPECT_EQ(status_of({length("5")}), 0);
  EXPECT_EQ(status_of({length("9223372036854775807")}), 0);
  EXPECT_EQ(status_of({length("9223372036854775808")}), 413);
  EXPECT_EQ(status_of({length("18446744073709551621")}), 413);
  EXPECT_EQ(status_of({length("00000000000000000005")}), 413);
  EXPECT_EQ(status_of({length("")}), 400);
  EXPECT_EQ(status_of({length("5,5")}), 400);
  EXPECT_EQ(status_of({length("5"), length("5")}), 400);
  EXPECT_EQ(status_of({coding("chunked")}), 0);
  EXPECT_EQ(status_of({coding("CHUNKED")}), 0);
  EXPECT_EQ(status_of({coding("gzip")}), 501);
  EXPECT_EQ(status_of({coding("gzip, chunked")}), 400);
  EXPECT_EQ(status_of({coding("chunked"), coding("chunked")}), 400);
  EXPECT_EQ(status_of({coding("chunked"), length("5")}), 400);
  EXPECT_EQ(status_of({length("5"), coding("chunked")}), 400);
  EXPECT_EQ(status_of({coding("chunked")}, true), 400);
}

TEST(ConnectionField, IsReadAsAListOverAllItsLines) {
  HeadFacts facts;
  EXPECT_EQ(note_field({"Connection", "X-Hop, Keep-Alive", FieldName::kConnection}, facts),
            nullptr);
  EXPECT_TRUE(facts.keep_alive);
  EXPECT_FALSE(facts.close);
  EXPECT_EQ(note_field({"Connection", "CLOSE", FieldName::kConnection}, facts), nullptr);
  EXPECT_TRUE(facts.close);
  EXPECT_FALSE(facts.odd_connection);
  EXPECT_EQ(note_field({"Connection", "\"close\"", FieldName::kConnection}, facts), nullptr);
  EXPECT_TRUE(facts.odd_connection);
}

}  // namespace
}  // namespace postern::http
