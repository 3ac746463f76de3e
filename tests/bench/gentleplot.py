# SPDX-License-Identifier: MIT
"""The longest fsync or commit over unwritten data: a bar for each that was measured, in milliseconds on a
logarithmic scale; SVG, for light and dark pages."""
import math
from statistics import median

import cells
import chart
import plot
from rows import NONE, OURS, REFERENCE

FIGURES = ("longest_fsync", "longest_commit")    # a cell has one of them
SHOWN = {NONE: "none", OURS: "ours", REFERENCE: "theirs"}
WIDTH, LEFT, RIGHT = 760, 150, 110
TOP, STEP, BAR = 92, 16, 10
GAP = 33          # above the bars of a cell, for its name

STYLE = """
  rect.none { fill: #59636e }
  rect.ours { fill: #1f77b4 }
  rect.theirs { fill: #d1661b }
  .spread { stroke: #1f2328; stroke-width: 1.5 }
  @media (prefers-color-scheme: dark) {
    rect.none { fill: #9198a1 }
    rect.ours { fill: #58a6ff }
    rect.theirs { fill: #f0883e }
    .spread { stroke: #f0f6fc }
  }
"""


def _duration(ms):
    return f"{float(f'{ms / 1000:.2g}'):g} s" if ms >= 1000 else f"{float(f'{ms:.2g}'):g} ms"


def _bar(x, y, name, samples):
    middle = y + BAR / 2
    return [chart.text(LEFT - 10, y + BAR - 1, name, anchor="end"),
            f'<rect class="{SHOWN[name]}" x="{LEFT}" y="{y}" width="{x(median(samples)) - LEFT:.1f}" '
            f'height="{BAR}" rx="2"/>',
            chart.line(x(min(samples)), middle, x(max(samples)), middle, "spread"),
            chart.text(x(max(samples)) + 8, y + BAR - 1, _duration(median(samples)))]


def _cells(data):
    """[(label, [(name, samples)])] of the cells that were measured."""
    found = []
    for cell, figures in data["cells"].items():
        by_name = next((figures[key] for key in FIGURES if key in figures), {})
        found.append((cells.CELLS[cell].label,
                      [(name, list(by_name[name].values())) for name in SHOWN if name in by_name]))
    return found


def svg(data):
    """data: what gentle.py has written."""
    shown = _cells(data)
    every = [ms for _, bars in shown for _, samples in bars for ms in samples]
    low, high = (10.0 ** f(math.log10(v)) for f, v in ((math.floor, min(every)), (math.ceil, max(every))))
    x = plot.Axis(low, high, LEFT, WIDTH - RIGHT, True)
    y = TOP
    bars, parts = [], [chart.text(14, 26, "The longest fsync, or commit of a database, while the guest is frozen", "title"),
                       chart.text(14, 48, "300 MB of its filesystem are not on the disk yet", "small")]
    for label, of_cell in shown:
        bars.append(chart.text(LEFT, y + GAP - 20, label))
        y += GAP - 12
        for name, samples in of_cell:
            bars += _bar(x, y, name, samples)
            y += STEP
    at = low
    while at <= high:
        parts += [chart.line(x(at), TOP - 4, x(at), y, "grid"),
                  chart.text(x(at), TOP - 10, _duration(at), "small", "middle")]
        at *= 10
    about = f"{data['about']}; {data['rounds']} rounds: median, smallest and largest"
    parts += [*bars, chart.text(14, y + 24, about, "small")]
    style = f"<style>{chart.STYLE}{STYLE}</style>"
    body = "\n  ".join(parts)
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {y + 36}" width="{WIDTH}" '
            f'height="{y + 36}" role="img">\n  <title>The longest fsync</title>\n  {style}\n  {body}\n</svg>\n')
