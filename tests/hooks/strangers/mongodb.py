# SPDX-License-Identifier: MIT
"""50-mongodb.hold with stand-ins for the server and its client: Debian has neither."""
import os
import re
import shutil
import signal
import subprocess

from cases import case, contains, equal, true, within
from hookplay import Holder, configure
from strangers import LISTENS, PASSWORD, Stranger, add_alice, passed_over, secret_file

HOOK = "50-mongodb.hold"
SERVICE = 110     # a uid
SAID = "/run/mongosh.said"
# It says of a statement what a shell that carries it out would print.
CLIENT = f"""#!/bin/sh
while read -r line; do
    echo "$line" >>{SAID}
    case $line in
        *'.fsyncLock()'*) echo frost-locked ;;
        *'.fsyncUnlock()'*) echo frost-released ;;
    esac
done
"""
ENVIRONMENT = {"PATH": "/srv/bin:" + os.environ["PATH"]}


class Server:
    """A service that listens where MongoDB does, and runs a file of root's with its name."""

    def __init__(self, port=27017):
        add_alice()
        os.makedirs("/srv/bin", exist_ok=True)
        shutil.copy2(os.path.realpath("/usr/bin/python3"), "/srv/bin/mongod")
        with open("/srv/bin/mongosh", "w") as f:
            f.write(CLIENT)
        os.chmod("/srv/bin/mongosh", 0o755)
        log = "/run/mongod.caught"
        secret_file(log, "", SERVICE)
        self.process = subprocess.Popen(
            ["mongod", "-B", "/tests/support/stand-in.py", log, "silent", str(port)],
            executable="/srv/bin/mongod", user=SERVICE, group=SERVICE, extra_groups=[], cwd="/",
            stdin=subprocess.DEVNULL)
        within(20, lambda: LISTENS in _text(log).encode(), "it listens")

    def kill(self):
        self.process.kill()
        self.process.wait(10)


def _text(path):
    with open(path) as f:
        return f.read()


def _clients(holder):
    lines = holder.command_lines()
    true(PASSWORD not in str(lines), f"the password is on a command line: {lines}")
    return [pid for pid, words in lines.items() if "/srv/bin/mongosh" in words]


@case(own="a hook")
def the_session_that_locks_lets_go_and_no_command_line_has_the_password(world):
    server = Server()
    uri = f"mongodb://backup:{PASSWORD.replace(' ', '+')}@127.0.0.1:27017/admin"
    configure("mongodb", uri=uri)
    holder = Holder(HOOK, env=ENVIRONMENT).must_be_ready()
    contains(holder.text, "holds the server")
    equal(len(_clients(holder)), 1, "clients while it is locked")
    true("fsyncUnlock" not in _text(SAID), "it is released before the thaw")
    holder.release()
    equal(re.findall(r"connect|fsync\w+", _text(SAID)), ["connect", "fsyncLock", "fsyncUnlock"])
    contains(_text(SAID), uri)
    holder.leaves_nothing()
    server.kill()


@case(own="a hook")
def a_lock_whose_session_is_killed_is_released_by_another(world):
    """Its lock outlives the session that took it."""
    server = Server()
    holder = Holder(HOOK, env=ENVIRONMENT).must_be_ready()
    client, = _clients(holder)
    os.kill(client, signal.SIGKILL)
    holder.process.stdin.close()
    equal(holder.ended(), 1, "status of a hook that has lost its session")
    contains(holder.text, "the session has ended")
    equal(_text(SAID).count("fsyncUnlock"), 1, "releases")
    holder.leaves_nothing()
    server.kill()


@case(own="a hook")
def nobody_but_a_server_is_told_the_password(world):
    """A person listens at the address; the server does elsewhere."""
    server = Server(27018)
    stranger = Stranger("mongod", "silent", "27017")
    configure("mongodb", uri=f"mongodb://backup:{PASSWORD}@127.0.0.1:27017/admin")
    holder = Holder(HOOK, env=ENVIRONMENT)
    true(not holder.ready(20), "it holds something")
    equal(holder.ended(), 1, "status")
    contains(holder.text, f"no server listens at 127.0.0.1:27017; pids of those that run: "
                          f"{server.process.pid}")
    passed_over(holder.text, stranger)
    stranger.was_left_alone()
    true(not os.path.exists(SAID), "a client was started")
    stranger.kill()
    server.kill()
