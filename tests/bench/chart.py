# SPDX-License-Identifier: MIT
"""The results as bars: our figure relative to qemu-ga's, on a logarithmic scale."""
import math
from xml.sax.saxutils import escape

import table

WIDTH, LEFT, RIGHT = 960, 420, 140
TOP, STEP, BAR = 74, 26, 14
LOWEST, HIGHEST = 1 / 1000, 3.0

STYLE = """
  text { font: 13px system-ui, sans-serif; fill: #1f2328 }
  .title { font-size: 16px; font-weight: 600 }
  .small { font-size: 11px; fill: #59636e }
  .grid { stroke: #d1d9e0 }
  .one { stroke: #59636e; stroke-width: 1.5 }
  .met { fill: #1f77b4 }
  .missed { fill: #d1661b }
  .goal { stroke: #1f2328; stroke-width: 2.5 }
  @media (prefers-color-scheme: dark) {
    text { fill: #f0f6fc }
    .small { fill: #9198a1 }
    .grid { stroke: #3d444d }
    .one { stroke: #9198a1 }
    .met { fill: #58a6ff }
    .missed { fill: #f0883e }
    .goal { stroke: #f0f6fc }
  }
"""


def _x(value):
    value = min(max(value, LOWEST), HIGHEST)
    part = math.log(value / LOWEST) / math.log(HIGHEST / LOWEST)
    return LEFT + part * (WIDTH - LEFT - RIGHT)


def text(x, y, words, style="", anchor="start"):
    kind = f' class="{style}"' if style else ""
    return f'<text{kind} x="{x:.0f}" y="{y:.0f}" text-anchor="{anchor}">{escape(words)}</text>'


def line(x1, y1, x2, y2, style):
    return f'<line class="{style}" x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"/>'


def _grid(bottom):
    parts = []
    for value in (1 / 1000, 1 / 100, 1 / 10, 1):
        x = _x(value)
        parts.append(line(x, TOP - 6, x, bottom, "one" if value == 1 else "grid"))
        words = "same as qemu-ga" if value == 1 else f"1/{round(1 / value)}"
        parts.append(text(x, TOP - 12, words, "small", "middle"))
    return parts


def _goal(result):
    """Where the bar ought to end; an absolute target has its place by qemu-ga's figure."""
    if result.limit is not None:
        return result.limit
    theirs = result.figures["qemu-ga"].median
    return result.row.absolute / theirs if theirs and result.row.absolute else None


def _plain(label):
    """A row's label without what only a table can show or needs to say."""
    return label.replace(" (qemu-ga: RSS idle)", "").replace("`", "")


def _bar(result, top):
    """One row; where both figures are 0 it has no bar."""
    middle = top + STEP / 2
    parts = [text(LEFT - 10, middle + 4, _plain(result.row.label), anchor="end")]
    if result.ratio is None:
        ours = result.figures["frost-ga"].median
        theirs = result.figures["qemu-ga"].median
        return parts + [text(LEFT + 6, middle + 4, f"{ours:.0f}; qemu-ga {theirs:.0f}", "small")]
    style = "met" if result.met else "missed"
    end = max(_x(result.ratio), LEFT + 2)
    parts.append(f'<rect class="{style}" x="{LEFT}" y="{middle - BAR / 2:.1f}" '
                 f'width="{end - LEFT:.1f}" height="{BAR}" rx="2"/>')
    goal = _goal(result)
    if goal is not None:
        parts.append(line(_x(goal), top + 3, _x(goal), top + STEP - 3, "goal"))
    words = table.ratio(result.ratio) + ("" if result.met else ", missed")
    parts.append(text(WIDTH - RIGHT + 24, middle + 4, words))
    return parts


def svg(found, about):
    """about: the machine. A text of its own: it follows the reader's light or dark mode."""
    bottom = TOP + STEP * len(found)
    height = bottom + 40
    parts = [text(14, 26, "frost-ga relative to qemu-ga: shorter is better", "title"),
             text(14, 44, "logarithmic scale; the upright mark is the target", "small")]
    parts += _grid(bottom)
    for n, result in enumerate(found):
        parts += _bar(result, TOP + STEP * n)
    parts.append(text(14, bottom + 24, about, "small"))
    body = "\n  ".join(parts)
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" '
            f'width="{WIDTH}" height="{height}" role="img">\n'
            f"  <title>frost-ga against qemu-ga</title>\n"
            f"  <style>{STYLE}  </style>\n  {body}\n</svg>\n")
