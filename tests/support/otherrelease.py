# SPDX-License-Identifier: MIT
"""Suite `releases`: both commands of README, the package and the suites that need no guest, on another
release of Debian: $RELEASE, else the one beside the machine's own (releases.py).

In a root of its own (debootstrap), which is kept with its builds in build-test-RELEASE.
"""
import collections
import contextlib
import fcntl
import filecmp
import glob
import hashlib
import os
import re
import shutil
import subprocess
import sys
import threading

import debs
import looks
import releases
from cases import Failed, Skipped

LIMIT_S = 1800   # with what it installs first
SUITES = ("unit", "wire", "commands")
# Of the qemu-gas only the release's own: the others run with the same libraries wherever they are asked.
_RUN = f"REFERENCE=own sh tests/run.sh {' '.join(SUITES)}"
_CASE = re.compile(r"(ok  |FAIL|SKIP) (.*?)(?: \((\d+\.\d+) s\))?$")
_OUTCOMES = {"ok  ": "ok", "FAIL": "fail", "SKIP": "skip"}
# For the package; what quickstart and the suites need they install themselves, as for a stranger.
_PACKAGES = ("dpkg-dev", "debhelper", "lintian", "meson", "pkgconf", "libglib2.0-dev",
             "libjson-c-dev")
_INSTALL = "apt-get update -q && apt-get install -y -q --no-install-recommends "
_BUILT = "/srv/frost-ga"
_INSTALL_IT = f"""set -e
DEBIAN_FRONTEND=noninteractive apt-get install -y -q {_BUILT}/frost-ga_*.deb
frost-ga --version
DEBIAN_FRONTEND=noninteractive apt-get purge -y -q frost-ga
"""


def _renew(source, target):
    """Copies a file unless it is there and the same."""
    if os.path.isfile(target) and filecmp.cmp(source, target, shallow=False):
        shutil.copymode(source, target)
        return
    os.makedirs(os.path.dirname(target), exist_ok=True)
    shutil.copy(source, target)


