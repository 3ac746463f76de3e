# SPDX-License-Identifier: MIT
"""Options, config file and lists, compared with qemu-ga side by side."""
import os

import world as where
from cases import Skipped, case, contains, equal, true

CORE = ["guest-sync-delimited", "guest-sync", "guest-ping", "guest-info", "guest-fsfreeze-status",
        "guest-fsfreeze-freeze", "guest-fsfreeze-freeze-list", "guest-fsfreeze-thaw"]
WHILE_FROZEN = {"guest-ping", "guest-info", "guest-sync", "guest-sync-delimited",
                "guest-fsfreeze-status", "guest-fsfreeze-thaw"}


def _config(text, path="/run/ga.conf"):
    with open(path, "w") as f:
        f.write(text)
    return {"QGA_CONF": path}


def _enabled(client):
    return {c["name"]: c["enabled"] for c in client.call("guest-info")["supported_commands"]}


@case()
def info_lists_the_commands_and_a_version(world):
    _, client = world.connect()
    info = client.call("guest-info")
    listed = {c["name"]: c for c in info["supported_commands"]}
    for name in CORE:
        equal(listed[name], {"name": name, "enabled": True, "success-response": True})
    true(all(part.isdigit() for part in info["version"].split(".")), info["version"])
    equal(len(info["version"].split(".")), 3, "parts of the version")


@case()
def a_blocked_command_is_refused_as_not_found(world):
    _, client = world.connect("-b", "guest-ping,guest-info")
    for name in ("guest-ping", "guest-info"):
        refusal = client.refusal(name)
        equal(refusal.error_class, "CommandNotFound")
        contains(refusal.desc, f"Command {name} has been disabled")
    equal(client.call("guest-sync", {"id": 1}), 1)


@case()
def block_lists_add_up_over_options_and_config(world):
    env = _config("[general]\nblock-rpcs=guest-ping\n")
    agent = world.agent().start("-b", "guest-sync", "--block-rpcs=guest-fsfreeze-thaw", env=env)
    with agent.client() as client:
        enabled = _enabled(client)
    equal({n for n in CORE if not enabled[n]}, {"guest-ping", "guest-sync", "guest-fsfreeze-thaw"})


@case(differs="no such option in 7.2", of="7.2", cheap=True)
def an_allow_list_leaves_out_everything_else(world):
    _, client = world.connect("-a", "guest-ping,guest-info,guest-sync", "-b", "guest-sync")
    enabled = _enabled(client)
    equal({n for n in enabled if enabled[n]}, {"guest-ping", "guest-info"})
    refusal = client.refusal("guest-fsfreeze-status")
    equal(refusal.error_class, "CommandNotFound")
    equal(refusal.desc, "Command guest-fsfreeze-status has been disabled: "
                        "the command is not allowed")


@case(own="9.1 has forgotten the old name, and before that an empty list of it opened everything")
def either_name_of_the_block_list_closes(world):
    for lists in ("block-rpcs=guest-ping\nblacklist=", "blacklist=guest-ping\nblock-rpcs=",
                  "block-rpcs=guest-ping\nblock-rpcs="):
        env = _config(f"[general]\n{lists}\n")
        agent = world.agent().start(env=env)
        with agent.client() as client:
            true(not _enabled(client)["guest-ping"], lists)
        equal(agent.stop(), 0, "exit status")


@case()
def a_list_may_name_what_does_not_exist(world):
    _, client = world.connect("-b", "no-such-command,,guest-ping")
    client.refusal("guest-ping")
    equal(client.call("guest-sync", {"id": 3}), 3)


@case()
def block_help_prints_the_commands_and_ends(world):
    for word in ("help", "?"):
        run = world.run("-b", word)
        equal(run.returncode, 0, "exit status")
        names = run.stdout.split()
        equal([n for n in names if n in CORE and n != "guest-info"],
              [n for n in CORE if n != "guest-info"], "order")
        equal(run.stderr, "")


