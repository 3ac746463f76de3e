# SPDX-License-Identifier: MIT
"""The results as a table in Markdown."""
from rows import OURS, REFERENCE


def _head(peers):
    """For each a column, and one with what our figure is of it."""
    columns = [word for name, called in peers.items()
               for word in (called, "ratio" if name == REFERENCE else f"ratio to {called.split()[-1]}")]
    return ("what", "unit", OURS, *columns, "target", "")


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


def _compared(result, name):
    if name not in result.figures:
        return "-", "-"
    return _figures(result.figures[name]), ratio(result.ratio_to(name))


def _cells(result, peers):
    compared = [word for name in peers for word in _compared(result, name)]
    return (result.row.label, result.row.unit or "calls", _figures(result.figures[OURS]), *compared,
            result.target, "met" if result.met else "**missed**")


def _excuses(found):
    """A target that is missed stays in the table, with where it goes."""
    labels = {}
    for result in found:
        if result.row.excuse and not result.met:
            labels.setdefault(" ".join(result.row.excuse.split()), []).append(result.row.label)
    return [f"Missed, {'; '.join(missed)}: {excuse}." for excuse, missed in labels.items()]


def markdown(found, about, size, peers):
    """about: the machine; size: see sizes.py; peers: {name in the results: name and
    version} of what is compared with."""
    met = sum(result.met for result in found)
    lines = ["| " + " | ".join(_head(peers)) + " |",
             "|---|---|---:|" + "---:|---:|" * len(peers) + "---|---|"]
    lines += ["| " + " | ".join(_cells(result, peers)) + " |" for result in found]
    lines += ["",
              f"{met} of {len(found)} targets met. Median [smallest - largest] of {size.rounds} "
              "rounds, the agents in turn; the ratio is the",
              "median of each round's own. "
              f"{about}. Sizes: both",
              "with Debian's hardening flags, frost-ga as its packages are built.",
              ""]
    for excuse in _excuses(found):
        lines += [excuse, ""]
    return "\n".join(lines)
