# SPDX-License-Identifier: MIT
"""What programs notice of a freeze, as tables in Markdown: one of figures, one of ratios."""
from statistics import median

import cells
import table
from rows import NONE, OURS, REFERENCE

_OF_AGENT = {"answer": "answer, ms", "fifreeze": "FIFREEZE, ms"}
OF_PROGRAMS = {"longest_fsync": "longest fsync, ms", "fsyncs": "fsyncs a second",
               "longest_plain": "longest plain write, ms", **_OF_AGENT}
OF_DATABASES = {"longest_commit": "longest commit, ms", "commits": "commits a second", **_OF_AGENT}


def _spread(samples):
    if not samples:
        return ""
    values = list(samples.values())
    return f"{table.number(median(values))} [{table.number(min(values))} - {table.number(max(values))}]"


def ratio(found, figure, name, of):
    """The median of each round's own; None where one of the two has none."""
    ours, theirs = (found.get(figure, {}).get(agent, {}) for agent in (name, of))
    ratios = [ours[n] / theirs[n] for n in ours if theirs.get(n)]
    return median(ratios) if ratios else None


def _figures(data, measured, columns):
    lines = ["| | " + " | ".join(columns.values()) + " |", "|---|" + "---|" * len(columns)]
    for cell, found in measured.items():
        lines.append(f"| **{cells.CELLS[cell].label}** |" + " |" * len(columns))
        for name in data["who"]:
            of_each = [_spread(found.get(figure, {}).get(name)) for figure in columns]
            lines.append(f"| {name} | " + " | ".join(of_each) + " |")
    return lines


def _ratios(data, measured, columns):
    """Of everything that is no peer, to qemu-ga."""
    lines = [f"| to {REFERENCE} | " + " | ".join(columns.values()) + " |", "|---|" + "---|" * len(columns)]
    mine = [name for name in data["who"] if name != NONE and not name.startswith(REFERENCE)]
    pairs = [(name, REFERENCE) for name in mine] + [(OURS, name) for name in mine if name != OURS]
    for cell, found in measured.items():
        for name, of in pairs:
            of_each = [ratio(found, figure, name, of) for figure in columns]
            to = "" if of == REFERENCE else f" to {of}"
            if any(of_each):
                lines.append(f"| {cells.CELLS[cell].label}: {name}{to} | "
                             + " | ".join(map(table.ratio, of_each)) + " |")
    return lines


def _tables(data):
    """Of programs and of databases, as far as they were measured."""
    for columns, is_database in ((OF_PROGRAMS, False), (OF_DATABASES, True)):
        measured = {cell: found for cell, found in data["cells"].items()
                    if (cell in cells.WITH_SERVER) == is_database}
        if measured:
            yield from (*_figures(data, measured, columns), "", *_ratios(data, measured, columns), "")


def markdown(data):
    return "\n".join([*_tables(data),
                      f"Median [smallest - largest] of {data['rounds']} rounds, all in turn; a ratio is the",
                      "median of each round's own. 300 MB are dirty. From the request until half a second",
                      f"after the thaw. {data['about']}."])
