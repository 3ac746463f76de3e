# SPDX-License-Identifier: MIT
"""frost-ga check about databases that run and hooks that hold nothing. All servers are stand-ins."""
import json
import os
import re
import shutil
import subprocess

import hookplay
import kernel
from cases import case, equal, true, within
from hookfolder import Folder

OWN = "a command of frost-ga"
SERVICE, PERSON = 110, 1001    # uids

# The shape of the guides' hook for MySQL: the lock is left to a client in the background, and
# whether it is there is asked in other sessions.
SEED = """#!/bin/sh
MYSQL=/usr/bin/mysql
fifo=/run/mysql-hold.fifo
case $1 in
freeze)
    [ -x "$MYSQL" ] || exit 0
    mkfifo $fifo
    $MYSQL --batch <$fifo >/dev/null 2>&1 &
    printf 'FLUSH TABLES WITH READ LOCK;\\n' >$fifo
    $MYSQL -e 'SHOW OPEN TABLES' | grep -q locked
    ;;
thaw) rm -f $fifo ;;
esac
"""


def _programs():
    """A folder where services look for programs, and where this case may put some."""
    folder = "/usr/sbin"
    if not os.path.ismount(folder):
        kernel.mount("tmpfs", folder, "tmpfs", 0)
        os.chmod(folder, 0o755)
    return folder


class Server:
    """A process of an account that runs a file of this name."""

    def __init__(self, name, uid=SERVICE, owner=0, folder=None):
        self.program = f"{folder or _programs()}/{name}"
        os.makedirs(os.path.dirname(self.program), exist_ok=True)
        if not os.path.exists(self.program):
            shutil.copy(os.path.realpath("/usr/bin/sleep"), self.program)
            os.chown(self.program, owner, 0)
        self.process = subprocess.Popen([self.program, "600"], user=uid, group=uid,
                                        extra_groups=[], stdin=subprocess.DEVNULL)
        within(5, lambda: os.path.realpath(f"/proc/{self.pid}/exe") == self.program, "it runs")

    @property
    def pid(self):
        return self.process.pid


def _client(name):
    path = f"{_programs()}/{name}"
    with open(path, "w") as f:
        f.write("#!/bin/sh\n")
    os.chmod(path, 0o755)


def _found(world, topic, *options):
    run = world.run("check", "--json", "-t/run/state", *options)
    return [(f["grade"], f["text"], f["advice"]) for f in json.loads(run.stdout)["findings"]
            if f["topic"] == topic]


def _about(found, part):
    """The grades of what has this part."""
    return [grade for grade, text, _ in found if part in text]


@case(own=OWN)
def each_database_that_runs_without_a_hook_is_named(world):
    names = {"mariadbd": "MariaDB", "mysqld": "MySQL", "postgres": "PostgreSQL",
             "redis-check-rdb": "Redis", "valkey-server": "Valkey", "mongod": "MongoDB",
             "victoria-metrics-prod": "VictoriaMetrics", "mosquitto": "mosquitto"}
    equal(_found(world, "databases"), [])
    servers = {name: Server(name) for name in names}
    found = _found(world, "databases")
    equal([text for _, text, _ in found],
          [f"{names[name]} runs (pid {server.pid}), and there is no hook for it"
           for name, server in servers.items()])
    # A copy of PostgreSQL is complete after its recovery: nothing to warn of.
    equal([grade for grade, _, _ in found],
          ["ok" if name == "postgres" else "warning" for name in names])
    hooks = {name for name in os.listdir(hookplay.SHIPPED) if name != "servers.sh"}
    for name, (_, _, advice) in zip(names, found):
        true(hooks & set(re.findall(r"[0-9]+-[a-z.]*[a-z]", advice)),
             f"{name}: the advice names none of {sorted(hooks)}: {advice}")


@case(own=OWN)
def a_server_with_a_hook_is_named_with_the_hook(world):
    _client("mariadb")
    server = Server("mariadbd")
    source = hookplay.install("60-mariadb.hold", "40-redis")
    found = _found(world, "databases", f"-F{source}")
    equal([(grade, text) for grade, text, _ in found],
          [("ok", f"MariaDB (pid {server.pid}): {source}/60-mariadb.hold is for it")])
    equal([f for f in _found(world, "hooks", f"-F{source}") if f[0] != "ok"], [],
          "nothing is wrong with the ready-made ones, nor with what they share")


@case(own=OWN)
def without_its_client_a_hook_is_none(world):
    """Also a ready-made one, where the server runs."""
    source = hookplay.install("60-mariadb.hold")
    equal(_about(_found(world, "hooks", f"-F{source}"), "can protect nothing"), [])
    Server("mysqld")
    equal(_about(_found(world, "hooks", f"-F{source}"), "calls mysql, which is not installed"),
          ["warning"])
    equal(_about(_found(world, "databases", f"-F{source}"), "there is no hook for it"), ["warning"])


@case(own=OWN)
def a_process_with_only_the_name_of_a_server_is_none(world):
    """A person's process; a file of the service's own; a title."""
    Server("mariadbd", uid=PERSON)
    Server("mongod", owner=SERVICE, folder="/srv/bin")
    subprocess.Popen(["redis-server *:6379", "600"], executable="/usr/bin/sleep", user=SERVICE,
                     group=SERVICE, extra_groups=[])
    equal(_found(world, "databases"), [])


