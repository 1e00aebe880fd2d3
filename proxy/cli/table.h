// A table of text for a terminal: columns as wide as their widest cell.
#pragma once

#include <string>
#include <vector>

#include "cli/style.h"

namespace postern::cli {

struct Cell {
  std::string text;  // printable ASCII
  Ink ink = Ink::kPlain;
};

class Table final {
 public:
  explicit Table(std::vector<std::string> titles);
  // REQUIRES: a cell for each title.
  void add(std::vector<Cell> cells);
  // Lines below the row added last, from the second column on.
  void add_note(std::string text, Ink ink);
  std::string text(const Style& style) const;

 private:
  struct Row {
    std::vector<Cell> cells;
    std::vector<Cell> notes;
  };
  std::string line_of(const Row& row, const Style& style) const;

  std::vector<size_t> widths_;
  std::vector<Row> rows_;
};

}  // namespace postern::cli
