# SPDX-License-Identifier: MIT
"""Two agents' figures as curves, and one freeze as bars in time; SVG, for light and dark pages."""
import math
from statistics import median

import chart
from rows import OURS, REFERENCE

WIDTH, HEIGHT = 760, 390
LEFT, RIGHT, TOP, BOTTOM = 70, 150, 60, 70
ROW, NAME = 22, 150

STYLE = chart.STYLE + """
  .ours { stroke: #1f77b4; stroke-width: 2.5; fill: none }
  .theirs { stroke: #d1661b; stroke-width: 2.5; fill: none }
  circle.ours { fill: #1f77b4 }
  circle.theirs { fill: #d1661b }
  .named-ours { fill: #1f77b4; font-weight: 600 }
  .named-theirs { fill: #d1661b; font-weight: 600 }
  .work { fill: #9a6700 }
  .hook { fill: #1a7f37 }
  .cold { fill: #1f77b4 }
  .edge { fill: #cf222e }
  @media (prefers-color-scheme: dark) {
    .ours { stroke: #58a6ff }
    .theirs { stroke: #f0883e }
    circle.ours { fill: #58a6ff }
    circle.theirs { fill: #f0883e }
    .named-ours { fill: #58a6ff }
    .named-theirs { fill: #f0883e }
    .work { fill: #d29922 }
    .hook { fill: #3fb950 }
    .cold { fill: #58a6ff }
    .edge { fill: #ff7b72 }
  }
"""


def _document(width, height, title, parts):
    body = "\n  ".join(parts)
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
            f'width="{width}" height="{height}" role="img">\n  <title>{title}</title>\n'
            f"  <style>{STYLE}  </style>\n  {body}\n</svg>\n")


class Axis:
    """Values to places; a logarithmic one has no 0."""

    def __init__(self, low, high, begin, end, logarithmic):
        self.map = math.log10 if logarithmic else float
        self.low, self.high = self.map(low), self.map(high)
        self.begin, self.end = begin, end

    def __call__(self, value):
        part = (self.map(value) - self.low) / (self.high - self.low)
        return self.begin + part * (self.end - self.begin)


def _tens(low, high):
    return [10.0 ** n for n in range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)]


def _duration(ms):
    return f"{ms / 1000:g} s" if ms >= 1000 else f"{ms:g} ms"


def _curve(points, x, y, style):
    """[(value, [measured])]: a line through the medians, a stroke from smallest to largest."""
    path = " L ".join(f"{x(at):.1f} {y(median(found)):.1f}" for at, found in points)
    parts = [f'<path class="{style}" d="M {path}"/>']
    for at, found in points:
        parts.append(chart.line(x(at), y(min(found)), x(at), y(max(found)), style))
        parts.append(f'<circle class="{style}" cx="{x(at):.1f}" cy="{y(median(found)):.1f}" r="3"/>')
    return parts


def _names(points, y):
    """At the end of each curve, apart where both end in one place."""
    last = {name: median(points[name][-1][1]) for name in points}
    places = {name: y(ms) for name, ms in last.items()}
    upper, lower = sorted(places, key=places.get)
    places[lower] = max(places[lower], places[upper] + 18)
    styles = {OURS: "named-ours", REFERENCE: "named-theirs"}
    return [chart.text(WIDTH - RIGHT + 10, places[name] + 4,
                       f"{name}, {_duration(float(f'{ms:.3g}'))}", styles[name])
            for name, ms in last.items()]


