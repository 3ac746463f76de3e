#!/bin/sh
# SPDX-License-Identifier: MIT
#
# MariaDB 10.11.19 (Debian's 1:10.11.19-0+deb12u1): the exit status of mariadb-check and mariadb-backup --prepare
#
# Expected: mariadb-check of a copied server fails if a table is corrupt. --prepare of a backup that lacks a table's
#           file fails, or names the table.
# Seen:     mariadb-check prints "Corrupt" for tables of InnoDB, MyISAM and Aria, exit status 0: a script has to
#           look for words. And --prepare ends with "completed OK!", status 0, whether a table's .ibd is
#           missing, or damaged, or an Aria table's rows are gone: it looks only at the files that the log names.
#           The first who notices is who reads the table.
#
# Needs apt-get, dpkg-deb and the libraries of a MariaDB server. Leaves nothing behind; exit status 1: it has changed.
set -eu

folder=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server"; wait; rm -rf "$folder"' EXIT
cd "$folder"
version=1:10.11.19-0+deb12u1
apt-get -q -o APT::Sandbox::User=root download "mariadb-server-core=$version" "mariadb-client-core=$version" \
    "mariadb-backup=$version" >/dev/null
for package in ./*.deb; do
    dpkg-deb -x "$package" root
done
PATH=$PWD/root/usr/bin:$PWD/root/usr/sbin:$PATH
export PATH

in_server() { # COMMAND...: starts a server on the folder `data`, runs the command, stops the server
    mariadbd --no-defaults --user=root --datadir="$folder/data" --socket="$folder/socket" --skip-networking \
        --lc-messages-dir="$folder/root/usr/share/mysql" --innodb-buffer-pool-size=16M >>log 2>&1 &
    server=$!
    for _ in $(seq 300); do
        if mariadb --no-defaults -S socket -e 'SELECT 1' >/dev/null 2>&1; then
            break
        fi
        sleep 0.2
    done
    "$@"
    mariadb --no-defaults -S socket -e SHUTDOWN
    wait "$server"
    server=
}

fill() {
    for engine in InnoDB MyISAM Aria; do
        echo "CREATE TABLE $engine (a INT PRIMARY KEY, b VARCHAR(200)) ENGINE=$engine;
              INSERT INTO $engine SELECT seq, REPEAT('x', 150) FROM seq_1_to_5000;"
    done | mariadb --no-defaults -S socket test
}

back_up() {
    mariadb-backup --no-defaults --backup --datadir="$folder/data" --socket="$folder/socket" \
        --target-dir=backup >>log 2>&1
}

# Random bytes instead of a page of an InnoDB table; the rows of the others end in the middle.
damage() { # FOLDER
    dd if=/dev/urandom of="$1/InnoDB.ibd" bs=16384 seek=8 count=4 conv=notrunc status=none
    truncate -s 400000 "$1/MyISAM.MYD"
    truncate -s 401408 "$1/Aria.MAD"
}

check() {
    status=0
    mariadb-check --no-defaults -S socket test >output 2>>log || status=$?
    echo "mariadb-check: exit status $status, $(grep -c '^error *: Corrupt$' output) tables corrupt"
}

prepare() { # NAME COMMAND...
    rm -rf copy
    cp -R backup copy
    what=$1
    shift
    (cd copy/test && "$@")
    status=0
    mariadb-backup --no-defaults --prepare --target-dir=copy >output 2>&1 || status=$?
    echo "prepare, $what: exit status $status, $(tail -n 1 output | grep -o 'completed OK!'),\
 $(grep -ci 'error\|warn\|corrupt' output) lines about it"
}

mkdir data
mariadb-install-db --no-defaults --basedir="$folder/root/usr" --datadir="$folder/data" --user=root \
    --auth-root-authentication-method=normal >>log 2>&1
in_server fill
in_server back_up
{
    prepare 'no InnoDB.ibd' rm InnoDB.ibd
    prepare 'all three damaged' damage .
    damage data/test
    in_server check
} | tee seen

cat >expected <<'SEEN'
prepare, no InnoDB.ibd: exit status 0, completed OK!, 0 lines about it
prepare, all three damaged: exit status 0, completed OK!, 0 lines about it
mariadb-check: exit status 0, 3 tables corrupt
SEEN
diff expected seen
