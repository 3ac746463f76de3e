# SPDX-License-Identifier: MIT
"""Servers in containers: found through their own roots and networks, held within the same limits; a
user's container is a stranger's."""
import os
import subprocess

import hookplay
from cases import case, contains, equal, true, within
from container import USER_IDS, Container
from dbcopy import data_in
from hookplay import Holder
from mariadb import MariaDB, Session
from postgres import Postgres
from redis import Redis
from servers import MYSQL_UID, REDIS_UID
from strangers import ALICE, HOME, add_alice

# As Docker and Podman make them, as systemd-nspawn does, and as Docker does with userns-remap.
WAYS = {"own network": {}, "machine's network": {"network": False}, "own ids": {"ids": USER_IDS}}


def _data(tag, server_class, ids):
    os.makedirs(f"/srv/{tag}")
    os.chmod("/srv", 0o755)
    data = data_in(f"/srv/{tag}", server_class)
    owner = ids + server_class.uid
    subprocess.run(["chown", "-R", f"{owner}:{owner}", data], check=True)
    return data


def _contained(server_class, tag, options=(), **how):
    """A server in a container of its own; its socket seen from outside is in .socket."""
    data = _data(tag, server_class, how.get("ids", 0))
    server = server_class(data, options)
    box = Container(server.command(), server.uid, binds=[data],
                    folders=[os.path.dirname(server.socket)], env={"TZ": "GMT"}, **how)
    within(30, lambda: box.has(server.socket), box.said)
    box.socket = box.inside(server.socket)
    return box


def _is_written(box):
    return box.run("timeout", "1", "redis-cli", "-s", box.socket, "SET", "k", "v") == "OK"


@case(own="a hook", limit=240)
def redis_in_a_container_waits_like_one_outside(world):
    """Beside one outside with the same port and the same path of its socket."""
    add_alice()
    os.makedirs("/srv/outside")
    ours = Redis(data_in("/srv/outside", Redis), ("--appendonly", "yes", "--port", "6379")).start()
    for n, (way, how) in enumerate(WAYS.items()):
        box = _contained(Redis, f"box{n}", ("--appendonly", "yes"), **how)
        within(20, lambda b=box: _is_written(b), "it lets somebody in")
        status, text = hookplay.run("40-redis", "freeze")
        equal(status, 0, f"{way}: {text}")
        contains(text, f"of pid {box.pid}: writes wait", way)
        contains(text, f"{ours.socket}: writes wait", way)
        true(not _is_written(box), f"{way}: a write is answered")
        status, text = hookplay.run("40-redis", "thaw")
        equal(status, 0, f"{way}: {text}")
        within(10, lambda b=box: _is_written(b), f"{way}: a write is answered after the thaw")
        box.kill()
    ours.kill()


@case(own="a hook", limit=120)
def redis_with_nothing_but_a_port_in_its_own_network_waits_too(world):
    add_alice()
    data = _data("box", Redis, 0)
    box = Container(["redis-server", "--port", "6379", "--dir", data, "--appendonly", "yes"],
                    REDIS_UID, binds=[data])

    def written():
        return box.run("timeout", "1", "redis-cli", "-p", "6379", "SET", "k", "v") == "OK"

    within(20, written, "it lets somebody in")
    status, text = hookplay.run("40-redis", "freeze")
    equal(status, 0, text)
    contains(text, f"127.0.0.1:6379 of pid {box.pid}: writes wait")
    true(not written(), "a write is answered")
    equal(hookplay.run("40-redis", "thaw")[0], 0)
    within(10, written, "a write is answered after the thaw")
    box.kill()


@case(own="a hook", limit=120)
def an_account_of_a_container_that_runs_it_is_its_services(world):
    """Images whose first process has a uid of a person's range outside."""
    add_alice()
    data = _data("box", Redis, 0)
    subprocess.run(["chown", "-R", "1500:1500", data], check=True)
    box = Container(["redis-server", "--port", "6379", "--dir", data, "--appendonly", "yes"], 1500,
                    binds=[data])
    within(20, lambda: box.run("redis-cli", "PING") == "PONG", "it lets somebody in")
    status, text = hookplay.run("40-redis", "freeze")
    equal(status, 0, text)
    contains(text, "writes wait")
    equal(hookplay.run("40-redis", "thaw")[0], 0)
    box.kill()


@case(own="a hook", limit=120)
def a_users_container_is_passed_over(world):
    """Its root is the user himself."""
    add_alice()
    box = Container(["redis-server", "--port", "0", "--unixsocket", "/run/redis.sock", "--dir",
                     HOME], 0, made_by=ALICE, binds=[HOME])
    within(20, lambda: box.has("/run/redis.sock"), "it listens")
    status, text = hookplay.run("40-redis", "freeze")
    equal(status, 0, text)
    contains(text, f"passed over: redis-server, pid {box.pid}: user alice is no service, nor is its "
             "container root's")
    box.kill()


def _takes(box, root):
    """Whether MariaDB takes a write, as the container's root, whose uid outside is given: it lets in
    nobody else without a password."""
    done = box.run("timeout", "2", "setpriv", f"--reuid={root}", "--clear-groups", "mariadb",
                   "--no-defaults", "--user=root", f"--socket=./{os.path.basename(box.socket)}", "-e",
                   "CREATE OR REPLACE TABLE mysql.held (n INT) ENGINE=MyISAM; SELECT 'written'",
                   cwd=os.path.dirname(box.socket))
    return "written" in done


@case(own="a hook", limit=300)
def mariadb_in_a_container_is_locked_beside_one_outside(world):
    """On the same path as ours, with a network of its own or the machine's, with ids of its own."""
    add_alice()
    os.makedirs("/srv/outside")
    ours = MariaDB(data_in("/srv/outside", MariaDB)).start()
    for n, (way, how) in enumerate(WAYS.items()):
        box = _contained(MariaDB, f"box{n}", **how)
        root = how.get("ids", 0)
        within(20, lambda b=box, r=root: _takes(b, r), f"{way}: it takes a write")
        holder = Holder("60-mariadb.hold")
        true(holder.ready(), f"{way}: {holder.text}")
        contains(holder.text, f"{ours.socket} of pid {box.pid}", f"{way}: {box.said()[-900:]}")
        true(ours.asked("CREATE DATABASE d", 1) == "", f"{way}: ours takes a write")
        true(not _takes(box, root), f"{way}: the one in the container takes a write")
        holder.release()
        holder.close()
        box.kill()
    ours.kill()


@case(own="a hook", limit=240)
def postgresql_in_a_container_makes_its_checkpoint(world):
    add_alice()
    for n, (way, how) in enumerate(WAYS.items()):
        box = _contained(Postgres, f"box{n}", **how)
        status, text = hookplay.run("30-postgresql", "freeze")
        equal(status, 0, f"{way}: {text}")
        contains(text, f"/run/postgresql/.s.PGSQL.5432 of pid {box.pid}", way)
        contains(text, "checkpoint done", way)
        box.kill()
