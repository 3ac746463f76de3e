# SPDX-License-Identifier: MIT
"""The builds: each a native file in tests/native and a folder build-test-NAME in the tree."""
import os
import shutil
import subprocess


class Build:
    def __init__(self, tree, name, only=""):
        """only: the beginning of the names of the wanted targets, or several beginnings."""
        self.only = only
        self.tree = tree
        self.name = name
        self.native = f"{tree}/tests/native/{name}.ini"
        self.folder = f"{tree}/build-test-{name}"
        self.how = "--native-file"
        self.made = None   # (outcome, detail) once tried

    def make(self, report):
        """Configures and builds once in each run of the suites. True: it went well. A warning is an
        error."""
        if self.made is None:
            report.run(f"build/{self.name}", self.try_it)
        return self.made[0] == "ok"

    def try_it(self):
        """(outcome, detail), without a line in the report."""
        self.made = self._configure() or self._compile() or ("ok", "")
        return self.made

    def _configure(self):
        """A folder made with another native file is made anew: meson does not follow it."""
        with open(self.native) as f:
            wanted = f.read()
        stamp = f"{self.folder}/native-file"
        if os.path.exists(stamp):
            with open(stamp) as f:
                if f.read() == wanted:
                    return None
        shutil.rmtree(self.folder, ignore_errors=True)
        run = subprocess.run(["meson", "setup", self.folder, self.tree,
                              self.how, self.native],
                             capture_output=True, text=True, check=False)
        if run.returncode != 0:
            return "fail", (run.stdout + run.stderr)[-4000:]
        with open(stamp, "w") as f:
            f.write(wanted)
        return None

    def _targets(self):
        if not self.only:
            return []
        # Of the tree as it is now: what is new in a meson.build is no target before.
        subprocess.run(["ninja", "-C", self.folder, "build.ninja"], capture_output=True, check=False)
        run = subprocess.run(["ninja", "-C", self.folder, "-t", "targets", "all"],
                             capture_output=True, text=True, check=False)
        names = (line.split(":")[0] for line in run.stdout.splitlines())
        return sorted(n for n in names if n.startswith(self.only) and "." not in n)

    def _compile(self):
        run = subprocess.run(["ninja", "-C", self.folder, "-k", "0", *self._targets()],
                             capture_output=True, text=True, check=False)
        if run.returncode == 0:
            return None
        lines = run.stdout.splitlines() + run.stderr.splitlines()
        failed = [i for i, line in enumerate(lines) if line.startswith("FAILED:")]
        lines = lines[failed[0]:] if failed else lines[-40:]
        commands = ("[", "ninja:", "FAILED:", "gcc ", "clang ", "cc ")
        said = [line for line in lines if not line.startswith(commands)] or lines[-20:]
        return "fail", "\n".join(said)[:6000]

    def path(self, inside):
        return f"{self.folder}/{inside}"

    def has(self, inside):
        return os.path.exists(self.path(inside))
