# SPDX-License-Identifier: MIT
"""40-redis and processes that only bear a server's name: none is spoken to, none gets a password."""
import os
import subprocess

import hookplay
from cases import case, contains, equal, true, within
from dbcopy import data_in
from redis import Redis
from servers import REDIS_UID
from strangers import ALICE, HOME, PASSWORD, Stranger, add_alice, passed_over, secret_file

HOOK = "40-redis"


def _configured():
    """As Debian's package has it: the server's account may read it, a user may not."""
    add_alice()
    secret_file("/etc/redis/redis.conf", f'requirepass "{PASSWORD}"\n', REDIS_UID, 0o640)


def _server(tag="ours", *options):
    os.makedirs(f"/srv/{tag}", exist_ok=True)
    os.chmod("/srv", 0o755)
    return Redis(data_in(f"/srv/{tag}", Redis), ("--appendonly", "yes", "--requirepass", PASSWORD,
                                                 *options), tag).start()


def _is_paused(server):
    """Whether a write waits."""
    session = server.session()
    session.wire.settimeout(0.5)
    try:
        session.run("AUTH", PASSWORD)
        return session.run("SET", "k", "v") != "OK"
    except OSError:
        return True
    finally:
        session.close()


def _both_phases(*strangers, wanted=0):
    for phase in ("freeze", "thaw"):
        status, text = hookplay.run(HOOK, phase)
        equal(status, wanted, text)
        for stranger in strangers:
            passed_over(text, stranger)
            stranger.was_left_alone()


@case(own="a hook", limit=120)
def a_users_process_of_that_name_and_title_is_passed_over(world):
    """With a port, with a port of another machine in its title, and with a socket in /tmp."""
    _configured()
    strangers = [Stranger("redis-server", "redis", "6379", title="redis-server 127.0.0.1:6379"),
                 Stranger("valkey-server", "redis", "6380", title="valkey-server 192.0.2.1:6379"),
                 Stranger("keydb-server", "silent", "/tmp/redis.sock")]
    _both_phases(*strangers)
    for stranger in strangers:
        stranger.kill()


@case(own="a hook", limit=120)
def beside_strangers_the_server_is_still_held(world):
    _configured()
    server = _server()
    stranger = Stranger("redis-server", "redis", "6379", title="redis-server *:6379")
    status, text = hookplay.run(HOOK, "freeze")
    equal(status, 0, text)
    contains(text, f"{server.socket}: writes wait")
    passed_over(text, stranger)
    true(_is_paused(server), "a write is answered")
    status, text = hookplay.run(HOOK, "thaw")
    equal(status, 0, text)
    within(10, lambda: not _is_paused(server), "a write is answered after the thaw")
    stranger.was_left_alone()
    stranger.kill()
    server.kill()


@case(own="a hook", limit=120)
def the_packages_own_program_run_by_a_user_is_passed_over(world):
    _configured()
    process = subprocess.Popen(
        ["redis-server", "--port", "0", "--unixsocket", f"{HOME}/redis.sock", "--dir", HOME],
        user=ALICE, group=ALICE, extra_groups=[], stdout=subprocess.DEVNULL, cwd="/")
    within(20, lambda: os.path.exists(f"{HOME}/redis.sock"), "it listens")
    status, text = hookplay.run(HOOK, "freeze")
    equal(status, 0, text)
    passed_over(text, process)
    process.kill()
    process.wait()


@case(own="a hook", limit=120)
def a_services_account_with_a_program_of_its_own_is_passed_over(world):
    """An account below UID_MIN that was taken over is not Redis yet."""
    _configured()
    os.chmod(HOME, 0o777)
    stranger = Stranger("redis-server", "redis", "6379", uid=33)
    status, text = hookplay.run(HOOK, "freeze")
    equal(status, 0, text)
    passed_over(text, stranger, f"{HOME}/redis-server")
    stranger.was_left_alone()
    stranger.kill()


@case(own="a hook", limit=120)
def a_socket_whose_path_reads_like_a_line_of_the_servers_leads_nowhere(world):
    """/proc/net/unix prints a path as it is: one with a newline makes a line of its own."""
    _configured()
    server = _server()
    with open("/proc/net/unix") as f:
        inode, = [line.split()[6] for line in f
                  if " 00010000 " in line and line.rstrip().endswith(server.socket)]
    os.makedirs("/tmp/a", mode=0o777)
    os.chmod("/tmp/a", 0o777)
    real = Stranger("quiet", "redis", "/tmp/a/s")
    line = f"0: 00000002 0 00010000 0001 01 {inode} /tmp/a/s"
    os.makedirs(f"/tmp/a/x\n{os.path.dirname(line)}", mode=0o777)
    for folder, _, _ in os.walk("/tmp/a"):
        os.chmod(folder, 0o777)
    fake = Stranger("quiet", "redis", f"/tmp/a/x\n{line}")
    status, text = hookplay.run(HOOK, "freeze")
    equal(status, 0, text)
    contains(text, f"{server.socket}: writes wait")
    for stranger in (real, fake):
        stranger.was_left_alone()
        stranger.kill()
    server.kill()


@case(own="a hook", limit=120)
def a_password_of_the_hooks_own_goes_to_servers_of_the_named_accounts_only(world):
    """`auth` in a file that only root may read; the server's account is another service's."""
    secret_file("/etc/frost-ga/redis.conf", f"auth='{PASSWORD}'\n")
    server = _server()
    status, text = hookplay.run(HOOK, "freeze")
    equal(status, 0, text)
    secret_file("/etc/frost-ga/redis.conf", f"auth='{PASSWORD}'\naccounts=nobody\n")
    status, text = hookplay.run(HOOK, "thaw")
    equal(status, 1, text)
    contains(text, "NOAUTH")
    secret_file("/etc/frost-ga/redis.conf",
                f"auth='{PASSWORD}'\naccounts=nobody\nservers={server.socket}\n")
    status, text = hookplay.run(HOOK, "thaw")
    equal(status, 0, text)
    server.kill()


@case(own="a hook")
def settings_that_others_may_write_are_refused(world):
    secret_file("/etc/frost-ga/redis.conf", "servers=127.0.0.1:6379\n", 0, 0o666)
    status, text = hookplay.run(HOOK, "freeze")
    equal(status, 1, text)
    contains(text, "/etc/frost-ga/redis.conf is not used")
