#!/bin/sh
# SPDX-License-Identifier: MIT
#
# git 2.39.5 (Debian's 1:2.39.5-0+deb12u3): `git bundle verify` of a bundle that ends too early
#
# A bundle is a whole repository in one file, as one backs it up. By the manual, verify checks that the file "is valid
# and will apply cleanly to the current repository".
#
# Expected: it fails if half of the bundle is missing, above all in a repository that has none of its commits.
# Seen:     "is okay", "records a complete history", status 0, of half a bundle, and of one that has only its beginning:
#           the list of branches, and no commit. clone fails then, and so does index-pack, which reads all of it. Who
#           wants to know whether a bundle is good clones it into a folder that he removes again.
#
# Needs apt-get, dpkg-deb and git's libraries. Leaves nothing behind; exit status 1: it has changed.
set -eu

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
apt-get -q -o APT::Sandbox::User=root download git=1:2.39.5-0+deb12u3 >/dev/null
for package in ./*.deb; do
    dpkg-deb -x "$package" root
done
PATH=$PWD/root/usr/bin:$PATH
GIT_EXEC_PATH=$PWD/root/usr/lib/git-core
GIT_TEMPLATE_DIR=$PWD/root/usr/share/git-core/templates
GIT_CONFIG_GLOBAL=/dev/null
GIT_CONFIG_NOSYSTEM=1
export PATH GIT_EXEC_PATH GIT_TEMPLATE_DIR GIT_CONFIG_GLOBAL GIT_CONFIG_NOSYSTEM

status_of() { # COMMAND...
    status=0
    "$@" >output 2>&1 || status=$?
    echo "status $((status != 0))"
}

ask() { # FILE
    echo "$1"
    echo "    verify: $(status_of git -C empty bundle verify "$folder/$1")," \
        "$(grep -o 'is okay\|complete history' output | paste -s -d ,)"
    echo "    index-pack: $(status_of sh -c "sed '1,/^\$/d' $1 | git -C empty index-pack --stdin")"
    echo "    clone: $(status_of git clone -q "$1" "clone-of-$1")"
}

git init -q -b main repository
for number in 1 2 3; do
    head -c 100000 /dev/urandom >"repository/file$number"
    git -C repository add .
    git -C repository -c user.name=name -c user.email=name@example.test commit -q -m "$number"
done
git init -q -b main empty
git -C repository bundle create -q "$folder/whole" --all
head -c 150000 whole >half
sed '/^$/q' whole >beginning
{
    ask whole
    ask half
    ask beginning
} >seen
cat seen

cat >expected <<'SEEN'
whole
    verify: status 0, is okay,complete history
    index-pack: status 0
    clone: status 0
half
    verify: status 0, is okay,complete history
    index-pack: status 1
    clone: status 1
beginning
    verify: status 0, is okay,complete history
    index-pack: status 1
    clone: status 1
SEEN
diff expected seen
