// The table that is part of the program, and how a table is read.
#include "policy/endpoint_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "policy/scopes.h"
#include "policy/table_rows.h"
#include "support/temporary_folder.h"

namespace postern::policy {
namespace {

using http::Method;
using test::row;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::vector<Endpoint> shipped() {
  return read_endpoints(built_in_table(), "table").value_or(std::vector<Endpoint>{});
}

std::string fault_of(std::string_view text) {
  const auto read = read_endpoints(text, "t.tsv");
  return read ? "" : read.error().what;
}

// A row with one column replaced.
std::string with(size_t column, std::string_view value) {
  std::string columns[] = {"GET",           "/api/0/x/", "org:read", "default",
                           "group:default", "private",   "XView",    "XView::GET"};
  columns[column] = value;
  std::string line;
  for (const std::string& text : columns) line += text + '\t';
  line.back() = '\n';
  return line;
}

Endpoint endpoint_of(const std::string& text) {
  static std::string kept;  // the endpoint points into it
  kept = text;
  const auto read = read_endpoints(kept, "t.tsv");
  if (read) return read->front();
  ADD_FAILURE() << read.error().what;
  return {};
}

TEST(BuiltInTable, IsTheFileInConf) {
  const std::string file =
      postern::test::contents_of(POSTERN_SOURCE_DIR "/conf/sentry-endpoints.tsv");
  ASSERT_FALSE(file.empty());
  EXPECT_TRUE(built_in_table() == file) << "built from another table: build again";
}

TEST(BuiltInTable, HasAllOperations) {
  const auto endpoints = shipped();
  EXPECT_EQ(endpoints.size(), 456u);
  std::set<std::string_view> paths;
  for (const Endpoint& endpoint : endpoints) paths.insert(endpoint.path);
  EXPECT_EQ(paths.size(), 300u);
  const auto published = std::count_if(endpoints.begin(), endpoints.end(), [](const Endpoint& e) {
    return e.status == Status::kPublished || e.status == Status::kDeprecated;
  });
  EXPECT_EQ(published, 223);
}

TEST(BuiltInTable, IsSortedByPathAndMethod) {
  const auto endpoints = shipped();
  const auto is_before = [](const Endpoint& a, const Endpoint& b) {
    return std::tie(a.path, a.method) < std::tie(b.path, b.method);
  };
  EXPECT_TRUE(std::is_sorted(endpoints.begin(), endpoints.end(), is_before));
}

TEST(BuiltInTable, NamesScopesThatSentryHas) {
  const auto known = known_scopes();
  for (const Endpoint& endpoint : shipped()) {
    for (const std::string_view scope : endpoint.scopes)
      EXPECT_NE(std::find(known.begin(), known.end(), scope), known.end())
          << scope << " in line " << endpoint.line;
    EXPECT_EQ(endpoint.scopes.empty(), endpoint.access != Access::kScopes) << endpoint.line;
  }
}

TEST(BuiltInTable, SaysNothingTwice) {
  std::set<std::string_view> operations;
  for (const Endpoint& endpoint : shipped()) {
    std::set<std::string_view> scopes(endpoint.scopes.begin(), endpoint.scopes.end());
    EXPECT_EQ(scopes.size(), endpoint.scopes.size()) << endpoint.line;
    const bool is_new = operations.insert(endpoint.operation).second;
    EXPECT_TRUE(is_new || endpoint.status != Status::kPublished) << endpoint.operation;
  }
}

TEST(ReadEndpoints, TakesARow) {
  const Endpoint endpoint = endpoint_of(
      "# comment\n\nPATCH\t/api/0/x/{id}/\tevent:write event:admin\tuser:5/1s;concurrent.user:3\t"
      "group:CLI\tpublished\tXView\tUpdate an X\n");
  EXPECT_EQ(endpoint.method, Method::kPatch);
  EXPECT_EQ(endpoint.path, "/api/0/x/{id}/");
  EXPECT_EQ(endpoint.access, Access::kScopes);
  EXPECT_THAT(endpoint.scopes, ElementsAre("event:write", "event:admin"));
  EXPECT_FALSE(endpoint.accepts_dsn);
  EXPECT_EQ(endpoint.limits, "user:5/1s;concurrent.user:3");
  EXPECT_EQ(endpoint.counter, Counter::kGroup);
  EXPECT_EQ(endpoint.counter_group, "CLI");
  EXPECT_EQ(endpoint.status, Status::kPublished);
  EXPECT_EQ(endpoint.view, "XView");
  EXPECT_EQ(endpoint.operation, "Update an X");
  EXPECT_EQ(endpoint.line, 3u);
}

TEST(ReadEndpoints, TakesAFileWithoutANewlineAtItsEnd) {
  EXPECT_EQ(fault_of("GET\t/api/0/\tpublic\tdefault\town\tclosed\t-\tx"), "");
}

TEST(ReadEndpoints, TakesTheWordsForOtherAccess) {
  constexpr std::pair<std::string_view, Access> kRows[] = {
      {"public", Access::kPublic},   {"any-auth", Access::kAnyToken},
      {"session", Access::kSession}, {"client-secret", Access::kClientSecret},
      {"unknown", Access::kUnknown},
  };
  for (const auto& [word, access] : kRows) {
    const Endpoint endpoint = endpoint_of(with(2, word));
    EXPECT_EQ(endpoint.access, access) << word;
    EXPECT_THAT(endpoint.scopes, IsEmpty()) << word;
  }
  const Endpoint endpoint = endpoint_of(with(2, "project:write dsn"));
  EXPECT_THAT(endpoint.scopes, ElementsAre("project:write"));
  EXPECT_TRUE(endpoint.accepts_dsn);
}

TEST(ReadEndpoints, TakesTheWordsForBucketsAndStatus) {
  EXPECT_EQ(endpoint_of(with(4, "own")).counter, Counter::kOwn);
  EXPECT_EQ(endpoint_of(with(4, "own")).counter_group, "");
  EXPECT_EQ(endpoint_of(with(4, "unknown")).counter, Counter::kUnknown);
  EXPECT_EQ(endpoint_of(with(5, "deprecated")).status, Status::kDeprecated);
  EXPECT_EQ(endpoint_of(with(5, "alias")).status, Status::kAlias);
  EXPECT_EQ(endpoint_of(with(5, "experimental")).status, Status::kExperimental);
  EXPECT_EQ(endpoint_of(with(5, "private")).status, Status::kPrivate);
  EXPECT_EQ(endpoint_of(with(5, "closed")).status, Status::kClosed);
}

// Column, what may stand there.
TEST(ReadEndpoints, TakesWhatTheHeadOfTheTableDescribes) {
  constexpr std::pair<size_t, std::string_view> kGood[] = {
      {0, "HEAD"},
      {0, "OPTIONS"},
      {1, "/api/0/"},
      {1, "/api/0/scim/v2/Users"},
      {1, "/api/0/a_b/{x_y}:{z}/"},
      {2, "org:ci"},
      {3, "unknown"},
      {3, "group:CLI"},
      {3, "concurrent:15"},
      {3, "ip:5/60s;user:5/60s;org:30/3600s;concurrent.org:2"},
      {6, "-"},
      {7, "Submit User Feedback"},
  };
  for (const auto& [column, value] : kGood) EXPECT_EQ(fault_of(with(column, value)), "") << value;
}

TEST(ReadEndpoints, RefusesWhatItCannotRead) {
  constexpr std::pair<size_t, std::string_view> kBad[] = {
      {0, "get"},
      {0, "TRACE"},
      {0, ""},
      {1, "/api/1/x/"},
      {1, "api/0/x/"},
      {1, "/api/0"},
      {1, "/api/0//"},
      {1, "/api/0/a//b/"},
      {1, "/api/0/../"},
      {1, "/api/0/a%20b/"},
      {1, "/api/0/{/"},
      {1, "/api/0/{}/"},
      {1, "/api/0/{A}/"},
      {1, "/api/0/x{a}/"},
      {1, "/api/0/{a}x/"},
      {1, "/api/0/{a}{b}/"},
      {1, "/api/0/a:b/"},
      {1, "/api/0/{a}:b/"},
      {1, "/api/0/{a}:{b}:{c}/"},
      {1, "/api/0/1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16/17/"},
      {2, ""},
      {2, "dsn"},
      {2, "org:read  org:write"},
      {2, "org:read public"},
      {2, "ORG:read"},
      {2, ":read"},
      {2, "org:"},
      {3, ""},
      {3, "ip"},
      {3, "ip:5"},
      {3, "ip:5/1"},
      {3, "ip:5/s"},
      {3, "ip:0/1s"},
      {3, "ip:5/0s"},
      {3, "ip:-5/1s"},
      {3, "team:5/1s"},
      {3, "ip:5/1s;"},
      {3, ";ip:5/1s"},
      {3, "ip:5/1s;;org:5/1s"},
      {3, "concurrent"},
      {3, "concurrent:"},
      {3, "concurrent.team:5"},
      {3, "concurrent.ip:x"},
      {3, "group:"},
      {3, "ip:99999999999999999999999/1s"},
      {4, ""},
      {4, "default"},
      {4, "group:"},
      {4, "group:a b"},
      {5, ""},
      {5, "secret"},
      {6, ""},
      {6, "Two Words"},
      {7, ""},
  };
  constexpr std::string_view kColumns[] = {"method", "path",   "scopes", "limits",
                                           "bucket", "status", "class",  "operation"};
  for (const auto& [column, value] : kBad)
    EXPECT_EQ(fault_of(with(column, value)), "t.tsv:1: " + std::string(kColumns[column]) + " \"" +
                                                 std::string(value) + "\" cannot be read")
        << value;
}

TEST(ReadEndpoints, RefusesLinesOfAnotherForm) {
  EXPECT_EQ(fault_of("GET\n"), "t.tsv:1: 1 columns, not 8");
  EXPECT_EQ(fault_of("\n# x\n" + with(0, "GET\t")), "t.tsv:3: 9 columns, not 8");
  EXPECT_EQ(fault_of(with(7, "x\r")), "t.tsv:1: a byte that is not printable ASCII or a tab");
  EXPECT_EQ(fault_of(with(7, "\x1b[2J")), "t.tsv:1: a byte that is not printable ASCII or a tab");
  EXPECT_EQ(fault_of(with(7, std::string(1, '\0'))),
            "t.tsv:1: a byte that is not printable ASCII or a tab");
  EXPECT_EQ(fault_of(with(7, std::string(9000, 'x'))), "t.tsv:1: the line is longer than 8 KiB");
  EXPECT_EQ(fault_of(""), "t.tsv:1: the table has no rows");
  EXPECT_EQ(fault_of("# nothing\n"), "t.tsv:1: the table has no rows");
}

TEST(ReadEndpoints, TellsAllFaultsUpToTwenty) {
  EXPECT_EQ(fault_of("x\n" + row("GET", "/api/0/") + "y\n"),
            "t.tsv:1: 1 columns, not 8\nt.tsv:3: 1 columns, not 8");
  std::string many;
  for (int i = 0; i < 25; ++i) many += "x\n";
  const std::string said = fault_of(many);
  EXPECT_EQ(std::count(said.begin(), said.end(), '\n'), 20);
  EXPECT_THAT(said, HasSubstr("t.tsv:20: "));
  EXPECT_THAT(said, EndsWith("\nand 5 more"));
}

TEST(ReadEndpoints, ShowsTheBeginningOfALongValue) {
  const std::string said = fault_of(with(5, std::string(5000, 'x')));
  EXPECT_LT(said.size(), 150u);
  EXPECT_THAT(said, HasSubstr("xxx…\" cannot be read"));
}

TEST(ReadEndpoints, IsBounded) {
  EXPECT_EQ(fault_of(std::string(1024 * 1024 + 1, '\n')),
            "t.tsv:1: the table is larger than 1 MiB");
  std::string rows;
  for (int i = 0; i < 4096; ++i) rows += row("GET", "/api/0/x/");
  EXPECT_EQ(fault_of(rows), "");
  EXPECT_EQ(fault_of(rows + rows), "t.tsv:4097: more than 4096 rows");
}

}  // namespace
}  // namespace postern::policy