def curves(title, below, found, about, logarithmic_x):
    """found: {agent: {"number": [ms, ...]}}"""
    points = {name: sorted((float(at), values) for at, values in found[name].items())
              for name in (OURS, REFERENCE)}
    everything = [ms for series in points.values() for _, values in series for ms in values]
    places = [at for at, _ in points[OURS]]
    tens = _tens(min(everything), max(everything))
    x = Axis(places[0], places[-1], LEFT, WIDTH - RIGHT, logarithmic_x)
    y = Axis(tens[0], tens[-1], HEIGHT - BOTTOM, TOP, True)
    parts = [chart.text(14, 26, title, "title")]
    for ms in tens:
        parts.append(chart.line(LEFT, y(ms), WIDTH - RIGHT, y(ms), "grid"))
        parts.append(chart.text(LEFT - 8, y(ms) + 4, _duration(ms), "small", "end"))
    for at in places:
        parts.append(chart.text(x(at), HEIGHT - BOTTOM + 18, f"{at:g}", "small", "middle"))
    parts.append(chart.text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 26, below, anchor="middle"))
    for name, style in ((OURS, "ours"), (REFERENCE, "theirs")):
        parts += _curve(points[name], x, y, style)
    parts += _names(points, y)
    parts.append(chart.text(14, HEIGHT - 8, about, "small"))
    return _document(WIDTH, HEIGHT, title, parts)


def _bar(x, begin_us, end_us, row, style):
    width = max(x(end_us) - x(begin_us), 1.5)
    return (f'<rect class="{style}" x="{x(begin_us):.1f}" y="{TOP + row * ROW + 4}" '
            f'width="{width:.1f}" height="{ROW - 8}" rx="2"/>')


def _rows(record):
    """[(name, [(begin, end, style)])] from top to bottom."""
    window = (record["freeze_begun_us"], record["thawed_us"])
    rows = [("sync", [(record["planned_us"], record["synced_us"], "work"),
                         (record["hooks_up_us"], record["resynced_us"], "work")])]
    for name in dict.fromkeys(hook["name"] for hook in record["hooks"]):
        rows.append((f"hook {name}", [(h["begun_us"], h["ended_us"], "hook")
                                      for h in record["hooks"] if h["name"] == name]))
    for fs in record["filesystems"]:
        if fs["outcome"] != "frozen":
            continue
        rows.append((fs["mount_point"].replace("/mnt", "", 1),
                     [(fs["freeze_begun_us"], fs["frozen_us"], "edge"),
                      (fs["frozen_us"], fs["thaw_begun_us"], "cold"),
                      (fs["thaw_begun_us"], fs["thawed_us"], "edge")]))
    return rows, window


def _step(span_us):
    return next(s for s in (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000)
                if span_us / 1000 / s <= 12)


def course(record, about):
    """One freeze along an axis of time."""
    rows, window = _rows(record)
    bottom = TOP + ROW * len(rows)
    x = Axis(0, record["ended_us"], NAME, WIDTH - 20, False)
    held = (window[1] - window[0]) / 1000
    parts = [chart.text(14, 26, f"One freeze: {held:.0f} ms from the first FIFREEZE to the last FITHAW",
                         "title")]
    step = _step(record["ended_us"])
    for ms in range(0, int(record["ended_us"] / 1000) + 1, step):
        parts.append(chart.line(x(ms * 1000), TOP, x(ms * 1000), bottom, "grid"))
        parts.append(chart.text(x(ms * 1000), TOP - 6, f"{ms} ms", "small", "middle"))
    for row, (name, bars) in enumerate(rows):
        parts.append(chart.text(NAME - 10, TOP + row * ROW + 16, name, anchor="end"))
        parts += [_bar(x, begin, end, row, style) for begin, end, style in bars
                  if begin is not None and end is not None]
    keys = (("work", "sync"), ("hook", "hooks"), ("edge", "inside FIFREEZE, FITHAW"),
            ("cold", "frozen"))
    at = NAME
    for style, words in keys:
        parts.append(f'<rect class="{style}" x="{at}" y="{bottom + 14}" width="14" height="10"/>')
        parts.append(chart.text(at + 20, bottom + 23, words, "small"))
        at += 46 + 6.2 * len(words)
    parts.append(chart.text(14, bottom + 48, about, "small"))
    return _document(WIDTH, bottom + 60, "One freeze", parts)
