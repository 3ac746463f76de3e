# SPDX-License-Identifier: MIT
"""A folder of hooks in an arena; each notes its calls, "NAME PHASE", in one file."""
import json
import os

from cases import within

CALLS = "/run/hook.log"


class Folder:
    def __init__(self, path="/etc/hooks.d"):
        self.path = path
        os.makedirs(path, exist_ok=True)

    def option(self):
        return f"-F{self.path}"

    def put(self, name, text, mode=0o755):
        path = f"{self.path}/{name}"
        with open(path, "w") as f:
            f.write(text)
        os.chmod(path, mode)
        return path

    def add(self, name, freeze="true", thaw="true"):
        """Adds a hook that is called once for the freeze and once for the thaw."""
        return self.put(name, "#!/bin/sh\n"
                        f'echo "{name} $1" >> {CALLS}\n'
                        f'case "$1" in\nfreeze)\n{freeze}\n;;\nthaw)\n{thaw}\n;;\nesac\n')

    def hold(self, name, before="echo READY", after="true"):
        """Adds a hold hook: its input ends with the thaw. Its pid is in /run/NAME.pid."""
        return self.put(name, "#!/bin/sh\n"
                        f'echo "{name} $1" >> {CALLS}\necho $$ > /run/{name}.pid\n'
                        f"{before}\n"
                        "cat > /dev/null\n"
                        f'echo "{name} ends" >> {CALLS}\n{after}\n')


def connect(world, folder, *options):
    """A disk at /mnt/a, an agent that runs the hooks of the folder, and a client of it."""
    world.disk("ext4", "/mnt/a")
    return world.connect(folder.option(), *options)


def calls():
    try:
        with open(CALLS) as f:
            return f.read().splitlines()
    except FileNotFoundError:
        return []


def wait_call(call, limit_s=10):
    within(limit_s, lambda: call in calls(), lambda: f"{call!r} comes; there were {calls()}")


def pid_in(path, limit_s=10):
    """The pid that a hook has written."""
    def read():
        try:
            with open(path) as f:
                return int(f.read() or 0)
        except FileNotFoundError:
            return 0
    return within(limit_s, read, f"a pid in {path}")


def last_freeze(world, client=None, statedir="/run/state"):
    """The newest record of `frost-ga status --json` of a freeze that has ended, or None. It is
    written after the thaw is answered, and before anything else is: the agent of a client is asked
    something first."""
    if client:
        client.call("guest-ping")
    run = world.run("status", "--json", f"--statedir={statedir}")
    return next((freeze for freeze in json.loads(run.stdout)["freezes"] if freeze["end"]), None)


def told(record):
    """{"NAME PHASE": result} of a record."""
    hooks = record["hooks"] if record else []
    return {f"{os.path.basename(h['name'])} {h['phase']}": h["result"] for h in hooks}
