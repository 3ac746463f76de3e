# SPDX-License-Identifier: MIT
"""What the agent starts has the surroundings of a service, whatever the agent's unit gave to it."""
import os
import resource
import signal
import stat

from cases import case, equal, within
from hookfolder import Folder, wait_call
from host import freeze, thaw

# Written by whoever asks: umask by what it makes, then what the kernel says of it.
_ASK = ('mkdir $1; : > $1/file; read adj < /proc/self/oom_score_adj; '
        'echo "$adj $(ulimit -n) $(ulimit -l)" > $1/told; '
        'cat /proc/self/status > $1/status; : > $1/done')
_OPEN_FILES = 700


def _protect():
    """As a unit with UMask=0077 and OOMScoreAdjust=-900 does, the latter where it is allowed."""
    os.umask(0o077)
    try:
        with open("/proc/self/oom_score_adj", "w") as f:
            f.write("-900")
    except PermissionError:
        pass    # in a container without CAP_SYS_RESOURCE
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (_OPEN_FILES, hard))
    signal.signal(signal.SIGUSR1, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR2})


def _asker():
    with open("/root/ask", "w") as f:
        f.write(f"#!/bin/sh\n{_ASK}\n")
    os.chmod("/root/ask", 0o755)
    return "/root/ask"


def _must_be_a_service_s(folder, umask=0o022, oom=0, open_files=_OPEN_FILES):
    within(10, lambda: os.path.exists(f"{folder}/done"), f"{folder} is written")
    equal(oct(stat.S_IMODE(os.stat(folder).st_mode)), oct(0o777 & ~umask), f"mode of {folder}")
    equal(oct(stat.S_IMODE(os.stat(f"{folder}/file").st_mode)), oct(0o666 & ~umask), "mode of a file")
    soft, _ = resource.getrlimit(resource.RLIMIT_MEMLOCK)
    memory = "unlimited" if soft == resource.RLIM_INFINITY else soft // 1024
    with open(f"{folder}/told") as f:
        told = f.read().split()
    equal(told, [str(oom), str(open_files or told[1]), str(memory)], f"told by {folder}")
    with open(f"{folder}/status") as f:
        masks = [line.split() for line in f if line.startswith(("SigBlk", "SigIgn", "SigCgt"))]
    equal([mask for _, mask in masks], ["0" * 16] * 3, f"signals blocked, ignored, caught: {masks}")


def _hooks():
    """One that asks on both sides and leaves a daemon that asks as well, and one that holds."""
    ask = _asker()
    folder = Folder()
    folder.add("10-a", freeze=f"{ask} /run/freeze", thaw=f"{ask} /run/thaw\n"
                              f"setsid -f {ask} /run/daemon")
    folder.hold("20-b.hold", before=f"{ask} /run/hold; echo READY")
    return folder


@case(own="qemu-ga runs one program, which inherits all that the agent has")
def hooks_and_what_they_leave_have_a_service_s_surroundings(world):
    world.disk("ext4", "/mnt/a")
    agent = world.agent().start(_hooks().option(), preexec=_protect)
    with agent.client() as client:
        freeze(client, 1)
        thaw(client, 1)
    for name in ("freeze", "hold", "thaw", "daemon"):
        _must_be_a_service_s(f"/run/{name}")


@case(own="qemu-ga has no recovery")
def hooks_that_the_recovery_undoes_have_them_too(world):
    world.disk("ext4", "/mnt/a")
    agent = world.agent().start(_hooks().option(), preexec=_protect)
    with agent.client() as client:
        freeze(client, 1)
        agent.kill()
    wait_call("10-a thaw")
    for name in ("thaw", "daemon"):
        _must_be_a_service_s(f"/run/{name}")


@case(own="the same after both deaths")
def hooks_that_the_next_agent_or_a_person_undoes_have_them_too(world):
    world.disk("ext4", "/mnt/a")
    agent = world.agent().start(_hooks().option(), preexec=_protect)
    with agent.client() as client:
        freeze(client, 1)
        agent.kill_all()
    equal(world.run("thaw", f"--statedir={agent.statedir}").returncode, 0, "exit status")
    for name in ("thaw", "daemon"):
        _must_be_a_service_s(f"/run/{name}")


def _exec(client, *argv):
    client.call("guest-exec", {"path": argv[0], "arg": list(argv[1:])})


@case(differs="its children inherit umask, out-of-memory score and limits of its unit")
def programs_of_the_host_have_a_service_s_surroundings(world):
    agent = world.agent().start(preexec=_protect)
    with agent.client() as client:
        _exec(client, _asker(), "/run/exec")
        _must_be_a_service_s("/run/exec")


@case(own="qemu-ga has no such settings")
def the_configuration_says_otherwise(world):
    world.disk("ext4", "/mnt/a")
    agent = world.agent().start(_hooks().option(), "--child-umask=077",
                                "--child-oom-score-adj=500", preexec=_protect)
    with agent.client() as client:
        _exec(client, _asker(), "/run/exec")
        _must_be_a_service_s("/run/exec", 0o077, 500)
        freeze(client, 1)
        agent.kill()
    wait_call("10-a thaw")
    for name in ("freeze", "hold", "thaw", "daemon"):
        _must_be_a_service_s(f"/run/{name}", 0o077, 500)


def _spare():
    with open("/proc/self/oom_score_adj", "w") as f:
        f.write("300")


@case(own="qemu-ga has no such settings")
def an_agent_with_a_high_oom_score_passes_it_to_its_children(world):
    agent = world.agent().start(preexec=_spare)
    with agent.client() as client:
        _exec(client, _asker(), "/run/exec")
        _must_be_a_service_s("/run/exec", oom=300, open_files=None)
