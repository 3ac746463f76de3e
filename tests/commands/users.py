# SPDX-License-Identifier: MIT
"""Passwords and SSH keys, in an arena's own /etc and homes; chpasswd is a script that takes notes."""
import os
import stat

from cases import case, contains, equal, true, within
from twins import BOTH, Twins

_KEY = "ssh-ed25519 AAAAC3 one@example"
_OTHER = "ssh-rsa AAAAB3 two@example"
_UID = 1234


def _user(name="jane", uid=_UID):
    home = f"/home/{name}"
    with open("/etc/passwd", "a") as f:
        f.write(f"{name}:x:{uid}:{uid}:Jane:{home}:/bin/sh\n")
    with open("/etc/group", "a") as f:
        f.write(f"{name}:x:{uid}:\n")
    os.makedirs(home)
    os.chown(home, uid, uid)
    return home


def _keys(home, text, uid=_UID):
    os.makedirs(f"{home}/.ssh", exist_ok=True)
    with open(f"{home}/.ssh/authorized_keys", "w") as f:
        f.write(text)
    for path in (f"{home}/.ssh", f"{home}/.ssh/authorized_keys"):
        os.chown(path, uid, uid)


def _chpasswd(then="exit 0"):
    """The environment of an agent that finds it."""
    os.makedirs("/root/bin")
    with open("/root/bin/chpasswd", "w") as f:
        f.write(f'#!/bin/sh\n{{ echo "$*"; cat; }} >/run/heard\n{then}\n')
    os.chmod("/root/bin/chpasswd", 0o755)
    return {"PATH": "/root/bin:/usr/bin:/bin"}


def _heard():
    with open("/run/heard") as f:
        return f.read()


# Passwords ----------------------------------------------------------------------------------------

@case(once=True, own=BOTH)
def a_password_reaches_chpasswd_alike(world):
    with Twins(world, env=_chpasswd()) as twins:
        for crypted in (False, True):
            for client in (twins.ours, twins.theirs):
                equal(client.call("guest-set-user-password",
                                  {"username": "jane", "password": "cMOkc3M6dzByZA==",
                                   "crypted": crypted}), {})
                equal(_heard(), f"{'-e' if crypted else ''}\njane:p\u00e4ss:w0rd\n")
                os.unlink("/run/heard")


@case(once=True, own=BOTH)
def passwords_that_would_be_two_lines_are_refused_alike(world):
    with Twins(world, env=_chpasswd()) as twins:
        for name, password in (("a:b", "eA=="), ("a\nb", "eA=="), ("jane", "eApy"), ("jane", "!")):
            for crypted in (False, True):
                twins.same("guest-set-user-password",
                           {"username": name, "password": password, "crypted": crypted})
    true(not os.path.exists("/run/heard"), "chpasswd was run")


@case(differs="7.2 does not say why", of="7.2")
def the_output_of_chpasswd_is_the_error(world):
    _, client = world.connect(env=_chpasswd("echo 'no such user'; exit 1"))
    equal(client.refusal("guest-set-user-password",
                         {"username": "x", "password": "eA==", "crypted": False}).desc,
          "child process has failed to set user password: no such user\n")


@case(own="the log is frost-ga's")
def a_password_is_in_no_log(world):
    agent, client = world.connect("-v", env=_chpasswd())
    client.call("guest-set-user-password",
                {"username": "jane", "password": "c2VjcmV0MTIz", "crypted": False})
    true("secret123" not in agent.log() and "c2VjcmV0MTIz" not in agent.log(), "it is in the log")


# Keys ---------------------------------------------------------------------------------------------

@case(once=True, own=BOTH)
def keys_are_told_alike(world):
    home = _user()
    _keys(home, f"# mine\n\n{_KEY}\n  {_OTHER}  \n")
    with Twins(world) as twins:
        twins.same("guest-ssh-get-authorized-keys", {"username": "jane"},
                   arrange=lambda value: sorted(value["keys"]))


@case(once=True, own=BOTH)
def keys_that_are_no_lines_are_refused_alike(world):
    _user()
    with Twins(world) as twins:
        for key in ("# x", "a\nb"):
            for name in ("guest-ssh-add-authorized-keys", "guest-ssh-remove-authorized-keys"):
                twins.same(name, {"username": "jane", "keys": [_KEY, key]})


