# SPDX-License-Identifier: MIT
"""The results as a table in Markdown."""
from rows import OURS, REFERENCE


def _head(peer):
    return ("what", "unit", OURS, peer, "ratio", "target", "")


def number(value):
    """Three digits that count."""
    if value == 0:
        return "0"
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def ratio(value):
    """1/40 says more than 0.025."""
    if value is None:
        return "-"
    if 0 < value < 0.4:
        inverse = 1 / value
        return f"1/{inverse:.1f}" if inverse < 20 else f"1/{inverse:.0f}"
    return f"{value:.2f}"


def _figures(figures):
    if figures.low == figures.high:
        return number(figures.median)
    return f"{number(figures.median)} [{number(figures.low)} - {number(figures.high)}]"


def _cells(result):
    return (result.row.label, result.row.unit or "calls", _figures(result.figures[OURS]),
            _figures(result.figures[REFERENCE]), ratio(result.ratio),
            result.target, "met" if result.met else "**missed**")


def _excuses(found):
    """A target that is missed stays in the table, with where it goes."""
    return [f"Missed, {result.row.label}: {' '.join(result.row.excuse.split())}."
            for result in found if result.row.excuse and not result.met]


def markdown(found, about, size, peer):
    """about: the machine; size: see sizes.py; peer: what is compared with, and its version."""
    met = sum(result.met for result in found)
    lines = ["| " + " | ".join(_head(peer)) + " |", "|---|---|---:|---:|---:|---|---|"]
    lines += ["| " + " | ".join(_cells(result)) + " |" for result in found]
    lines += ["",
              f"{met} of {len(found)} targets met. Median [smallest - largest] of {size.rounds} "
              "rounds, both agents in turn; the ratio is the",
              "median of each round's own. "
              f"{about}. Sizes: both",
              "with Debian's hardening flags, frost-ga as its packages are built.",
              ""]
    for excuse in _excuses(found):
        lines += [excuse, ""]
    return "\n".join(lines)
