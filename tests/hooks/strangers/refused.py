# SPDX-License-Identifier: MIT
"""Servers that refuse what a hook needs, or are reached in unusual ways: what is said is what is so."""
import os
import subprocess
import time

import hookplay
from cases import case, contains, equal, true, within
from dbcopy import data_in
from postgres import Postgres
from redis import Redis
from servers import REDIS_UID
from strangers import add_alice, secret_file


def _redis(*options):
    add_alice()     # and so a network of its own
    os.makedirs("/srv/redis", exist_ok=True)
    os.chmod("/srv", 0o755)
    return Redis(data_in("/srv/redis", Redis), options).start()


def _ask(server, *words):
    session = server.session()
    try:
        return session.run(*words)
    finally:
        session.close()


def _is_written(server):
    session = server.session()
    session.wire.settimeout(0.5)
    try:
        return session.run("SET", "k", "v") == "OK"
    except OSError:
        return False
    finally:
        session.close()


def _fails(phase, *words, limit_s=20):
    began = time.monotonic()
    status, text = hookplay.run("40-redis", phase)
    equal(status, 1, text)
    for word in words:
        contains(text, word)
    true(time.monotonic() - began < limit_s, f"it took {time.monotonic() - began:.0f} s")


@case(own="a hook", limit=90)
def a_redis_that_cannot_be_paused_is_a_failure(world):
    """CLIENT renamed, and forbidden to the account: nothing holds its writes, and the hook says so."""
    server = _redis("--appendonly", "yes", "--rename-command", "CLIENT", "")
    _fails("freeze", "writes go on", "CLIENT", server.socket)
    server.kill()
    os.unlink(server.socket)
    subprocess.run(["rm", "-r", server.data], check=True)
    server = _redis("--appendonly", "yes")
    _ask(server, "ACL", "SETUSER", "default", "-client")
    _fails("freeze", "writes go on", "NOPERM")
    true(_is_written(server), "a write is answered")
    server.kill()


@case(own="a hook", limit=90)
def a_redis_that_does_not_tell_whether_it_saves_saves(world):
    server = _redis("--rename-command", "CONFIG", "")
    _ask(server, "SET", "k", "v")
    status, text = hookplay.run("40-redis", "freeze")
    equal(status, 0, text)
    contains(text, "does not tell whether it saves")
    contains(text, "saved")
    contains(" ".join(os.listdir(server.data)), "dump.rdb")
    server.kill()


@case(own="a hook", limit=90)
def a_redis_that_does_not_tell_of_its_files_is_a_failure_at_once(world):
    server = _redis("--appendonly", "yes", "--rename-command", "INFO", "")
    _fails("freeze", "INFO", server.socket)
    server.kill()


@case(own="a hook", limit=90)
def a_pause_that_cannot_be_ended_is_a_failure_of_the_thaw(world):
    hookplay.configure("redis", pause=20)
    server = _redis("--appendonly", "yes")
    equal(hookplay.run("40-redis", "freeze")[0], 0)
    _ask(server, "ACL", "SETUSER", "default", "-client|unpause")
    _fails("thaw", "for up to 20 s more", server.socket)
    server.kill()


PASSWORD = 'two "words" \\ in it\tand \x07'
# As Redis reads its configuration: quotes, escapes, any case, an end of line with a carriage return.
CONFIGURATIONS = {
    "quotes and escapes": r'requirepass "two \"words\" \\ in it\tand \x07"' + "\n",
    "upper case, carriage return, blanks around":
        "\t" + r'REQUIREPASS  "two \"words\" \\ in it\tand \a"' + "  \r\n",
    "single quotes": f"requirepass '{PASSWORD}'\n",
    "the user default": 'user default on ">' + PASSWORD.replace("\\", "\\\\").replace('"', '\\"')
                        + '" ~* +@all\n',
    "an include elsewhere": "# other\ninclude /srv/elsewhere/pass*.conf\n",
    "a list of users": 'aclfile "/srv/elsewhere/users.acl"\n',
}


@case(own="a hook", limit=240)
def a_password_of_redis_is_read_as_redis_reads_it(world):
    server = _redis("--appendonly", "yes")
    _ask(server, "CONFIG", "SET", "requirepass", PASSWORD)
    os.makedirs("/srv/elsewhere")
    os.chmod("/srv/elsewhere", 0o755)
    secret_file("/srv/elsewhere/password.conf", CONFIGURATIONS["quotes and escapes"], REDIS_UID)
    secret_file("/srv/elsewhere/users.acl", CONFIGURATIONS["the user default"], REDIS_UID)
    for how, text in CONFIGURATIONS.items():
        secret_file("/etc/redis/redis.conf", f"port 0\nrequirepass wrong # too\n{text}", REDIS_UID)
        status, said = hookplay.run("40-redis", "thaw")
        equal(status, 0, f"{how}: {said}")
    server.kill()


def _postgres(*options):
    """Without waiting for it on its usual socket."""
    add_alice()
    os.makedirs("/srv/pg", exist_ok=True)
    os.chmod("/srv", 0o755)
    server = Postgres(data_in("/srv/pg", Postgres), options)
    os.makedirs("/run/postgresql", exist_ok=True)
    os.chown("/run/postgresql", server.uid, server.uid)
    with open(server.log, "ab") as log:
        server.process = subprocess.Popen(
            server.command(), user=server.uid, group=server.uid, extra_groups=[],
            stdin=subprocess.DEVNULL, stdout=log, stderr=log, **server.surroundings())
    within(30, lambda: "ready to accept connections" in server.said(), server.said)
    return server


@case(own="a hook", limit=90)
def a_postgresql_that_lets_nobody_in_over_its_port_is_a_failure(world):
    server = _postgres("unix_socket_directories=", "listen_addresses=127.0.0.1")
    status, text = hookplay.run("30-postgresql", "freeze")
    equal(status, 1, text)
    contains(text, "no checkpoint: 127.0.0.1:5432")
    server.kill()


@case(own="a hook", limit=90)
def postgresql_is_reached_on_an_abstract_socket_and_in_a_folder_with_blanks(world):
    server = _postgres("unix_socket_directories=@cluster")
    status, text = hookplay.run("30-postgresql", "freeze")
    equal(status, 0, text)
    contains(text, "checkpoint done: @cluster/.s.PGSQL.5432")
    server.kill()
    subprocess.run(["rm", "-r", server.data], check=True)
    folder = "/run/a folder  with blanks"
    os.makedirs(folder)
    os.chown(folder, server.uid, server.uid)
    os.unlink(server.log)
    server = _postgres(f"unix_socket_directories={folder}")
    status, text = hookplay.run("30-postgresql", "freeze")
    equal(status, 0, text)
    contains(text, f"checkpoint done: {folder}/.s.PGSQL.5432")
    server.kill()
