#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Mnesia 4.21 (Debian's erlang-mnesia 1:25.2.3+dfsg-1+deb12u4): a backup that ends too early
#
# The database of ejabberd, and of other servers in Erlang, writes its backup with mnesia:backup(File). `restore` puts
# one into the running database; `install_fallback` makes it the database of the next start. Where the disk was full, or
# the transfer broke, the file is shorter.
#
# Expected: an error from both, and the database stays as it was.
# Seen:     {atomic, [t]} from restore and ok from install_fallback, as with the whole backup, and no word. The table
#           has half of its records then, and the other half, which the database still had, is gone. Of a backup that
#           ends before its tables begin, restore says {atomic, []}; there install_fallback fails. Who keeps such
#           backups keeps their checksums, too.
#
# Needs apt-get and dpkg-deb. Leaves nothing behind; exit status 1: it has changed.
set -eu

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
version=1:25.2.3+dfsg-1+deb12u4
apt-get -q -o APT::Sandbox::User=root download "erlang-base=$version" "erlang-mnesia=$version" >/dev/null
for package in ./*.deb; do
    dpkg-deb -x "$package" root
done
ROOTDIR=$folder/root/usr/lib/erlang
BINDIR=$(find "$ROOTDIR" -path '*/erts-*/bin' -type d)
EMU=beam
PROGNAME=erl
HOME=$folder
export ROOTDIR BINDIR EMU PROGNAME HOME

cat >ask.erl <<'ERLANG'
-module(ask).
-export([make/0, restore/1, fallback/1, size/0]).

start() ->
    mnesia:start(),
    mnesia:wait_for_tables([t], 10000).

result({error, _}) -> error;
result({aborted, _}) -> aborted;
result({'EXIT', _}) -> error;
result(Other) -> Other.

make() ->
    mnesia:create_schema([node()]),
    mnesia:start(),
    {atomic, ok} = mnesia:create_table(t, [{disc_copies, [node()]}]),
    Write = fun(Number) -> mnesia:write({t, Number, lists:duplicate(50, $x)}) end,
    {atomic, ok} = mnesia:transaction(fun() -> lists:foreach(Write, lists:seq(1, 5000)) end),
    ok = mnesia:backup("whole"),
    mnesia:stop().

restore(File) ->
    start(),
    Result = result(catch mnesia:restore(File, [{default_op, recreate_tables}])),
    io:format("    restore: ~w, ~w records~n", [Result, mnesia:table_info(t, size)]),
    mnesia:stop().

fallback(File) ->
    io:format("    install_fallback: ~w", [result(catch mnesia:install_fallback(File))]).

size() ->
    start(),
    io:format(", ~w records at the next start~n", [mnesia:table_info(t, size)]),
    mnesia:stop().
ERLANG

run() { # EXPRESSION
    "$BINDIR/erlexec" -noshell -mnesia dir '"database"' -kernel logger_level none -eval "$1, halt()."
}

ask() { # FILE
    echo "$1"
    for what in restore fallback; do
        rm -rf database
        cp -r before database
        run "ask:$what(\"$1\")"
    done
    run 'ask:size()'
}

run '{ok, ask} = compile:file(ask)'
run 'ask:make()'
mv database before
head -c $(($(stat -c %s whole) / 2)) whole >half
head -c 200 whole >beginning
{
    ask whole
    ask half
    ask beginning
} | tee seen

cat >expected <<'SEEN'
whole
    restore: {atomic,[t]}, 5000 records
    install_fallback: ok, 5000 records at the next start
half
    restore: {atomic,[t]}, 2493 records
    install_fallback: ok, 2493 records at the next start
beginning
    restore: {atomic,[]}, 5000 records
    install_fallback: error, 5000 records at the next start
SEEN
diff expected seen
