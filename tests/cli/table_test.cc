#include "cli/table.h"

#include <gtest/gtest.h>

namespace postern::cli {
namespace {

TEST(Table, ColumnsAreAsWideAsTheirWidestCell) {
  Table table({"A", "LONGER", "C"});
  table.add({{"first"}, {"x"}, {"end"}});
  table.add({{"2"}, {"much longer"}, {""}});
  EXPECT_EQ(table.text(Style(false)),
            "A      LONGER       C\n"
            "first  x            end\n"
            "2      much longer\n");
}

TEST(Table, NotesStandBelowTheirRow) {
  Table table({"GRANT", "STATE"});
  table.add({{"acme"}, {"revoked"}});
  table.add_note("run: this", Ink::kPlain);
  EXPECT_EQ(table.text(Style(false)), "GRANT  STATE\nacme   revoked\n       run: this\n");
}

TEST(Table, ColoursTakeNoRoom) {
  Table table({"A", "B"});
  table.add({{"x", Ink::kGood}, {"y"}});
  EXPECT_EQ(table.text(Style(true)), "\x1b[1mA\x1b[0m  \x1b[1mB\x1b[0m\n\x1b[32mx\x1b[0m  y\n");
}

}  // namespace
}  // namespace postern::cli
