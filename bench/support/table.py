"""Plain text tables, and medians."""

import statistics


def median(rows, key):
    return statistics.median(row[key] for row in rows)


def show(head, rows, left=(0,)):
    """Prints rows in columns; the columns numbered in `left` are aligned to the left."""
    cells = [list(map(str, head)), *[list(map(str, row)) for row in rows]]
    widths = [max(len(row[column]) for row in cells) for column in range(len(head))]
    for number, row in enumerate(cells):
        parts = [
            cell.ljust(width) if column in left else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths))
        ]
        print("  ".join(parts).rstrip())
        if number == 0:
            print("  ".join("-" * width for width in widths))


def mebibytes(count):
    return f"{count / (1 << 20):.1f}"


def markdown(head, rows):
    """The same rows as a table of Markdown."""
    cells = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(map(str, row)) + " |" for row in cells)
