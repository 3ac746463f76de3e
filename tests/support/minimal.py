# SPDX-License-Identifier: MIT
"""A build with -Dcommands=minimal has nothing but the commands that a guest needs."""
import subprocess

WANTED = """guest-sync-delimited guest-sync guest-ping guest-get-time guest-set-time guest-info
guest-shutdown guest-fsfreeze-status guest-fsfreeze-freeze guest-fsfreeze-freeze-list
guest-fsfreeze-thaw guest-fstrim guest-network-get-interfaces guest-get-fsinfo guest-get-host-name
guest-get-users guest-get-timezone guest-get-osinfo guest-get-load
__org.frost-ga_fsfreeze-receipt""".split()

# Of what only a family that is left out calls.
LEFT_OUT = ("frost_exec", "frost_files_", "frost_key", "frost_password", "frost_account",
            "frost_suspend", "frost_routes", "frost_disk_stats", "frost_status_run")


def _output(*argv):
    return subprocess.run(argv, capture_output=True, text=True, check=True).stdout


def _has_twenty_commands(binary):
    names = _output(binary, "-b", "help").split()
    return ("ok", "") if names == WANTED else ("fail", f"{names}\ninstead of\n{WANTED}")


def _symbols(binary):
    return [line.split()[-1] for line in _output("nm", binary).splitlines()]


def _has_no_other_code(binary, whole):
    found = [name for name in _symbols(binary) if name.startswith(LEFT_OUT)]
    if found:
        return "fail", " ".join(found)
    there = _symbols(whole)
    unknown = [part for part in LEFT_OUT if not any(name.startswith(part) for name in there)]
    return ("fail", f"in no build at all: {unknown}") if unknown else ("ok", "")


def run(build, whole, report):
    """whole: an agent with everything in it, which shows that the names are names."""
    if not build.make(report):
        return
    binary = build.path("agent/frost-ga")
    report.run("commands/minimal has its twenty commands, in their order",
               lambda: _has_twenty_commands(binary))
    report.run("commands/minimal has no code of what is left out",
               lambda: _has_no_other_code(binary, whole))
