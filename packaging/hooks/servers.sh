# SPDX-License-Identifier: MIT
# shellcheck shell=sh
#
# servers.sh - which process is a database server, and how it is spoken to; sourced by the hooks
#
# Not a hook: it is not executable. A hook looks for it beside itself, then in
# /usr/share/frost-ga/hooks.
#
# A hook runs as root, and any user can start a process of any name, with any title, that listens
# anywhere. So a server is what all of this holds for:
#
# - /proc/PID/exe is one of the server's programs, a file of root that no other account may write.
# - Its account is a service's: the uid is below UID_MIN. In a container that root has set up
#   (a root, a PID namespace and ids that no user can have made) the same goes for the uid inside,
#   and whatever account the container's first process has will do.
# - It is spoken to at the socket that this process has open: the inode in /proc/PID/fd is looked up
#   in /proc/PID/net, never a path or an address that somebody wrote somewhere. A socket's file must
#   belong to the server's account, in folders that no other account may write.
#
# Clients run as the server's own account where that is enough, so that a server gets hold of nothing
# it does not have. A process that only bears the name is passed over, with a line that tells of it.

# Of the hook, for what it says.
: "${name:=servers.sh}"

say() {
    echo "$name: $*"
}

warn() {
    echo "$name: $*" >&2
}

die() {
    warn "$*"
    exit 1
}

# Whether a file is root's, and only root may write it. Otherwise one line tells.
is_roots() { # file
    [ -n "$(find -L "$1" -prune -type f -user 0 ! -perm -020 ! -perm -002 2>/dev/null)" ] || {
        warn "$1 is not used: it must belong to root, and no other account may write it"
        return 1
    }
}

# /etc/frost-ga/NAME.conf, assignments of the shell.
load_settings() { # name
    settings=/etc/frost-ga/$1.conf
    [ -e "$settings" ] || return 0
    is_roots "$settings" || exit 1
    # shellcheck source=/dev/null
    . "$settings"
}

# The first uid that is a person's.
uid_min() {
    found=$(sed -n 's/^UID_MIN[[:space:]]\{1,\}\([0-9]\{1,\}\).*/\1/p' /etc/login.defs 2>/dev/null)
    echo "${found:-1000}"
}
UID_MIN=$(uid_min)

# Sets uid, euid, gid, groups, parent of a process, and depth: in how many PID namespaces it is.
# No program is started for it: the server before may be holding its writes, and where many wait for a
# processor, each program costs tenths of a second.
read_status() { # status file
    uid='' groups=
    while read -r key one two rest; do
        case $key in
            PPid:) parent=$one ;;
            Uid:) uid=$one euid=$two ;;
            Gid:) gid=$two ;;
            Groups:)
                for number in $one $two $rest; do
                    groups=$groups${groups:+,}$number
                done
                ;;
            NSpid:)
                depth=${two:+2} depth=${depth:-1}
                break
                ;;
        esac
    done 2>/dev/null <"$1"
    [ -n "$uid" ]
}

# Whether a uid of this machine is a person's, or one of those that /etc/subuid lends to a person.
is_persons() { # uid
    [ "$1" -lt "$UID_MIN" ] || [ "$1" -gt 60000 ] || return 0
    while IFS=: read -r who first count; do
        [ "$1" -ge "$first" ] || continue
        [ "$1" -lt $((first + count)) ] || continue
        case $who in
            *[!0-9]*) who=$(id -u "$who" 2>/dev/null || echo "$UID_MIN") ;;
        esac
        [ "$who" -lt "$UID_MIN" ] || return 0
    done 2>/dev/null </etc/subuid
    return 1
}

# Reads the ids of a process's user namespace. Sets root_uid, its uid 0 as seen from here, and
# inner, what the uid $2 is inside. False if a person can have made that namespace.
read_ids() { # pid, uid
    root_uid=none inner=none made_by_root=
    while read -r inside outside count; do
        [ "$inside" -ne 0 ] || root_uid=$outside
        [ "$2" -lt "$outside" ] || [ "$2" -ge $((outside + count)) ] ||
            inner=$((inside + $2 - outside))
        is_persons "$outside" || made_by_root=yes
    done 2>/dev/null <"/proc/$1/uid_map"
    [ -n "$made_by_root" ]
}

# The name of an account, or its uid if it has none. busybox's id knows no uids.
account_of() { # uid
    found=$(id -un "$1" 2>/dev/null) ||
        found=$(sed -n "s/^\([^:]*\):[^:]*:$1:.*/\1/p" /etc/passwd | sed 1q)
    echo "${found:-$1}"
}

# Sets facts, which say what surrounds a process, and us. One program for all of it.
read_surroundings() { # pid
    facts=$(stat -L -c '%n=%d:%i' "/proc/$1/root" "/proc/$1/ns/mnt" "/proc/$1/ns/net" "/proc/$1/ns/pid" \
        /proc/self/root /proc/self/ns/mnt /proc/self/ns/net /proc/self/ns/pid 2>/dev/null)
}

