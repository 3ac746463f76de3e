# SPDX-License-Identifier: MIT
"""Passwords and SSH keys in a guest with a root, users and Debian's chpasswd."""
import base64
import re
import subprocess

from cases import case, contains, equal, true

GUEST = {"disks": (), "initramfs": ("accounts",)}

AGENTS = ("frost-ga", "qemu-ga")
_JANE = """grep -q jane /etc/passwd || {
mkdir -p /home; chmod 755 /home; printf 'root:x:0:0:root:/root:/bin/sh
jane:x:1234:1234:Jane:/home/jane:/bin/sh\\n' >/etc/passwd
printf 'root:*:19000:0:99999:7:::\\njane:!:19000:0:99999:7:::\\n' >/etc/shadow
chmod 600 /etc/shadow; echo jane:x:1234: >>/etc/group; }
rm -rf /home/jane; mkdir /home/jane; chown 1234:1234 /home/jane"""
_KEY = "ssh-ed25519 AAAAC3 one@example"
_OTHER = "ssh-rsa AAAAB3 two@example"
_NAME = {"username": "jane"}
_FILE = "/home/jane/.ssh/authorized_keys"


def _hash(world, name="jane"):
    return world.guest.run(f"sed -n 's/^{name}:\\([^:]*\\):.*/\\1/p' /etc/shadow").strip()


def _opens(hashed, password):
    """Whether a login with this password gets in: its hash with the same salt is the same."""
    kind, salt = re.fullmatch(r"\$(\d)\$([^$]+)\$.*", hashed).groups()
    said = subprocess.run(["openssl", "passwd", f"-{kind}", "-salt", salt, "-stdin"], check=True,
                          input=password, capture_output=True, text=True)
    return said.stdout.strip() == hashed


def _set(port, password, crypted, name="jane"):
    return port.call("guest-set-user-password", limit_s=60, args={
        "username": name, "password": base64.b64encode(password.encode()).decode(),
        "crypted": crypted})


@case(limit=90)
def a_password_opens_the_door_and_the_one_before_no_longer(world):
    world.guest.run(_JANE)
    for program in AGENTS:
        with world.agent(program) as agent, agent.port() as port:
            for password in (f"first of {program}", f"p:\u00e4ss{program}"):
                before = _hash(world)
                equal(_set(port, password, False), {}, "answer")
                true(_hash(world) != before, f"{program}: /etc/shadow is as before")
                true(_opens(_hash(world), password), f"{program}: the password does not fit")
                true(not _opens(_hash(world), password + "x"), "any password fits")


@case(limit=90)
def a_hash_is_taken_as_it_is(world):
    world.guest.run(_JANE)
    for number, program in enumerate(AGENTS):
        hashed = f"$6$salt{number}$" + "x" * 86
        with world.agent(program) as agent, agent.port() as port:
            equal(_set(port, hashed, True), {}, "answer")
        equal(_hash(world), hashed, f"{program}: /etc/shadow")


@case(limit=90)
def a_user_that_is_not_there_gets_none_and_the_others_keep_theirs(world):
    world.guest.run(_JANE)
    before = world.guest.run("cat /etc/shadow")
    for program in AGENTS:
        with world.agent(program) as agent, agent.port() as port:
            for crypted in (False, True):
                said = port.refusal("guest-set-user-password", limit_s=60, args={
                    "username": "nobody-here", "password": "eA==", "crypted": crypted}).desc
                contains(said, "child process has failed to set user password", program)
        equal(world.guest.run("cat /etc/shadow"), before, f"{program}: /etc/shadow")


def _keys(port):
    return sorted(port.call("guest-ssh-get-authorized-keys", _NAME, limit_s=30)["keys"])


