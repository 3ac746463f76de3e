/* SPDX-License-Identifier: MIT */
#include "agent-processes.h"

#include <string.h>

#include "fake-sys.h"
#include "running.h"
#include "test-support.h"

#define AGENT 20
#define PARSER 7
#define FREEZER 9
#define HEIR 10

#define SEALED "Uid:\t65533\t65533\nCapEff:\t0000000000000000\nNoNewPrivs:\t1\nSeccomp:\t2\n"
#define FREEZES "Uid:\t0\t0\nCapEff:\t0000000000200000\nNoNewPrivs:\t1\nSeccomp:\t2\n"
#define OPEN "Uid:\t0\t0\nCapEff:\t000001ffffffffff\nNoNewPrivs:\t0\nSeccomp:\t0\n"

static int
list_processes(FrostSys *sys, const char *path, char ***out_names)
{
    static const char *const names[] = {"self", "7", "9", "10", "20", NULL};

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
    fake_sys_set_file(fake, "/sys/kernel/security/lsm", "landlock,yama\n");
    return sys;
}

/* As the fake reads, but for the words of the freezer's command line: it has no NUL in a file. */
static int
read_of_freezer(FrostSys *sys, const char *path, char **out_text, size_t *out_length)
{
    static const char words[] = "frost-ga\0--freezer";
    g_autoptr(FakeSys) empty = fake_sys_new();

    if (!g_str_equal(path, "/proc/9/cmdline"))
        return fake_sys_get(empty)->read_file(sys, path, out_text, out_length);
    *out_text = g_malloc(sizeof words);
    memcpy(*out_text, words, sizeof words);
    *out_length = sizeof words;
    return 0;
}

static void
add_freezer(FakeSys *fake, const char *rights)
{
    fake_sys_get(fake)->read_file = read_of_freezer;
    add_process(fake, FREEZER, "exe", AGENT, rights);
    add_process(fake, HEIR, "frost-ga-heir", FREEZER, OPEN);
}

static void
assert_described(FrostSys *sys, const char *expected)
{
    g_autoptr(GPtrArray) processes = frost_cli_processes_of(sys, AGENT);
    GString *text = g_string_new(NULL);

    for (guint i = 0; i < processes->len; i++) {
        g_autofree char *line = frost_process_rights_describe(g_ptr_array_index(processes, i));

        g_string_append_printf(text, "%s\n", line);
    }
    assert_string_equal(text->str, expected);
    g_string_free(text, TRUE);
}

static char *
lack_of_parser(FrostSys *sys)
{
    g_autoptr(GPtrArray) processes = frost_cli_processes_of(sys, AGENT);
    const FrostProcessRights *parser = frost_process_rights_find(processes, FROST_ROLE_PARSER);

    return parser ? frost_process_rights_lack(parser) : NULL;
}

static void
a_sealed_parser_lacks_nothing(void **state)
{
    g_autoptr(FakeSys) fake = fake_sys_new();
    FrostSys *sys = add_both(fake, "frost-ga-parser", SEALED);

    assert_described(sys, "Agent: process 20, rights of root: all\n"
                          "Parser: process 7, without rights\n");
    assert_null(lack_of_parser(sys));
}

static void
what_is_missing_of_the_seal_is_named(void **state)
{
    static const char all[] =
        "keeps the agent's user, keeps rights of root, can open files, can make any system call";
    g_autoptr(FakeSys) fake = fake_sys_new();
    FrostSys *sys = add_both(fake, "frost-ga-parser", OPEN);

    fake_sys_set_file(fake, "/sys/kernel/security/lsm", "lockdown,yama\n");
    g_autofree char *lack = lack_of_parser(sys);
    assert_string_equal(lack, all);
}

static void
a_parser_of_another_agent_and_another_child_are_none(void **state)
{
    g_autoptr(FakeSys) fake = fake_sys_new();
    FrostSys *sys = add_both(fake, "frost-ga", OPEN);

    add_process(fake, FREEZER, "frost-ga-parser", 21, SEALED);
    assert_described(sys, "Agent: process 20, rights of root: all\n");
    assert_int_equal(frost_running_helpers_of(sys, 21).parser, FREEZER);
}

static void
a_freezer_and_its_heir_are_told_of(void **state)
{
    g_autoptr(FakeSys) fake = fake_sys_new();
    FrostSys *sys = add_both(fake, "frost-ga-parser", SEALED);

    add_freezer(fake, FREEZES);
    assert_described(sys, "Agent: process 20, rights of root: all\n"
                          "Parser: process 7, without rights\n"
                          "Freezer: process 9, rights of root: SYS_ADMIN\n"
                          "Heir: process 10, rights of root: all\n");
    add_freezer(fake, OPEN);
    assert_described(sys, "Agent: process 20, rights of root: all\n"
                          "Parser: process 7, without rights\n"
                          "Freezer: process 9, rights of root: all; it keeps rights of root, can "
                          "make any system call\n"
                          "Heir: process 10, rights of root: all\n");
}

static void
a_program_is_told_the_same(void **state)
{
    g_autoptr(FakeSys) fake = fake_sys_new();
    FrostSys *sys = add_both(fake, "frost-ga-parser", SEALED);
    g_autoptr(GPtrArray) processes = frost_cli_processes_of(sys, AGENT);
    g_autoptr(QgaValue) value = frost_process_rights_to_value(processes);
    GString *text = g_string_new(NULL);

    qga_value_print(value, text);
    assert_string_equal(text->str,
                        "[{\"role\": \"agent\", \"pid\": 20, \"user\": 0, \"rights\": [\"all\"], "
                        "\"no_new_privs\": false, \"filtered\": false, \"lacks\": []}, "
                        "{\"role\": \"parser\", \"pid\": 7, \"user\": 65533, \"rights\": [], "
                        "\"no_new_privs\": true, \"filtered\": true, \"lacks\": []}]");
    g_string_free(text, TRUE);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sealed_parser_lacks_nothing),
        cmocka_unit_test(what_is_missing_of_the_seal_is_named),
        cmocka_unit_test(a_parser_of_another_agent_and_another_child_are_none),
        cmocka_unit_test(a_freezer_and_its_heir_are_told_of),
        cmocka_unit_test(a_program_is_told_the_same),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
