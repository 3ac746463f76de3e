# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# Sourced by what needs packages of Debian. What is installed is not asked of apt: a machine that has
# all works without a network.

fail_to_install() {
    echo "${0##*/}: $1" >&2
    exit 1
}

is_installed() {
    dpkg-query -W -f '${Status}' "$1" 2>/dev/null | grep -q '^install ok installed$'
}

missing_of() {
    for package; do
        is_installed "$package" || echo "$package"
    done | sort -u
}

# Names are words without blanks: splitting is meant.
# shellcheck disable=SC2086
install_missing() {
    missing=$(missing_of $1)
    [ -n "$missing" ] || return 0
    command -v apt-get >/dev/null || fail_to_install "it needs these packages, and apt-get to install them: $missing"
    export DEBIAN_FRONTEND=noninteractive
    echo "# installing:" $missing
    # Another one's apt-get may be at work: it is waited for.
    apt="apt-get -y -q -o DPkg::Lock::Timeout=300 --no-install-recommends"
    if ! $apt install $missing >/tmp/frost-apt.$$ 2>&1; then
        apt-get update -q >>/tmp/frost-apt.$$ 2>&1 || true
        if ! $apt install $missing >>/tmp/frost-apt.$$ 2>&1; then
            cat /tmp/frost-apt.$$ >&2
            rm -f /tmp/frost-apt.$$
            fail_to_install "apt-get cannot install: $missing"
        fi
    fi
    rm -f /tmp/frost-apt.$$
}

# install_for FOLDER SUITE...   what the suites need; FOLDER is this file's
install_for() {
    install_missing python3
    list=$1/packages.py
    shift
    packages=$(/usr/bin/python3 -B "$list" "$@") || exit 1
    install_missing "$packages"
}
