# SPDX-License-Identifier: MIT
"""Sites that are not set up as Debian's packages do: other paths, a standby, another shell."""
import os
import shutil
import subprocess

import hookplay
from cases import Skipped, case, contains, equal, true
from dbcopy import data_in
from hookplay import Holder
from mariadb import MariaDB
from postgres import Postgres
from redis import Redis


def _data(tag, server_class):
    os.makedirs(f"/srv/{tag}")
    os.chmod("/srv", 0o755)
    return data_in(f"/srv/{tag}", server_class)


@case(own="a hook", limit=90)
def mariadb_is_found_wherever_its_socket_is(world):
    """Debian's later servers have it in /run/mariadbd; one in a folder with blanks, behind a link."""
    os.makedirs("/srv/a  folder")
    os.symlink("/srv/a  folder", "/srv/link")
    for n, path in enumerate(("/run/mariadbd/mysqld.sock", "/srv/link/my sql.sock")):
        server = MariaDB(_data(f"data{n}", MariaDB))
        server.socket = path
        server.start()
        holder = Holder("60-mariadb.hold").must_be_ready()
        contains(holder.text, f"holds {path}")
        true(server.asked("CREATE DATABASE d", 1) == "", "the server accepts a write")
        holder.release()
        holder.close()
        server.kill()


@case(own="a hook", limit=90)
def a_standby_beside_its_like_makes_a_restartpoint(world):
    primary = Postgres(_data("primary", Postgres)).start()
    data = _data("standby", Postgres)
    open(f"{data}/standby.signal", "w").close()
    standby = Postgres(data, ("max_connections=100",), port=5433).start()
    equal(standby.asked("SELECT pg_is_in_recovery()"), "t")
    status, text = hookplay.run("30-postgresql", "freeze")
    equal(status, 0, text)
    for server in (primary, standby):
        contains(text, f"checkpoint done: {server.socket}; while frozen even its reads wait")
        server.kill()


@case(own="a hook", limit=90)
def the_hooks_run_under_busybox_as_well(world):
    if not shutil.which("busybox"):
        raise Skipped("busybox is not installed")
    redis = Redis(_data("redis", Redis), ("--appendonly", "yes")).start()
    postgres = Postgres(_data("postgres", Postgres)).start()
    for name, said in (("40-redis", f"{redis.socket}: writes wait"),
                       ("30-postgresql", f"checkpoint done: {postgres.socket}"),
                       ("35-mosquitto", "no server runs here"),
                       ("45-victoriametrics", "no server runs here")):
        done = subprocess.run(["busybox", "sh", f"{hookplay.SHIPPED}/{name}", "freeze"], text=True,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, check=False, timeout=60)
        equal(done.returncode, 0, done.stdout)
        contains(done.stdout, said)
    redis.kill()
    postgres.kill()