@case(limit=90)
def keys_are_added_told_replaced_and_removed_alike_and_are_the_user_s(world):
    for program in AGENTS:
        world.guest.run(_JANE)
        with world.agent(program) as agent, agent.port() as port:
            def change(what, keys, **more):
                equal(port.call(f"guest-ssh-{what}-authorized-keys",
                                {**_NAME, "keys": keys, **more}, limit_s=30), {}, what)

            change("add", [_KEY])
            change("add", [_KEY, _OTHER])
            equal(_keys(port), [_KEY, _OTHER], f"{program}: added")
            change("remove", [_KEY, "never there"])
            equal(_keys(port), [_OTHER], f"{program}: removed")
            change("add", [_KEY], reset=True)
            equal(_keys(port), [_KEY], f"{program}: replaced")
            equal(world.guest.run(f"stat -c '%u %g %a' /home/jane/.ssh {_FILE}; cat {_FILE}")
                  .split("\n")[:3], ["1234 1234 700", "1234 1234 600", _KEY], f"{program}: file")


@case(limit=60)
def a_user_without_keys_has_an_empty_list_where_qemu_ga_fails(world):
    world.guest.run(_JANE)
    with world.agent() as agent, agent.port() as port:
        equal(_keys(port), [], "keys")
    with world.agent("qemu-ga") as agent, agent.port() as port:
        contains(port.refusal("guest-ssh-get-authorized-keys", _NAME, limit_s=30).desc,
                 "failed to read", "error")


# What a user can put in the way of somebody who works in his home as root: (script, what then must
# be as before, whether the keys of a file can be had).
_TRAPS = {
    "the file is a link to what only root may read":
        f"mkdir /home/jane/.ssh; ln -s /etc/shadow {_FILE}",
    "the file is a link to a file of root's":
        f"mkdir /home/jane/.ssh; ln -s /root/keys {_FILE}",
    "the folder is a link to one of root's": "ln -s /root /home/jane/.ssh",
    "the folder is a link out of a link": "ln -s /root /home/jane/x; ln -s x /home/jane/.ssh",
    "the file leads round in a ring": f"mkdir /home/jane/.ssh; ln -s authorized_keys {_FILE}",
    "the file is a device": f"mkdir /home/jane/.ssh; mknod {_FILE} c 1 5",
    "the file is a folder": f"mkdir -p {_FILE}",
    "the new file is there, and a link": f"mkdir /home/jane/.ssh; "
                                         f"ln -s /root/keys {_FILE}.frost-new",
}


@case(limit=120)
def no_trap_of_a_user_gets_at_what_is_root_s(world):
    guest = world.guest
    state = "cd /root; ls -la . | sed 1,3d; cat keys; cat /etc/shadow"
    with world.agent() as agent, agent.port() as port:
        for what, script in _TRAPS.items():
            guest.run(f"{_JANE}; chmod 700 /root; echo root-s-own >/root/keys; {script}; "
                      "chown -h -R 1234:1234 /home/jane")
            before = guest.run(state)
            said = [_ask(port, name, more) for name, more in
                    (("get", {}), ("add", {"keys": [_KEY]}), ("remove", {"keys": [_KEY]}),
                     ("add", {"keys": [_OTHER], "reset": True}))]
            true("root-s-own" not in str(said) and "19000" not in str(said), f"{what}: {said}")
            equal(guest.run(state), before, f"{what}: what is root's")


def _ask(port, name, more):
    """The answer, or what is said instead of one."""
    port.request(f"guest-ssh-{name}-authorized-keys", {**_NAME, **more})
    return port.line(30)


@case(limit=60)
def the_same_traps_catch_qemu_ga_so_that_they_are_some(world):
    guest = world.guest
    guest.run(f"{_JANE}; echo root-s-own >/root/keys; "
              f"{_TRAPS['the file is a link to a file of root' + chr(39) + 's']}; "
              "chown -h -R 1234:1234 /home/jane")
    with world.agent("qemu-ga") as agent, agent.port() as port:
        contains(_ask(port, "get", {}).decode(), "root-s-own", "what is read")
