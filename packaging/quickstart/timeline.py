# SPDX-License-Identifier: MIT
"""What happened, drawn in text along one axis of time."""

import page

LABEL = 9
COLUMNS = page.WIDTH - LABEL - 3
STEPS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000)   # ms between two marks


class Axis:
    def __init__(self, begin, end):
        self.begin = begin
        self.span = end - begin

    def column(self, at):
        return max(0, min(COLUMNS, round((at - self.begin) / self.span * COLUMNS)))

    def time(self, column):
        return self.begin + column * self.span / COLUMNS


def _row(label, text):
    page.line("  %-*s%s" % (LABEL, label, text))


def _marks(axis):
    """The numbers and the ruler below them."""
    step = next((s for s in STEPS if s / 1000 / axis.span * COLUMNS >= 8), STEPS[-1])
    numbers, ruler = [" "] * (COLUMNS + 6), ["-"] * COLUMNS
    mark = 0
    while axis.column(axis.begin + mark / 1000) < COLUMNS - 1:
        column = axis.column(axis.begin + mark / 1000)
        numbers[column:column + len(str(mark))] = str(mark)
        ruler[column] = "+"
        mark += step
    _row("ms", "".join(numbers).rstrip())
    _row("", "".join(ruler))


def _phases(axis, phases):
    """[(begin, end, name, fill)] in their order -> one line; what is too short for its name shows
    its fill, and nothing is too short for a column of its own."""
    cells = [" "] * COLUMNS
    right = 0
    for begin, end, name, fill in phases:
        left = max(axis.column(begin), right)
        right = max(axis.column(end), left + 1)
        width = right - left
        cells[left:right] = name.center(width, fill) if width >= len(name) else fill * width
    return "".join(cells[:COLUMNS])


def _writer(axis, writes):
    """`=` where writes came to their end, `.` where one was waiting all the time."""
    cells = ["."] * COLUMNS
    for write in writes:
        if axis.begin <= write.ended < axis.begin + axis.span:
            cells[min(COLUMNS - 1, int((write.ended - axis.begin) / axis.span * COLUMNS))] = "="
    return "".join(cells)


def _coloured(text, style, char):
    return "".join(page.styled(style, part) if char in part else part
                   for part in _runs(text, char))


def _runs(text, char):
    runs = []
    for letter in text:
        if runs and (runs[-1][0] == char) == (letter == char):
            runs[-1] += letter
        else:
            runs.append(letter)
    return runs


def draw(begin, end, hook, agent, writers):
    """hook, agent: phases; writers: [(name, writes)]."""
    axis = Axis(begin, end)
    _marks(axis)
    _row("hook", _phases(axis, hook))
    _row("agent", _phases(axis, agent))
    for name, writes in writers:
        _row(name, _coloured(_writer(axis, writes), "frozen", "."))
