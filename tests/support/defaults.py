# SPDX-License-Identifier: MIT
"""Part of suite `format`: what the RPM lets a host do, with each form of /etc/sysconfig/qemu-ga that
distributions have shipped (the table in packaging/README.md)."""
import fnmatch
import re
import shlex
import subprocess

_CLOSED = ("guest-exec", "guest-exec-status", "guest-file-close", "guest-file-flush",
           "guest-file-open", "guest-file-read", "guest-file-seek", "guest-file-write")


def _read(tree, name):
    with open(f"{tree}/packaging/rpm/{name}", encoding="utf-8") as f:
        return f.read()


def _assigned(text):
    """As systemd reads an environment file: comments, and quotes around a value."""
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return dict(shlex.split(line)[0].split("=", 1) for line in lines)


def _arguments(tree, file):
    """The words with which systemd starts the agent. ${NAME} is one word, $NAME as many words as
    its value has."""
    drop_in = _read(tree, "10-sysconfig.conf")
    values = {}
    for line in re.findall(r"^Environment=(.*)$", drop_in, re.M):
        values.update(word.split("=", 1) for word in shlex.split(line))
    values.update(_assigned(file))
    words = []
    for word in re.findall(r"^ExecStart=(.+)$", drop_in, re.M)[0].split()[1:]:
        whole = re.fullmatch(r"\$(\w+)", word)
        words += (values[whole[1]].split() if whole else
                  [re.sub(r"\$\{(\w+)\}", lambda m: values[m[1]], word)])
    return words


def _say(program, *arguments):
    return subprocess.run([program, *arguments], capture_output=True, text=True, check=True,
                          env={"QGA_CONF": "/none"}).stdout


def _open(tree, program, file):
    """The commands that a host may use."""
    dump = _say(program, *_arguments(tree, file), "-D")
    lists = {key: [name for name in value.split(",") if name]
             for key, value in re.findall(r"^(block|allow)-rpcs=(.*)$", dump, re.M)}

    def has(key, command):
        return any(fnmatch.fnmatchcase(command, name) for name in lists[key])
    return {command for command in _say(program, "-b", "help").split()
            if (not lists["allow"] or has("allow", command)) and not has("block", command)}


def _outcome(found, expected):
    return ("ok", "") if found == expected else (
        "fail", f"open, and should not be: {sorted(found - expected)}; "
                f"closed, and should not be: {sorted(expected - found)}")


def _shipped(tree, program):
    """Nothing that RHEL closes is open, with the package's file and without any."""
    every = set(_say(program, "-b", "help").split())
    listed = _assigned(_read(tree, "qemu-ga.sysconfig"))["FILTER_RPC_ARGS"]
    names = set(listed.partition("=")[2].split(","))
    if names - every or len(every) < 40:
        return "fail", f"these are no commands: {sorted(names - every)}"
    if names & set(_CLOSED):
        return "fail", f"these are open: {sorted(names & set(_CLOSED))}"
    for file in (_read(tree, "qemu-ga.sysconfig"), "", "FSFREEZE_HOOK_PATHNAME=/etc/hook\n"):
        outcome = _outcome(_open(tree, program, file), names)
        if outcome[0] != "ok":
            return outcome
    return "ok", ""


def _allowed(tree, program):
    """RHEL 9.4 and later; what public scripts write to open more."""
    return _outcome(_open(tree, program, 'FILTER_RPC_ARGS="--allow-rpcs=guest-ping,guest-exec"\n'),
                    {"guest-ping", "guest-exec"})


def _emptied(tree, program):
    every = set(_say(program, "-b", "help").split())
    for file in ('FILTER_RPC_ARGS=""\n', "FILTER_RPC_ARGS=\n"):
        outcome = _outcome(_open(tree, program, file), every)
        if outcome[0] != "ok":
            return outcome
    return "ok", ""


def _blocked(tree, program):
    """All other names of the variable close what they list."""
    every = set(_say(program, "-b", "help").split())
    value = ",".join(_CLOSED)
    for line in (f"BLACKLIST_RPC={value}", f"BLOCK_RPCS={value}",
                 f"QEMU_GA_ARGS=--block-rpcs={value}"):
        outcome = _outcome(_open(tree, program, f"FILTER_RPC_ARGS=\n{line}\n"),
                           every - set(_CLOSED))
        if outcome[0] != "ok":
            return outcome
    return "ok", ""


def run(tree, program, report):
    """program: the built agent."""
    report.run("format/the RPM opens nothing that RHEL closes", lambda: _shipped(tree, program))
    report.run("format/the RPM takes RHEL's list of what is allowed",
               lambda: _allowed(tree, program))
    report.run("format/the RPM takes an empty list for all", lambda: _emptied(tree, program))
    report.run("format/the RPM takes the lists of RHEL 8, RHEL 9.2 and Fedora",
               lambda: _blocked(tree, program))
