# SPDX-License-Identifier: MIT
"""What of a freeze goes to the machine's own services: the journal, syslog, systemd."""
import contextlib
import os
import socket

from cases import case, contains, equal, true
from host import freeze, thaw
from hookfolder import Folder
from receipts import ask

OURS = "qemu-ga tells no service of a freeze"
JOURNAL = "/run/systemd/journal/socket"
MESSAGE_ID = "6f1c4be0a4d94b0f9a6f0f3f1d2c7e55"


@contextlib.contextmanager
def _service(path):
    """A socket that keeps what it is sent."""
    if path[0] != "@":
        os.makedirs(os.path.dirname(path), exist_ok=True)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as service:
        service.bind(path.replace("@", "\0", 1))
        service.settimeout(15)
        try:
            yield service
        finally:
            if path[0] != "@":
                os.unlink(path)


def _entry(service):
    lines = service.recv(1 << 16).decode().splitlines()
    return dict(line.split("=", 1) for line in lines)


@case(own=OURS)
def each_freeze_is_one_entry_of_the_journal_with_fields(world):
    world.disk("ext4", "/mnt/a")
    folder = Folder()
    folder.add("10-bad", freeze="exit 3")
    with _service(JOURNAL) as journal:
        _, client = world.connect(folder.option(), "--hold-timeout=1")
        freeze(client, 1)
        thaw(client, 1)
        told = ask(client)["freezes"][0]
        entry = _entry(journal)
        equal({name: entry[name] for name in ("MESSAGE_ID", "PRIORITY", "FROST_GA_ID",
                                              "FROST_GA_END", "FROST_GA_ERROR", "FROST_GA_COUNT",
                                              "FROST_GA_NOT_HELD", "FROST_GA_HOOKS_FAILED",
                                              "FROST_GA_WINDOW_US")},
              {"MESSAGE_ID": MESSAGE_ID, "PRIORITY": "6", "FROST_GA_ID": told["id"],
               "FROST_GA_END": "host", "FROST_GA_ERROR": "", "FROST_GA_COUNT": "1",
               "FROST_GA_NOT_HELD": "0", "FROST_GA_HOOKS_FAILED": "1",
               "FROST_GA_WINDOW_US": str(told["window_us"])}, "a freeze that went well")
        stall, window = int(entry["FROST_GA_STALL_US"]), int(entry["FROST_GA_WINDOW_US"])
        true(0 < stall <= window, f"it stood still for {stall} of {window} us")
        contains(entry["MESSAGE"], f"freeze {told['id']} held 1 filesystem for", "the message")
        freeze(client, 1)
        entry = _entry(journal)    # when the limit has ended it
        equal((entry["FROST_GA_END"], entry["PRIORITY"]), ("deadline", "4"), "one that did not")


@case(own=OURS)
def without_a_journal_each_freeze_is_one_line_of_syslog(world):
    world.disk("ext4", "/mnt/a")
    with _service("/dev/log") as daemon:
        _, client = world.connect()
        freeze(client, 1)
        thaw(client, 1)
        id_ = ask(client)["freezes"][0]["id"]
        lines = [daemon.recv(1 << 16).decode() for _ in range(3)]
        contains(lines[0], "guest-fsfreeze called", "the first line")
        contains(lines[1], "guest-fsthaw called", "the second line")
        contains(lines[2], f"freeze {id_} held 1 filesystem for", "the third line")
        contains(lines[2], "thawed by the host", "the third line")


@case(own=OURS)
def a_journal_that_stands_still_holds_nobody_up(world):
    world.disk("ext4", "/mnt/a")
    with _service(JOURNAL), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as filler:
        filler.setblocking(False)
        filler.connect(JOURNAL)
        try:
            while True:
                filler.send(b"x" * 1000)
        except BlockingIOError:
            pass
        _, client = world.connect()
        for _ in range(3):
            freeze(client, 1)
            thaw(client, 1)


@case(own=OURS)
def systemd_is_told_when_the_agent_is_up_and_what_it_is_at(world):
    world.disk("ext4", "/mnt/a")
    for path in ("/run/notify", "@frost-ga-test"):
        hook = world.hook(freeze='echo "${NOTIFY_SOCKET:-none}" > /run/seen')
        with _service(path) as systemd:
            agent = world.agent()
            agent.start(f"-F{hook}", env={"NOTIFY_SOCKET": path})
            equal(_entry(systemd), {"READY": "1", "STATUS": "Nothing is frozen"}, "at the start")
            with agent.client() as client:
                freeze(client, 1)
                contains(_entry(systemd)["STATUS"], "are frozen", "while it holds")
                thaw(client, 1)
                equal(_entry(systemd)["STATUS"], "Nothing is frozen", "after the thaw")
                contains(_entry(systemd)["STATUS"], "held 1 filesystem", "the last freeze")
            with open("/run/seen") as f:
                equal(f.read().strip(), "none", "hooks are not listened to")
            agent.stop()


@case(own=OURS)
def figures_for_prometheus_are_printed_or_put_into_a_folder_but_not_while_frozen(world):
    world.disk("ext4", "/mnt/a")
    os.makedirs("/run/textfile")
    agent, client = world.connect()
    write = ("status", "-t", agent.statedir, "--textfile=/run/textfile")
    freeze(client, 1)
    told = world.run("status", "-t", agent.statedir, "--prometheus").stdout
    contains(told, "\nfrost_ga_frozen 1\n", "while it holds")
    run = world.run(*write)
    equal(run.returncode, 1, "exit status of what must not write")
    contains(run.stderr, "nothing is written while", "why")
    equal(os.listdir("/run/textfile"), [], "what was written while frozen")
    thaw(client, 1)
    old = os.umask(0o077)
    equal(world.run(*write).returncode, 0, "exit status")
    os.umask(old)
    equal(os.listdir("/run/textfile"), ["frost-ga.prom"], "what was written")
    equal(os.stat("/run/textfile/frost-ga.prom").st_mode & 0o777, 0o644, "its mode")
    with open("/run/textfile/frost-ga.prom") as f:
        text = f.read()
    equal(world.run("status", "-t", agent.statedir, "--prometheus").stdout, text, "the same printed")
    for line in ('frost_ga_frozen 0', 'frost_ga_freezes_total{end="host"} 1',
                 'frost_ga_last_freeze_filesystems{outcome="frozen"} 1'):
        contains(text.splitlines(), line, "lines")
