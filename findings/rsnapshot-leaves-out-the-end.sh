#!/bin/sh
# SPDX-License-Identifier: MIT
#
# rsnapshot 1.4.5 (Debian's 1.4.5-1): cmd_postexec, when the backup does not come to its end
#
# cmd_preexec and cmd_postexec are where people freeze and thaw, stop and start, mount and unmount. The manual: run
# "immediately before" and "immediately after each backup operation".
#
# Expected: once cmd_preexec has succeeded, cmd_postexec is run, however the backup ends.
# Seen:     it is run after a backup point or a backup_script that failed, but not after a backup_exec that is
#           "required" and fails, and not if rsnapshot is sent TERM, as when its service is stopped: both times rsnapshot
#           takes its lock file away, says what is wrong, and ends with status 1. What cmd_preexec did stays.
#
# Needs apt-get, dpkg-deb, perl and rsync's libraries. Leaves nothing behind; exit status 1: it has changed.
set -eu

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
apt-get -q -o APT::Sandbox::User=root download rsnapshot=1.4.5-1 \
    rsync=3.5.0+ds1-0+deb12u1 libpopt0=1.19+dfsg-1 >/dev/null
for package in ./*.deb; do
    dpkg-deb -x "$package" root
done
LD_LIBRARY_PATH=$(find root -name 'lib*.so.*' -printf "$folder/%h\n" | sort -u | paste -s -d :)
export LD_LIBRARY_PATH
mkdir source
for name in before after; do
    printf '#!/bin/sh\necho %s >>%s/calls\n' "$name" "$folder" >"$name"
done
printf '#!/bin/sh\ntouch %s/begun\nexec sleep 5\n' "$folder" >slow
chmod 755 before after slow

# A line of the configuration; its fields are separated by tabs.
line() {
    echo "$*" | tr ' ' '\t'
}

begin() { # FIELD...: what is to be backed up
    rm -rf snapshots calls begun
    {
        line config_version 1.2
        line snapshot_root "$folder/snapshots/"
        line cmd_rsync "$folder/root/usr/bin/rsync"
        line cmd_preexec "$folder/before"
        line cmd_postexec "$folder/after"
        line lockfile "$folder/lock"
        line retain alpha 2
        line "$@"
    } >configuration
    perl -Iroot/usr/share/perl5 root/usr/bin/rsnapshot -c configuration alpha >output 2>&1 &
}

end() { # NAME
    status=0
    wait $! || status=$?
    lock='no lock file'
    [ ! -e lock ] || lock='a lock file'
    echo "$1: status $status, $lock, called: $(paste -s -d ' ' calls)"
}

{
    begin backup "$folder/source/" here/
    end 'backup'
    begin backup_script /bin/false here/
    end 'backup_script that fails'
    begin backup_exec /bin/false
    end 'backup_exec that fails'
    begin backup_exec /bin/false required
    end 'backup_exec, required, that fails'
    begin backup_exec "$folder/slow"
    while [ ! -e begun ]; do
        sleep 0.1
    done
    kill "$!"
    end 'TERM'
} | tee seen

cat >expected <<'SEEN'
backup: status 0, no lock file, called: before after
backup_script that fails: status 1, no lock file, called: before after
backup_exec that fails: status 2, no lock file, called: before after
backup_exec, required, that fails: status 1, no lock file, called: before
TERM: status 1, no lock file, called: before
SEEN
diff expected seen
