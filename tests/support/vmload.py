# SPDX-License-Identifier: MIT
"""Writers in a guest whose every step can be looked for in an image of its disks, beside files that
are deleted and still open, as every real system has them."""
from cases import true, within
from vmworld import points

# Holds deleted files open until it is killed.
_DELETES = """sh -c 'cd {folder} && exec 3>deleted3 4>deleted4 5>deleted5 && echo text >&3 && rm deleted? &&
cd / && echo deleted >>/run/deleted && exec sleep 100000'""".replace("\n", " ")
KINDS = ("fsynced", "buffered", "mapped", "churn")


class Load:
    """The four writers on each filesystem of a guest."""

    def __init__(self, guest):
        self.guest = guest
        self.folders = {p: "root" if p == "/" else p.strip("/").replace("/", "-")
                        for p in points(guest)}
        self.pids = []

    def start(self, steps=64):
        """Starts the writers, and waits until each has made some steps."""
        self.guest.run("mkdir -p /run/notes; rm -f /run/notes/* /run/deleted")
        for point, name in self.folders.items():
            base = point.rstrip("/")
            self.guest.run(f"rm -rf {base}/fsynced {base}/buffered {base}/mapped {base}/churn")
            for kind in KINDS:
                self.pids.append(self.guest.spawn(
                    f"writer {kind} {base}/{kind} /run/notes/{name}-{kind}", "/run/writers.log"))
            self.pids.append(self.guest.spawn(_DELETES.format(folder=point), "/run/writers.log"))
        within(60, lambda: int(self.guest.run("cat /run/deleted 2>/dev/null | wc -l")) == len(self.folders),
               "files are deleted on each filesystem")
        within(60, lambda: all(done >= steps for kinds in self.notes().values()
                               for _, done in kinds.values()),
               lambda: f"the writers make progress: {self.notes()}")
        return self

    def notes(self):
        """{point: {kind: (started, done)}}"""
        paths = [f"/run/notes/{name}-{kind}" for name in self.folders.values() for kind in KINDS]
        said = iter(self.guest.run("writer show " + " ".join(paths)).splitlines())
        return {point: {kind: tuple(int(n) for n in next(said).split()) for kind in KINDS}
                for point in self.folders}

    def stop(self):
        if self.pids:
            self.guest.run(f"kill -9 {' '.join(map(str, self.pids))}")
        said = self.guest.run("cat /run/writers.log")
        self.pids = []
        true(not said.strip(), f"a writer failed: {said}")

    def __enter__(self):
        return self.start()

    def __exit__(self, *failed):
        if failed[0] is None:
            self.stop()
