# SPDX-License-Identifier: MIT
"""Plain text for a terminal of 80 columns; colour only on a terminal, and never needed."""

import os
import sys
import textwrap

WIDTH = 80
STYLES = {"title": "1", "host": "36", "agent": "32", "frozen": "1;34", "bad": "1;31", "dim": "2"}
LONGEST_JSON = 12  # lines


def _colourful():
    return (sys.stdout.isatty() and "NO_COLOR" not in os.environ
            and os.environ.get("TERM", "dumb") != "dumb")


COLOUR = _colourful()


def styled(style, text):
    return "\033[%sm%s\033[0m" % (STYLES[style], text) if COLOUR else text


def line(text=""):
    print(text, flush=True)


def title(text):
    line()
    line(styled("title", text))
    line(styled("dim", "-" * len(text)))


def say(text):
    """A paragraph; blanks and line ends in the source do not matter."""
    line(textwrap.fill(" ".join(text.split()), WIDTH - 2))


def command(text):
    line("    " + text)


def bad(text):
    for part in textwrap.wrap(text, WIDTH - 4):
        line(styled("bad", "  ! " + part))


def readable(data):
    """A JSON line as text; the only byte of the protocol that is not ASCII is shown escaped."""
    return data.decode("ascii", "backslashreplace").rstrip("\n")


def json_line(arrow, style, data):
    """One line of the protocol, folded at blanks; a very long one is shortened in the middle."""
    folded = textwrap.wrap(readable(data), WIDTH - 6, break_on_hyphens=False) or [""]
    if len(folded) > LONGEST_JSON:
        left_out = len(folded) - LONGEST_JSON
        folded[LONGEST_JSON - 3:-2] = ["... (%d lines left out here) ..." % (left_out + 1)]
    for number, part in enumerate(folded):
        line("  %s %s" % (styled(style, arrow if number == 0 else "  "), part))


def note(text, style=None):
    """Beside the JSON: what it means, or what happens elsewhere meanwhile."""
    for part in textwrap.wrap(text, WIDTH - 10):
        line("       | " + (styled(style, part) if style else part))


def duration(seconds):
    milliseconds = seconds * 1000
    if milliseconds >= 9999.5:
        return "%.1f s" % seconds
    return ("%.1f ms" if milliseconds < 10 else "%.0f ms") % milliseconds