# Whether the process has it in common with us; where the kernel has no such namespaces, all do.
shares() { # name below /proc/PID, pid
    case $facts in *"/proc/self/$1="*) ;; *) return 0 ;; esac
    ours=${facts#*"/proc/self/$1="} theirs=${facts#*"/proc/$2/$1="}
    [ "${ours%%[!0-9:]*}" = "${theirs%%[!0-9:]*}" ]
}

# The uid of the first process of a container, or nothing.
first_uid() (
    read_status "/proc/$1/root/proc/1/status" && echo "$uid"
)

# Sets why, and is false, unless the account of a process is one that may run a server. Sets root_uid.
has_service_account() { # pid
    account=$(account_of "$uid")
    why="user $account is no service"
    root_uid=0
    read_surroundings "$1"
    if ! shares root "$1" && ! shares ns/pid "$1" && [ "$depth" -gt 1 ]; then
        read_ids "$1" "$uid" || {
            why="user $account is no service, nor is its container root's"
            return 1
        }
        [ "$inner" != none ] && [ "$inner" -lt "$UID_MIN" ] && return 0
        [ "$uid" = "$(first_uid "$1")" ] && return 0
        why="user $account is no service in its container"
        return 1
    fi
    [ "$uid" -lt "$UID_MIN" ] && [ "$euid" -lt "$UID_MIN" ]
}

# Whether the program of a process is the package's.
has_own_program() { # pid, names
    exe=$(readlink "/proc/$1/exe") || exe=
    exe=${exe% (deleted)}
    why="user $account runs ${exe:-a program that cannot be seen} under that name"
    case " $2 " in *" ${exe##*/} "*) ;; *) return 1 ;; esac
    file=$(stat -L -c '%u %A' "/proc/$1/exe" 2>/dev/null)
    why="user $account runs $exe, which others than root can change"
    case $file in
        "0 "?????-??-? | "$root_uid "?????-??-?) ;;
        *) return 1 ;;
    esac
}

# Sets all that is known of a server: pid, uid, gid, groups, account, root ("" if its files are ours),
# root_uid, net ("" if its network is ours), apart (" of pid N" if it is in a container, for what is
# told of it). False, with a reason in why, if it is none.
know() { # pid, names of its program
    pid=$1
    read_status "/proc/$1/status" || return 1
    has_service_account "$1" && has_own_program "$1" "$2" || return 1
    [ "$uid" -eq "$euid" ] || account=$(account_of "$euid")
    uid=$euid root="/proc/$1/root" net=$1 apart=
    ! shares ns/mnt "$1" || ! shares root "$1" || root=
    ! shares ns/net "$1" || net=
    shares root "$1" || apart=" of pid $1"
}

# The pids of the servers, a line each. A server's own children bear its name, too.
# $1: names of the process, as in /proc/PID/comm, $2: names of the program's file
find_servers() {
    for comm in /proc/[0-9]*/comm; do
        { read -r program <"$comm"; } 2>/dev/null || continue
        case " $1 " in *" $program "*) ;; *) continue ;; esac
        pid=${comm#/proc/} pid=${pid%/comm}
        read_status "/proc/$pid/status" || continue
        { read -r above <"/proc/$parent/comm"; } 2>/dev/null || above=
        [ "$above" != "$program" ] || continue
        if know "$pid" "$2"; then
            echo "$pid"
        elif [ -e "/proc/$pid" ]; then
            warn "passed over: $program, pid $pid: $why"
        fi
    done
}

# Sets inodes, of the sockets that a process has open, between blanks.
read_inodes() { # pid
    inodes=' '
    # shellcheck disable=SC2012 # what a descriptor leads to is in no file's name
    for inode in $(ls -l "/proc/$1/fd" 2>/dev/null | sed -n 's/.*socket:\[\(.*\)\]$/\1/p'); do
        inodes="$inodes$inode "
    done
}

# The paths of the unix sockets that a server listens on, as it named them, a line each; abstract
# ones begin with @. Flag 10000: it accepts connections.
unix_paths() {
    read_inodes "$pid"
    sed -n 's/^[^ ]* [^ ]* [^ ]* 00010000 [^ ]* [^ ]* *\([0-9]* .\)/\1/p' "/proc/$pid/net/unix" |
        while IFS=' ' read -r inode path; do
            case $inodes in *" $inode "*) echo "$path" ;; esac
        done
}

