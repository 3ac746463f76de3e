/* SPDX-License-Identifier: MIT */
#include "agent-parser.h"

#include <errno.h>

#include "fake-sys.h"
#include "running.h"
#include "test-support.h"

#define AGENT 20
#define PARSER 7

#define SEALED "Uid:\t65533\t65533\nCapEff:\t0000000000000000\nSeccomp:\t2\n"
#define OPEN "Uid:\t0\t0\nCapEff:\t000001ffffffffff\nSeccomp:\t0\n"

static int
list_processes(FrostSys *sys, const char *path, char ***out_names)
{
    static const char *const names[] = {"self", "7", "9", "20", NULL};

    *out_names = g_strdupv((char **)names);
    return 0;
}

static void
add_process(FakeSys *fake, int pid, const char *name, int parent, const char *rights)
{
    g_autofree char *comm_path = g_strdup_printf("/proc/%d/comm", pid);
    g_autofree char *status_path = g_strdup_printf("/proc/%d/status", pid);
    g_autofree char *comm = g_strconcat(name, "\n", NULL);
    g_autofree char *status = g_strdup_printf("Name:\t%s\nPPid:\t%d\n%s", name, parent, rights);

    fake_sys_set_file(fake, comm_path, comm);
    fake_sys_set_file(fake, status_path, status);
}

/* An agent, and @name, its child. */
static FrostSys *
add_both(FakeSys *fake, const char *name, const char *rights)
{
    FrostSys *sys = fake_sys_get(fake);

    sys->list_dir = list_processes;
    add_process(fake, AGENT, "frost-ga", 1, OPEN);
    add_process(fake, PARSER, name, AGENT, rights);
    return sys;
}

static void
a_sealed_parser_lacks_nothing(void **state)
{
    g_autoptr(FakeSys) fake = fake_sys_new();
    FrostSys *sys = add_both(fake, "frost-ga-parser", SEALED);
    g_autofree char *text = frost_cli_parser_describe(sys, AGENT);

    fake_sys_set_file(fake, "/sys/kernel/security/lsm", "landlock,yama\n");
    assert_string_equal(text, "process 7, without rights");
    assert_null(frost_cli_parser_lack(sys, AGENT));
}

static void
what_is_missing_of_the_seal_is_named(void **state)
{
    static const char all[] =
        "keeps the agent's user, keeps rights of root, can open files, can make any system call";
    g_autoptr(FakeSys) fake = fake_sys_new();
    FrostSys *sys = add_both(fake, "frost-ga-parser", OPEN);

    fake_sys_set_file(fake, "/sys/kernel/security/lsm", "lockdown,yama\n");
    g_autofree char *text = frost_cli_parser_describe(sys, AGENT);
    g_autofree char *lack = frost_cli_parser_lack(sys, AGENT);
    g_autofree char *described = g_strconcat("process 7, ", all, NULL);
    g_autofree char *found = g_strconcat("the parser ", all, NULL);
    assert_string_equal(text, described);
    assert_string_equal(lack, found);
}

static void
a_parser_of_another_agent_and_another_child_are_none(void **state)
{
    g_autoptr(FakeSys) fake = fake_sys_new();
    FrostSys *sys = add_both(fake, "frost-ga", OPEN);

    add_process(fake, 9, "frost-ga-parser", 21, SEALED);
    g_autofree char *text = frost_cli_parser_describe(sys, AGENT);
    assert_string_equal(text, "none now");
    assert_null(frost_cli_parser_lack(sys, AGENT));
    assert_int_equal(frost_running_parser_of(sys, 21), 9);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sealed_parser_lacks_nothing),
        cmocka_unit_test(what_is_missing_of_the_seal_is_named),
        cmocka_unit_test(a_parser_of_another_agent_and_another_child_are_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
