"""Bar charts as SVG: text stays text, and the colours follow the reader's light or dark scheme."""

from xml.sax.saxutils import escape

WIDTH = 860
COLUMN = WIDTH // 2
NAMES = 96  # the names of bars end here
LENGTH = 230  # of the longest bar of a group
ROW = 20
HEAD = 64

STYLE = """\
  svg { font: 13px system-ui, sans-serif; }
  .paper { fill: #ffffff; } text { fill: #1f2328; } .quiet { fill: #59636e; }
  .peer { fill: #9aa4af; } .floor { fill: #d1d9e0; } .postern { fill: #0969da; }
  .title { font-size: 16px; font-weight: 600; } .group { font-weight: 600; }
  @media (prefers-color-scheme: dark) {
    .paper { fill: #0d1117; } text { fill: #f0f6fc; } .quiet { fill: #9198a1; }
    .peer { fill: #656c76; } .floor { fill: #3d444d; } .postern { fill: #4493f8; }
  }"""


def bars(path, title, subtitle, groups, floors=()):
    """Writes a chart of `groups`, {label: {name: value}}, in two columns; each group has a scale of
    its own. Nothing is written if `path` is None."""
    if path is None:
        return
    columns = [[], []]
    heights = [HEAD, HEAD]
    for label, values in groups.items():
        number = heights.index(min(heights))
        columns[number].append(group(label, values, number * COLUMN, heights[number], floors))
        heights[number] += ROW * (len(values) + 2)
    height = max(heights)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" '
        f'viewBox="0 0 {WIDTH} {height}" role="img">',
        f"<title>{escape(title)}</title>",
        f"<style>\n{STYLE}\n</style>",
        f'<rect class="paper" width="{WIDTH}" height="{height}"/>',
        text(16, 26, title, "title"),
        text(16, 46, subtitle, "quiet"),
        *columns[0],
        *columns[1],
        "</svg>",
    ]
    path.write_text("\n".join(parts) + "\n", encoding="utf-8")


def group(label, values, left, top, floors):
    lines = [text(left + 16, top + 14, label, "group")]
    longest = max(values.values()) or 1
    for number, (name, value) in enumerate(values.items()):
        y = top + ROW * (number + 1)
        kind = "postern" if name == "postern" else "floor" if name in floors else "peer"
        length = LENGTH * value / longest
        lines += [
            text(left + NAMES, y + 14, name, end=True),
            f'<rect class="{kind}" x="{left + NAMES + 8}" y="{y + 3}" width="{length:.1f}" '
            f'height="{ROW - 6}"/>',
            text(left + NAMES + 14 + length, y + 14, number_of(value)),
        ]
    return "\n".join(lines)


def text(x, y, words, kind="", end=False):
    extra = (f' class="{kind}"' if kind else "") + (' text-anchor="end"' if end else "")
    return f'<text x="{x:.1f}" y="{y:.1f}"{extra}>{escape(words)}</text>'


def number_of(value):
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 1 else f"{value:.2f}"