class Root:
    def __init__(self, tree, release):
        self.tree = tree
        self.release = release
        self.folder = f"{tree}/build-test-{release}"
        self.path = f"{self.folder}/root"

    def make(self):
        """Once, also when two suites want it at the same time. Skipped where it cannot be had."""
        with open(f"{self.folder}.lock", "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not os.path.exists(f"{self.folder}/complete"):
                self._make()

    def _make(self):
        whys = []
        for mirror in 2 * debs.mirrors():   # a mirror may be out of reach for a moment
            shutil.rmtree(self.folder, ignore_errors=True)
            os.makedirs(self.path)
            done = subprocess.run(
                ["nice", "debootstrap", "--variant=minbase", self.release, self.path, mirror],
                capture_output=True, text=True, check=False)
            if done.returncode == 0:
                break
            whys.append(f"{mirror}: {(done.stdout + done.stderr).strip()[-500:]}")
        else:
            raise Skipped("debootstrap: " + "; ".join(whys))
        with open(f"{self.path}/etc/dpkg/dpkg.cfg.d/unsafe-io", "w") as f:
            f.write("force-unsafe-io\n")   # what a crash would spoil is made anew
        with open(f"{self.path}/etc/apt/apt.conf.d/retries", "w") as f:
            f.write('Acquire::Retries "3";\n')
        if releases.row(self.release)["moves"]:
            with open(f"{self.path}/etc/apt/apt.conf.d/old-lists", "w") as f:
                f.write('Acquire::Check-Valid-Until "false";\n')
        with open(f"{self.folder}/complete", "w"):
            pass

    def copy_sources(self):
        """What is the same is left alone, so that what was built from it is built no second time; what
        has changed is of now, because its own time may lie before that of an older build."""
        target = f"{self.path}/src"
        names = {n for n in looks.tracked(self.tree, "") if os.path.lexists(f"{self.tree}/{n}")}
        for folder, folders, files in os.walk(target):
            folders[:] = [f for f in folders if not f.startswith("build-")]
            for path in (f"{folder}/{file}" for file in files):
                if os.path.relpath(path, target) not in names:
                    os.unlink(path)
        for name in names:
            _renew(f"{self.tree}/{name}", f"{target}/{name}")
        shutil.copy2("/etc/resolv.conf", f"{self.path}/etc/resolv.conf")

    def prepare(self):
        """It is there, with the tree as it is now, and nothing in it is half installed: a run that was
        cut off may have left that."""
        self.make()
        self.copy_sources()
        outcome, detail = self.does("dpkg --configure -a")
        if outcome != "ok":
            raise Failed(f"the root of {self.release}: {detail}")

    @contextlib.contextmanager
    def start(self, script):
        """A script in the source; it and all that it has started end after LIMIT_S."""
        with subprocess.Popen(
                [sys.executable, "-B", f"{os.path.dirname(__file__)}/otherroot.py", self.path,
                 "/bin/sh", "-c", f"cd /src && {script}"], stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                errors="replace") as process:
            timer = threading.Timer(LIMIT_S, process.kill)
            timer.start()
            try:
                yield process
            finally:
                timer.cancel()

    def get_builders(self):
        """(outcome, detail): what the package is built with is installed."""
        return self.does(f"dpkg -s {' '.join(_PACKAGES)} >/dev/null 2>&1 || "
                         f"{{ {_INSTALL} {' '.join(_PACKAGES)}; }}")

    def _sources(self):
        """What a package is built from, as one number."""
        names = [n for n in looks.tracked(self.tree, "") if not n.startswith(("tests/", "findings/"))]
        total = hashlib.sha1()
        for name in names:
            with open(f"{self.tree}/{name}", "rb") as f:
                total.update(name.encode() + f.read())
        return total.hexdigest()

    def make_package(self):
        """(outcome, detail): it is there, and lintian had nothing to say. Built once for two suites."""
        stamp, sources = f"{self.path}{_BUILT}.stamp", self._sources()
        if os.path.exists(stamp):
            with open(stamp) as f:
                if f.read() == sources:
                    return "ok", ""
            os.unlink(stamp)
        outcome, detail = self.does(f"sh packaging/debian/build.sh {_BUILT}")
        if outcome == "ok":
            with open(stamp, "w") as f:
                f.write(sources)
        return outcome, detail

    def installs_package(self):
        outcome, detail = self.make_package()
        return self.does(_INSTALL_IT) if outcome == "ok" else (outcome, detail)

    def build_package(self, out):
        """Built from the tree as it is now; the packages, into the folder out."""
        self.prepare()
        for attempt in (self.get_builders, self.make_package):
            outcome, detail = attempt()
            if outcome != "ok":
                raise Failed(f"the package for {self.release}: {detail}")
        shutil.rmtree(out, ignore_errors=True)
        os.makedirs(out)
        for package in glob.glob(f"{self.path}{_BUILT}/*.deb"):
            shutil.copy(package, out)

    def does(self, script):
        """(outcome, detail) of a script that must succeed."""
        with self.start(script) as process:
            said = process.stdout.read()
        return ("ok", "") if process.returncode == 0 else ("fail", said[-4000:])


def _cases(lines):
    """(outcome, name, seconds, detail) of each case of another run."""
    case, detail = None, []
    for line in lines:
        found = _CASE.fullmatch(line)
        if found:
            if case:
                yield *case, "\n".join(detail)
            word, name, seconds = found.groups()
            case, detail = (_OUTCOMES[word], name, float(seconds) if seconds else None), []
        elif case and line.startswith(("     | ", "     # ")):
            detail.append(line[7:])
    if case:
        yield *case, "\n".join(detail)


def _suites(root, report):
    """Their cases, as this run's."""
    prefix = f"releases/{root.release}"
    last, failed = collections.deque(maxlen=40), 0
    with root.start(_RUN) as process:
        lines = (last.append(line) or line.rstrip("\n") for line in process.stdout)
        for outcome, name, seconds, detail in _cases(lines):
            report.add(f"{prefix}/{name}", outcome, seconds, detail)
            failed += outcome == "fail"
    if process.returncode != 0 and not failed:
        report.add(f"{prefix}: the suites", "fail", None, "".join(last))


def chosen(tree):
    """The root of the release that the suite asks about."""
    return Root(tree, os.environ.get("RELEASE") or releases.row()["other"])


def run(root, beside, report):
    """beside: what makes the root. Nobody else may be at work in it."""
    release = root.release
    try:
        beside.get()
        root.prepare()
    except Skipped as e:
        report.add(f"releases/{release}: nothing could be run", "skip", None, str(e))
        return
    report.run(f"releases/{release}/quickstart shows a freeze",
               lambda: root.does("sh packaging/quickstart.sh"))
    report.run(f"releases/{release}/what the package is built with can be installed",
               root.get_builders)
    report.run(f"releases/{release}/the package is built, and lintian and apt take it",
               root.installs_package)
    _suites(root, report)
