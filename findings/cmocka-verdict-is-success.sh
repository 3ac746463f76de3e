#!/bin/sh
# SPDX-License-Identifier: MIT
#
# cmocka 1.1.5 (Debian's libcmocka-dev 1.1.5-2.1): what a group of tests returns when something failed
#
# Expected: cmocka_run_group_tests(), which the manual's examples return from main(), lets a program end with
#           success only if nothing failed.
# Seen:     a group teardown that fails is reported as "[  FAILED  ] GROUP TEARDOWN", and the group returns 0,
#           while a group setup that fails makes it return 1. The value is a number of tests, and an exit status
#           has eight bits: 255 and 257 failed tests end a program with 255 and 1, but 256 with 0.
#
# Needs apt-get, dpkg-deb and gcc. Leaves nothing behind; exit status 1: it has changed.
set -eu

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
apt-get -q -o APT::Sandbox::User=root download libcmocka-dev=1.1.5-2.1 libcmocka0=1.1.5-2.1 >/dev/null
for package in ./*.deb; do
    dpkg-deb -x "$package" root
done

cat >group.c <<'C'
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void passes(void **state)
{
    (void)state;
}

static void fails(void **state)
{
    (void)state;
    fail();
}

static int cannot(void **state)
{
    (void)state;
    return -1;
}

/* group setup | teardown | COUNT    the last one: so many tests that fail */
int main(int argc, char **argv)
{
    const struct CMUnitTest good[] = {cmocka_unit_test(passes)};
    const struct CMUnitTest bad = cmocka_unit_test(fails);
    struct CMUnitTest many[257];

    (void)argc;
    if (strcmp(argv[1], "setup") == 0)
        return cmocka_run_group_tests(good, cannot, NULL);
    if (strcmp(argv[1], "teardown") == 0)
        return cmocka_run_group_tests(good, NULL, cannot);
    for (int i = 0; i < 257; i++)
        many[i] = bad;
    return _cmocka_run_group_tests("many", many, (size_t)atoi(argv[1]), NULL, NULL);
}
C
libraries=root/usr/lib/$(gcc -print-multiarch)
gcc -I root/usr/include group.c -o group -L "$libraries" -lcmocka
for course in setup teardown 255 256 257; do
    status=0
    LD_LIBRARY_PATH=$libraries ./group "$course" >output 2>&1 || status=$?
    groups=$(grep -c 'FAILED.*GROUP' output) || true
    tests=$(grep -c 'FAILED  \] fails' output) || true
    echo "$course: exit status $status, $groups failed group, $tests lines about failed tests"
done | tee seen

cat >expected <<'SEEN'
setup: exit status 1, 1 failed group, 0 lines about failed tests
teardown: exit status 0, 1 failed group, 0 lines about failed tests
255: exit status 255, 0 failed group, 510 lines about failed tests
256: exit status 0, 0 failed group, 512 lines about failed tests
257: exit status 1, 0 failed group, 514 lines about failed tests
SEEN
diff expected seen