# Sets resolved, a path inside a root without its symbolic links: those of a container lead to the
# container's files.
resolve() { # root, path
    rest=${2#/} resolved='' links=0
    while [ -n "$rest" ]; do
        part=${rest%%/*}
        case $rest in */*) rest=${rest#*/} ;; *) rest='' ;; esac
        case $part in
            '' | .) ;;
            ..) resolved=${resolved%/*} ;;
            *)
                if [ -L "$1$resolved/$part" ]; then
                    links=$((links + 1))
                    [ "$links" -lt 40 ] || return 1
                    target=$(readlink "$1$resolved/$part") || return 1
                    case $target in /*) resolved='' ;; esac
                    rest=${target#/}${rest:+/$rest}
                else
                    resolved=$resolved/$part
                fi
                ;;
        esac
    done
}

# Whether no account but root's and the server's can put another file there: the folder and those
# above it. In a sticky one each may move only what is his.
is_guarded() { # root, folder
    top=$1 where=$2
    set -- "$1/"
    while [ -n "$where" ]; do
        set -- "$top$where" "$@"
        where=${where%/*}
    done
    all=$(stat -c '%u %g %A' "$@" 2>/dev/null) || return 1
    while IFS=' ' read -r owner group mode; do
        case $owner in 0 | "$uid" | "$root_uid") ;; *) return 1 ;; esac
        case $group:$mode in
            *[tT]) ;;
            *:????????w*) return 1 ;;
            "$gid:"* | 0:*) ;;
            *:?????w*) return 1 ;;
        esac
    done <<END
$all
END
}

# Sets folder and file for a unix socket of a server: the client goes into the folder as root, and
# connects to ./FILE as another account. False, with a reason in why, if it may be another's.
reach() { # path
    case $1 in
        @*)
            folder=/ file=$1
            return 0
            ;;
        /*) resolve "$root" "$1" ;;
        *) resolve "$root" "$(readlink "/proc/$pid/cwd")/$1" ;;
    esac || return 1
    folder=$root${resolved%/*} file=${resolved##*/}
    why="its socket $1 is not there"
    [ -S "$folder/$file" ] || return 1
    why="its socket $1 could be another's"
    case $(stat -c %u "$folder/$file") in 0 | "$uid" | "$root_uid") ;; *) return 1 ;; esac
    is_guarded "$root" "${resolved%/*}"
}

# ADDRESS PORT of each port that a server listens on.
tcp_addresses() {
    read_inodes "$pid"
    for table in tcp tcp6; do
        while read -r _ local _ state _ _ _ _ _ inode _; do
            case $state:$inodes in
                0A:*" $inode "*) echo "$(address_of "${local%:*}") $((0x${local##*:}))" ;;
            esac
        done 2>/dev/null <"/proc/$pid/net/$table"
    done
}

# From the kernel's words of 32 bits, in the order of the machine, to what a client understands.
address_of() { # hexadecimal digits
    case $1 in
        00000000) echo 127.0.0.1 ;;
        00000000000000000000000000000000) echo ::1 ;;
        ????????) bytes "$1" | { read -r a b c d && echo "$((0x$a)).$((0x$b)).$((0x$c)).$((0x$d))"; } ;;
        *)
            for part in 1 9 17 25; do
                bytes "$(echo "$1" | cut -c "$part-$((part + 7))")"
            done | sed 's/\(..\) \(..\) \(..\) \(..\)/\1\2:\3\4/' | tr '\n' ':' | sed 's/:$//'
            ;;
    esac
}

bytes() { # eight digits
    case $(printf '\1\0' | od -A n -t d2) in
        *256*) order='\1 \2 \3 \4' ;;
        *) order='\4 \3 \2 \1' ;;
    esac
    echo "$1" | sed "s/\(..\)\(..\)\(..\)\(..\)/$order/"
}

# Becomes a command of an account, in the server's network; for a subshell. setpriv opens no session
# of PAM, and so writes to no log.
become() { # uid (0, the server's, or its container's root's), command
    as=$1
    shift
    if [ "$as" -ne 0 ]; then
        for setpriv in setpriv /usr/bin/setpriv /bin/setpriv none; do    # busybox's cannot
            ! "$setpriv" --clear-groups true 2>/dev/null || break
        done
        if [ "$setpriv" != none ]; then
            set -- "$setpriv" --reuid="$as" --regid="$gid" --groups="${groups:-$gid}" "$@"
        else
            [ "$as" -eq "$uid" ] || account=$(account_of "$as")
            # shellcheck disable=SC2016 # expanded by the inner shell
            set -- su -s /bin/sh "$account" -c '"$0" "$@"' -- "$@"
        fi
    fi
    [ -z "$net" ] || set -- nsenter -t "$net" -n "$@"
    exec "$@"
}

# Takes a server from the hook's configuration: a path, or an address, is what it says.
know_named() { # path of a socket, or an address
    # shellcheck disable=SC2034 # for the hooks
    pid='' root='' net='' apart='' root_uid=0 uid=0 gid=0 groups=0 account=root
    case $1 in
        /*)
            folder=${1%/*} file=${1##*/}
            why="$1 is no socket"
            [ -S "$1" ] || return 1
            uid=$(stat -L -c %u "$1") gid=$(stat -L -c %g "$1") groups=$gid
            account=$(account_of "$uid")
            ;;
    esac
}

# Whether the server may be sent what a file holds: its account can read it anyway, or is one of
# those that the hook's configuration names, or the server itself is named there.
may_have() { # file, names or uids of accounts
    [ -n "$pid" ] || return 0
    case " $2 " in *" $account "* | *" $uid "*) return 0 ;; esac
    (become "$uid" test -r "$1")
}
