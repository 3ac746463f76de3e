# SPDX-License-Identifier: MIT
"""One line a case, the detail of failures only, and the count at the end."""
import threading
import time
import traceback

# Of what failed once in a suite; more than these is no bad luck (tests/README.md).
ASKED_AGAIN_MAX = 8
_WORDS = {"ok": "ok  ", "fail": "FAIL", "skip": "SKIP"}


class Report:
    def __init__(self):
        self.counts = {"ok": 0, "fail": 0, "skip": 0}
        self.loud = []
        self.unsteady = []
        self.left_out = []
        self.lock = threading.Lock()

    def add(self, name, outcome, seconds=None, detail=""):
        took = f" ({seconds:.2f} s)" if seconds is not None else ""
        with self.lock:
            self.counts[outcome] += 1
            print(f"{_WORDS[outcome]} {name}{took}", flush=True)
            if outcome != "ok":
                self.loud.append((outcome, name, detail))
            for line in detail.rstrip("\n").split("\n") if detail else []:
                print(f"     {'#' if outcome == 'ok' else '|'} {line}", flush=True)

    def run(self, name, function):
        """A case of the runner itself: function returns (outcome, detail)."""
        began = time.monotonic()
        try:
            outcome, detail = function()
        except Exception as e:   # a broken runner is a failure like any other, and is counted
            outcome, detail = "fail", "".join(traceback.format_exception(e))
        self.add(name, outcome, time.monotonic() - began, detail)
        return outcome == "ok"

    def again(self, name, detail):
        """It has failed, and has passed when it was asked again, alone."""
        self.unsteady.append((name, detail))

    def not_asked(self, name, why):
        """It cannot be asked in this way at all; it is no case, so it is neither skipped nor counted."""
        self.left_out.append((name, why))

    def finish(self):
        """Prints the closing line; returns the exit status."""
        for wanted, title in (("skip", "Skipped"), ("fail", "Failed")):
            named = [(n, d) for outcome, n, d in self.loud if outcome == wanted]
            if named:
                print(f"\n{title}:")
            for name, detail in named:
                print(f"  {name}: {detail.strip().splitlines()[0] if detail.strip() else ''}")
        if self.left_out:
            print("\nNot asked:")
        for name, why in self.left_out:
            print(f"  {name}: {why}")
        if self.unsteady:
            print("\nPassed only when asked again, alone:")
        for name, detail in self.unsteady:
            print(f"  {name}:")
            for line in detail.rstrip("\n").split("\n"):
                print(f"     | {line}")
        print(f"{self.counts['ok']} passed, {self.counts['fail']} failed, "
              f"{self.counts['skip']} skipped", flush=True)
        return 1 if self.counts["fail"] else 0
