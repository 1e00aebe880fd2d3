#include "cli/table.h"

#include <algorithm>

namespace postern::cli {
namespace {

constexpr size_t kGap = 2;

}  // namespace

Table::Table(std::vector<std::string> titles) : widths_(titles.size(), 0) {
  std::vector<Cell> cells;
  for (std::string& title : titles) cells.push_back({std::move(title), Ink::kBold});
  add(std::move(cells));
}

void Table::add(std::vector<Cell> cells) {
  for (size_t i = 0; i < cells.size(); ++i) widths_[i] = std::max(widths_[i], cells[i].text.size());
  rows_.push_back({std::move(cells), {}});
}

void Table::add_note(std::string text, Ink ink) {
  rows_.back().notes.push_back({std::move(text), ink});
}

// The last cell that says something ends the line.
std::string Table::line_of(const Row& row, const Style& style) const {
  size_t last = row.cells.size();
  while (last > 0 && row.cells[last - 1].text.empty()) --last;
  std::string line;
  for (size_t i = 0; i < last; ++i) {
    const Cell& cell = row.cells[i];
    line += style.paint(cell.ink, cell.text);
    if (i + 1 < last) line.append(widths_[i] - cell.text.size() + kGap, ' ');
  }
  return line + '\n';
}

std::string Table::text(const Style& style) const {
  std::string out;
  for (const Row& row : rows_) {
    out += line_of(row, style);
    for (const Cell& note : row.notes)
      out += std::string(widths_[0] + kGap, ' ') + style.paint(note.ink, note.text) + '\n';
  }
  return out;
}

}  // namespace postern::cli