def _contained(program, root, uid):
    """As a container of root runs it: its own root, and pid 1 in a PID namespace; its pid here."""
    os.makedirs(f"{root}/proc")
    kernel.mount("tmpfs", root, "tmpfs", 0)
    for name in ("usr", "lib", "lib64", "bin", "proc"):
        if os.path.isdir(f"/{name}"):
            os.makedirs(f"{root}/{name}", exist_ok=True)
            kernel.mount(f"/{name}", f"{root}/{name}", None, kernel.MS_BIND | kernel.MS_REC)
    shutil.copy(os.path.realpath("/usr/bin/sleep"), f"{root}/{program}")
    read, write = os.pipe()
    if os.fork() == 0:
        kernel.unshare(kernel.CLONE_NEWPID)
        pid = os.fork()
        if pid == 0:
            os.chroot(root)
            os.setgid(uid)
            os.setuid(uid)
            os.execv(f"/{program}", [program, "600"])
        os.write(write, str(pid).encode())
        os._exit(0)
    pid = int(os.read(read, 20))
    within(5, lambda: os.readlink(f"/proc/{pid}/exe").endswith(program), "it runs")
    return pid


@case(own=OWN)
def a_server_in_a_container_of_root_is_named_too(world):
    pid = _contained("mariadbd", "/srv/container", 999)
    equal([text for _, text, _ in _found(world, "databases")],
          [f"MariaDB runs (pid {pid}, in a container), and there is no hook for it"])


@case(own=OWN)
def a_guides_hook_that_locks_in_the_background_is_told(world):
    _client("mysql")
    Server("mariadbd")
    folder = Folder()
    folder.put("20-mysql", SEED)
    found = _found(world, "hooks", folder.option())
    equal(_about(found, "leaves its lock to a client in the background"), ["warning"])
    true(any("60-mariadb.hold" in (advice or "") for _, _, advice in found), "what to use instead")
    equal(_about(_found(world, "databases", folder.option()), "there is no hook for it"), ["warning"])
    folder.put("20-mysql", SEED.replace(">/dev/null 2>&1 &", ">/run/mysql-hold.said &"))
    equal(_about(_found(world, "hooks", folder.option()), "in the background"), [])


@case(own=OWN)
def a_guides_hook_whose_client_is_missing_is_told(world):
    folder = Folder()
    folder.put("20-mysql", "#!/bin/sh\ncommand -v mysqldump >/dev/null\nmysql -e 'FLUSH LOGS'\n")
    found = _found(world, "hooks", folder.option())
    equal(_about(found, "which is not installed: it can protect nothing"), ["warning"])
    _client("mysql")
    equal(_about(_found(world, "hooks", folder.option()), "can protect nothing"), [])
    folder.put("20-mysql", "#!/bin/sh\n# psql would be another way\ndocker exec db psql -c CHECKPOINT\n")
    equal(_about(_found(world, "hooks", folder.option()), "can protect nothing"), [])


@case(own=OWN)
def psql_as_root_that_the_server_refuses_is_told(world):
    _client("psql")
    os.makedirs("/srv/pgdata/pg_dynshmem")
    with open("/srv/pgdata/pg_hba.conf", "w") as f:
        f.write("# TYPE\nlocal   all   postgres   peer\nlocal all all md5\n")
    os.chdir("/srv/pgdata")
    Server("postgres")
    folder = Folder()
    folder.put("30-pg", "#!/bin/sh\npsql -U postgres -c CHECKPOINT\n")
    refused = "runs psql as root, which pg_hba.conf refuses"
    equal(_about(_found(world, "hooks", folder.option()), refused), ["warning"])
    folder.put("30-pg", "#!/bin/sh\nrunuser -u postgres -- psql -c CHECKPOINT\n")
    equal(_about(_found(world, "hooks", folder.option()), refused), [])
    equal(_about(_found(world, "databases", folder.option()), "30-pg is for it"), ["ok"])
    with open("/srv/pgdata/pg_dynshmem/mmap.1", "w"):
        pass
    equal(_about(_found(world, "databases", folder.option()), "hangs as a whole"),
          ["warning"])


def _dispatcher(last):
    base = "/etc/qemu/fsfreeze-hook"
    os.makedirs(f"{base}.d")
    with open(base, "w") as f:
        f.write(f'#!/bin/sh\nfor hook in "$0.d"/*; do\n    "$hook" "$@" >>/var/log/hook.log 2>&1\n'
                f'{last}done\n')
    os.chmod(base, 0o755)
    return base


@case(own=OWN)
def a_dispatcher_that_hides_the_failures_of_its_hooks_is_told(world):
    """As Debian's and RHEL's does."""
    base = _dispatcher('    echo "$hook finished with status=$?"\n')
    folder = Folder(f"{base}.d")
    lost = "their failures are not reported"
    equal(_about(_found(world, "hooks", f"-F{base}"), lost), [])
    folder.add("10-a")
    found = _found(world, "hooks", f"-F{base}")
    equal(_about(found, lost), ["warning"])
    true(any("the folder" in (advice or "") for _, _, advice in found), "what to do")
    folder.hold("20-b.hold")
    equal(_about(_found(world, "hooks", f"-F{base}"), "20-b.hold cannot work"), ["warning"])
    shutil.rmtree(f"{base}.d")
    base = _dispatcher("    status=$?\n    [ $status -eq 0 ] || exit $status\n")
    Folder(f"{base}.d").add("10-a")
    equal(_about(_found(world, "hooks", f"-F{base}"), lost), [])


@case(own=OWN)
def hooks_behind_a_dispatcher_count(world):
    _client("mariadb")
    server = Server("mariadbd")
    base = _dispatcher('    status=$?\n    [ $status -eq 0 ] || exit $status\n')
    Folder(f"{base}.d").add("20-mysql", freeze="mariadb -e 'FLUSH TABLES'")
    equal([text for _, text, _ in _found(world, "databases", f"-F{base}")],
          [f"MariaDB (pid {server.pid}): {base}.d/20-mysql is for it"])