@case()
def keys_are_added_replaced_and_removed(world):
    home = _user()
    _, client = world.connect()
    name = {"username": "jane"}
    client.call("guest-ssh-add-authorized-keys", {**name, "keys": [_KEY]})
    client.call("guest-ssh-add-authorized-keys", {**name, "keys": [_KEY, _OTHER]})
    equal(sorted(client.call("guest-ssh-get-authorized-keys", name)["keys"]), [_KEY, _OTHER])
    client.call("guest-ssh-remove-authorized-keys", {**name, "keys": [_KEY, "not there"]})
    equal(client.call("guest-ssh-get-authorized-keys", name)["keys"], [_OTHER])
    client.call("guest-ssh-add-authorized-keys", {**name, "keys": [_KEY], "reset": True})
    equal(client.call("guest-ssh-get-authorized-keys", name)["keys"], [_KEY])
    for path, mode in ((f"{home}/.ssh", 0o700), (f"{home}/.ssh/authorized_keys", 0o600)):
        st = os.stat(path)
        equal((st.st_uid, st.st_gid, stat.S_IMODE(st.st_mode)), (_UID, _UID, mode), path)


@case(differs="an error, where libvirt expects an empty list")
def a_user_without_a_file_has_no_keys(world):
    _user()
    _, client = world.connect()
    equal(client.call("guest-ssh-get-authorized-keys", {"username": "jane"}), {"keys": []})


@case(differs='"failed to lookup user: Success"')
def a_user_that_is_not_there_is_named(world):
    _, client = world.connect()
    equal(client.refusal("guest-ssh-get-authorized-keys", {"username": "nobody-here"}).desc,
          "failed to lookup user 'nobody-here': no such user")


@case(differs="D32: read as root", of="7.2 10.0", cheap=True)
def a_link_to_what_the_user_may_not_read_is_not_read(world):
    home = _user()
    with open("/root/secret", "w") as f:
        f.write("a secret\n")
    os.chmod("/root/secret", 0o600)
    os.makedirs(f"{home}/.ssh")
    os.symlink("/root/secret", f"{home}/.ssh/authorized_keys")
    _, client = world.connect()
    contains(client.refusal("guest-ssh-get-authorized-keys", {"username": "jane"}).desc,
             "Permission denied")


@case(differs="D32: written as root", of="7.2 10.0", cheap=True)
def a_link_to_where_the_user_may_not_write_is_not_written_to(world):
    home = _user()
    os.makedirs("/root/target", mode=0o755)
    os.symlink("/root/target", f"{home}/.ssh")
    _, client = world.connect()
    client.refusal("guest-ssh-add-authorized-keys", {"username": "jane", "keys": [_KEY]})
    equal(os.listdir("/root/target"), [])


@case(differs="root writes into what is root's", of="7.2 10.0")
def a_home_that_is_not_his_is_left_alone(world):
    home = _user()
    os.chown(home, 0, 0)
    _, client = world.connect()
    contains(client.refusal("guest-ssh-add-authorized-keys",
                            {"username": "jane", "keys": [_KEY]}).desc, "Permission denied")
    equal(os.listdir(home), [])


def _users_of(agent):
    found = set()
    for task in os.listdir(f"/proc/{agent.pid}/task"):
        try:
            with open(f"/proc/{agent.pid}/task/{task}/status") as f:
                line = next(line for line in f if line.startswith("Uid:"))
        except OSError:
            continue
        found.update(line.split()[1:])
    return found


@case()
def after_it_the_agent_is_root_again(world):
    _user()
    agent, client = world.connect()
    client.call("guest-ssh-add-authorized-keys", {"username": "jane", "keys": [_KEY]})
    within(10, lambda: _users_of(agent) == {"0"}, "all its threads are root's")
    with open("/root/only", "w") as f:
        f.write("x")
    os.chmod("/root/only", 0o600)
    true(client.call("guest-file-open", {"path": "/root/only"}) > 0, "it reads root's files")


@case(own="qemu-ga waits for ever")
def a_fifo_in_place_of_the_keys_makes_nobody_wait(world):
    home = _user()
    os.makedirs(f"{home}/.ssh")
    os.mkfifo(f"{home}/.ssh/authorized_keys")
    os.chmod(f"{home}/.ssh/authorized_keys", 0o666)
    _, client = world.connect()
    contains(client.refusal("guest-ssh-get-authorized-keys", {"username": "jane"}).desc,
             "failed to read")