@case()
def version_is_printed_as_qemu_ga_prints_it(world):
    for option in ("-V", "--version"):
        run = world.run(option)
        equal(run.returncode, 0, "exit status")
        first = run.stdout.splitlines()[0]
        true(first.startswith("QEMU Guest Agent "), first)
        true(first.split()[-1].count(".") == 2, first)


@case()
def help_is_printed_and_names_the_options(world):
    for option in ("-h", "--help"):
        run = world.run(option)
        equal(run.returncode, 0, "exit status")
        for word in ("--method", "--path", "--logfile", "--pidfile", "--statedir",
                     "--fsfreeze-hook", "--block-rpcs", "--retry-path", "--dump-conf"):
            contains(run.stdout, word, "help")


DUMPS = (
    [],
    ["-m", "unix-listen", "-p", "/run/x.sock"],
    ["-m", "isa-serial"],
    ["-v", "-r", "-d", "-l", "/run/log", "-f", "/run/pid", "-t", "/run"],
    ["-F"],
    ["-F/run/hook"],
    ["--fsfreeze-hook=/run/hook with blank"],
    ["-b", "guest-ping"],
    ["-b", "guest-ping,guest-info", "-b", "guest-sync"],
    ["-m", "no-such-method", "-p", "/x"],
    ["word", "-v", "another"],
    ["-s", "install"],
    ["--daemon", "--verb"],
)
CONFIGS = (
    "",
    "[general]\ndaemon=true\nverbose=1\nretry-path=0\n",
    "[general]\nmethod=unix-listen\npath=/run/y.sock\nlogfile=/run/l\npidfile=/run/p\n"
    "statedir=/run/s\nfsfreeze-hook=/run/h\nblock-rpcs=guest-ping,guest-sync\n",
    "[general]\npath=/run/with blank  \n[other]\nkey=1\n",
    "[general]\nblock-rpcs=\nunknown=5\n",
    "# only a comment\n[general]\npath=/run/a\\sb\n",
)


def _general(text):
    """The lines of group [general], without what 7.2 does not know."""
    lines = text.split("\n[")[0].splitlines()
    return [line for line in lines if line and not line.startswith("allow-rpcs")]


def _dump(world, program, argv, env):
    run = world.run("-D", *argv, program=program, env=env)
    return run.returncode, _general(run.stdout), run.stderr


@case(own="compares with qemu-ga itself")
def the_dump_is_qemu_gas(world):
    if not os.path.exists(where.REFERENCE):
        raise Skipped("qemu-ga is not there")
    for argv in DUMPS:
        for text in CONFIGS:
            env = _config(text)
            equal(_dump(world, where.OURS, argv, env), _dump(world, where.REFERENCE, argv, env),
                  f"-D {' '.join(argv)} with {text!r}")


@case()
def the_dump_of_a_listener_needs_a_path(world):
    for method in ("unix-listen", "vsock-listen"):
        run = world.run("-D", "-m", method)
        equal(run.returncode, 1, "exit status")
        contains(run.stderr, "must specify a path for this channel")


@case(differs="no such option in 7.2", of="7.2", cheap=True)
def a_config_named_by_option_wins_over_the_environment(world):
    env = _config("[general]\npath=/run/from-env\n")
    with open("/run/named.conf", "w") as f:
        f.write("[general]\npath=/run/from-option\n")
    for argv in (["-c", "/run/named.conf"], ["--config=/run/named.conf"]):
        run = world.run("-D", *argv, env=env)
        equal(run.returncode, 0, "exit status")
        contains(run.stdout, "path=/run/from-option\n")
    equal(world.run("-D", "-c", "/run/no-such.conf").returncode, 1, "exit status")


@case()
def a_config_that_is_missing_is_no_error(world):
    equal(world.run("-D", env={"QGA_CONF": "/run/no-such.conf"}).returncode, 0)
    equal(world.run("-D", env={"QGA_CONF": ""}).returncode, 0)


@case()
def a_config_that_cannot_be_understood_is_an_error_that_names_it(world):
    for text in ("no group\n", "[general]\nverbose=maybe\n", "[general\n"):
        env = _config(text)
        for argv in ([], ["-D"], ["-V"]):
            run = world.run(*argv, env=env)
            equal(run.returncode, 1, f"exit status of {argv} with {text!r}")
            contains(run.stderr, "error loading configuration from path: /run/ga.conf")


@case()
def an_unknown_option_is_an_error(world):
    for argv in (["--no-such"], ["-Z"], ["-m"]):
        run = world.run(*argv)
        equal(run.returncode, 1, "exit status")
        contains(run.stdout, "Unknown option, try '")
        contains(run.stdout, "--help' for more information.")


@case()
def an_unknown_method_is_an_error(world):
    run = world.run("-m", "foo", "-p", "/run/x", "-t", "/run")
    equal(run.returncode, 1, "exit status")
    contains(run.stderr, "unsupported channel method/type: foo")


@case()
def a_listener_without_a_path_is_an_error(world):
    run = world.run("-m", "unix-listen", "-t", "/run")
    equal(run.returncode, 1, "exit status")
    contains(run.stderr, "must specify a path for this channel")


@case()
def a_port_that_is_missing_is_an_error_that_names_it(world):
    run = world.run("-m", "virtio-serial", "-p", "/run/no-such-port", "-t", "/run")
    equal(run.returncode, 1, "exit status")
    contains(run.stderr, "/run/no-such-port")
    contains(run.stderr, "No such file or directory")


@case()
def a_socket_path_that_is_too_long_is_an_error(world):
    run = world.run("-m", "unix-listen", "-p", "/run/" + "x" * 200, "-t", "/run")
    equal(run.returncode, 1, "exit status")
    contains(run.stderr, "too long")


@case()
def a_vsock_address_that_is_none_is_an_error(world):
    for path in ("zz", "any:1024", "1:", "1:2:3"):
        run = world.run("-m", "vsock-listen", "-p", path, "-t", "/run")
        equal(run.returncode, 1, f"exit status for {path}")


@case(differs="D24: 7.2 ends with 0", of="7.2", cheap=True)
def a_state_directory_that_is_missing_is_an_error(world):
    run = world.run("-m", "unix-listen", "-p", "/run/x.sock", "-t", "/run/no-such-folder")
    equal(run.returncode, 1, "exit status")
    contains(run.stderr, "/run/no-such-folder")


@case(differs="D24: 7.2 ends with 0", of="7.2", cheap=True)
def a_log_file_that_cannot_be_opened_is_an_error(world):
    run = world.run("-m", "unix-listen", "-p", "/run/x.sock", "-t", "/run", "-l", "/run/no/log")
    equal(run.returncode, 1, "exit status")


@case(own="options of ours")
def a_bad_value_is_named_with_what_was_expected(world):
    for option in ("--hook-timeout=soon", "--hook-timeout=-1", "--hook-timeout=",
                   "--max-request=big", "--max-request=0", "--max-request=99999999999999999999"):
        run = world.run(option, "-D")
        equal(run.returncode, 1, f"exit status of {option}")
        contains(run.stdout + run.stderr, option.split("=")[0].lstrip("-"), "message")


@case(own="options of ours")
def our_settings_come_from_their_own_group(world):
    env = _config("[fsfreeze]\nhook-timeout=soon\n")
    run = world.run("-D", env=env)
    equal(run.returncode, 1, "exit status")
    contains(run.stderr, "hook-timeout")
    env = _config("[fsfreeze]\nhook-timeout=7\nexclude=/mnt/*;/srv\n[general]\nverbose=true\n")
    run = world.run("-D", env=env)
    equal((run.returncode, run.stderr), (0, ""))
    contains(run.stdout, "verbose=true")
