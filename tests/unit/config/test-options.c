/* SPDX-License-Identifier: MIT */
#include <getopt.h>
#include <string.h>
#include <unistd.h>

#include "fixture.h"
#include "frost-build.h"

typedef struct {
    const char *options;
    const char *changes; /* of the dump, against that of an empty command line */
} Row;

static void
check_rows(const Row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        g_autoptr(Loaded) loaded = load(NULL, rows[i].options);

        if (loaded->error)
            print_error("in row \"%s\"\n", rows[i].options);
        assert_no_error(loaded->error);
        assert_true(loaded->ok);

        g_autofree char *changed = changes(loaded);
        if (strcmp(changed, rows[i].changes) != 0)
            print_error("in row \"%s\"\n", rows[i].options);
        assert_string_equal(changed, rows[i].changes);
        assert_string_equal(loaded->out, "");
        assert_string_equal(loaded->err, "");
    }
}

static void
every_option_sets_what_it_says(void **state)
{
    static const Row rows[] = {
        {"", ""},
        {"-m isa-serial", "method=isa-serial|path=/dev/ttyS0|"},
        {"--method isa-serial -p /dev/ttyS1", "method=isa-serial|path=/dev/ttyS1|"},
        {"--method=unix-listen --path=/run/x", "method=unix-listen|path=/run/x|"},
        {"-m vsock-listen -p 4294967295:1234", "method=vsock-listen|path=4294967295:1234|"},
        {"-m carrier-pigeon -p coo", "method=carrier-pigeon|path=coo|"},
        {"-p ''", "path=|"},
        {"-l /var/log/x", "logfile=/var/log/x|"},
        {"--logfile=/var/log/x", "logfile=/var/log/x|"},
        {"-f /run/x.pid", "pidfile=/run/x.pid|"},
        {"--pidfile /run/x.pid", "pidfile=/run/x.pid|"},
        {"-t /run/x", "statedir=/run/x|"},
        {"--statedir=/run/x", "statedir=/run/x|"},
        {"-v", "verbose=true|"},
        {"--verbose", "verbose=true|"},
        {"-D -d", "daemon=true|"},
        {"-D --daemonize", "daemon=true|"},
        {"-r", "retry-path=true|"},
        {"--retry-path", "retry-path=true|"},
        {"-s install", ""},
        {"-D", ""},
        {"--dump-conf", ""},
        {"-D -vrd -l/x", "daemon=true|logfile=/x|verbose=true|retry-path=true|"},
        {"-l /one -l /two", "logfile=/two|"},
    };

    check_rows(rows, G_N_ELEMENTS(rows));
}

static void
the_argument_of_the_hook_option_is_glued(void **state)
{
    static const Row rows[] = {
        {"-F", "fsfreeze-hook=" FROST_CONFDIR "/fsfreeze-hook|"},
        {"--fsfreeze-hook", "fsfreeze-hook=" FROST_CONFDIR "/fsfreeze-hook|"},
        {"-F/opt/hook", "fsfreeze-hook=/opt/hook|"},
        {"--fsfreeze-hook=/opt/hook", "fsfreeze-hook=/opt/hook|"},
        {"-F /opt/hook -v", "fsfreeze-hook=" FROST_CONFDIR "/fsfreeze-hook|verbose=true|"},
        {"'-F/opt/my hook'", "fsfreeze-hook=/opt/my hook|"},
    };

    check_rows(rows, G_N_ELEMENTS(rows));
}

static void
rpc_lists_accumulate_and_each_source_is_reversed(void **state)
{
    static const Row rows[] = {
        {"-b a", "block-rpcs=a|"},
        {"-b a -b b,c", "block-rpcs=a,c,b|"},
        {"--block-rpcs=a,b --block-rpcs c,d", "block-rpcs=b,a,d,c|"},
        {"-b ,a,,b,", "block-rpcs=,b,,a,|"},
        {"-b 'a;b,c'", "block-rpcs=c,a;b|"},
        {"-b ''", ""},
        {"-a x,y -b z", "block-rpcs=z|allow-rpcs=y,x|"},
        {"--allow-rpcs=x --allow-rpcs=y", "allow-rpcs=x,y|"},
    };

    check_rows(rows, G_N_ELEMENTS(rows));
}

static void
options_may_be_abbreviated_and_stand_anywhere(void **state)
{
    static const Row rows[] = {
        {"-D --daemon", "daemon=true|"},
        {"--verb --meth=x --pat=y --log=z", "method=x|path=y|logfile=z|verbose=true|"},
        {"--block=a --allow b", "block-rpcs=a|allow-rpcs=b|"},
        {"--m isa-serial", "method=isa-serial|path=/dev/ttyS0|"},
        {"--fs=/hook --st /s --r", "fsfreeze-hook=/hook|statedir=/s|retry-path=true|"},
        {"--pa /p --sta /s", "path=/p|statedir=/s|"},
        {"one -v two -p /x three", "path=/x|verbose=true|"},
        {"-v -- -r", "verbose=true|"},
    };

    check_rows(rows, G_N_ELEMENTS(rows));
}

static void
own_settings_are_long_options(void **state)
{
    static const Row rows[] = {
        {"--hook-timeout=60 --max-request=16M", ""},
        {"--hook-timeout=1", "|[fsfreeze]|" TERMS "hook-timeout=1|max-request=16M|"},
        {"--hook-timeout 86400", "|[fsfreeze]|" TERMS "hook-timeout=86400|max-request=16M|"},
        {"--mode=sync --freeze-timeout=60",
         "|[fsfreeze]|mode=sync|mounts-of=0|namespaces=all|freeze-timeout=60|"
         "hold-timeout=600|sync-timeout=300|freeze-budget=0|host-timeout=30|expedite="
         "true|" HOOK_TERMS "hook-timeout=60|max-request=16M|"},
        {"--freeze-timeout=7 --hold-timeout=0 --sync-timeout=9 --expedite=0",
         "|[fsfreeze]|mode=freeze|mounts-of=0|namespaces=all|freeze-timeout=7|hold-timeout=0|sync-"
         "timeout=9|"
         "freeze-budget=0|host-timeout=30|expedite="
         "false|" HOOK_TERMS "hook-timeout=60|max-request=16M|"},
        {"--freeze-budget=50 --host-timeout=0",
         "|[fsfreeze]|mode=freeze|mounts-of=0|namespaces=all|freeze-timeout=60|hold-timeout=600|"
         "sync-timeout=300|"
         "freeze-budget=50|host-timeout=0|expedite=true|" HOOK_TERMS
         "hook-timeout=60|max-request=16M|"},
        {"--pace=off",
         "|[fsfreeze]|mode=freeze|mounts-of=0|namespaces=all|freeze-timeout=60|hold-timeout=600|"
         "sync-timeout=300|freeze-budget=0|host-timeout=30|expedite=true|pace=off|stall-target="
         "100|" LATER_TERMS "hook-timeout=60|max-request=16M|"},
        {"--namespaces=all", ""},
        {"--namespaces=own",
         "|[fsfreeze]|mode=freeze|mounts-of=0|namespaces=own|freeze-timeout=60|hold-timeout=600|"
         "sync-timeout=300|freeze-budget=0|host-timeout=30|expedite=true|" HOOK_TERMS
         "hook-timeout=60|max-request=16M|"},
        {"--child-umask=7 --child-oom-score-adj=-5",
         "|[fsfreeze]|mode=freeze|mounts-of=0|namespaces=all|freeze-timeout=60|hold-timeout=600|"
         "sync-timeout=300|"
         "freeze-budget=0|host-timeout=30|expedite=true|pace=auto|stall-target=100|restored=thaw|"
         "hook-failure="
         "continue|"
         "hook-trust=on|hook-log=/var/log/qga-fsfreeze-hook.log|thaw-reply-timeout=8|"
         "child-umask=007|"
         "child-oom-score-adj=-5|hook-timeout=60|max-request=16M|"},
        {"--restored=hold",
         "|[fsfreeze]|mode=freeze|mounts-of=0|namespaces=all|freeze-timeout=60|hold-timeout=600|"
         "sync-timeout=300|freeze-budget=0|host-timeout=30|expedite=true|pace=auto|stall-target="
         "100|restored=hold|"
         "hook-failure=continue|hook-trust=on|hook-log=/var/log/qga-fsfreeze-hook.log|"
         "thaw-reply-timeout=8|child-umask=022|hook-timeout=60|max-request=16M|"},
        {"--max-request=4K", "|[fsfreeze]|" TERMS "hook-timeout=60|max-request=4K|"},
        {"--max-request=64m", "|[fsfreeze]|" TERMS "hook-timeout=60|max-request=64M|"},
        {"--max-request=4096", "|[fsfreeze]|" TERMS "hook-timeout=60|max-request=4K|"},
        {"--max-request=5001", "|[fsfreeze]|" TERMS "hook-timeout=60|max-request=5001|"},
        {"--include=/srv --include='/var/*'",
         "|[fsfreeze]|" TERMS "hook-timeout=60|max-request=16M|include=/srv;/var/*;|"},
        {"--exclude='/a;b' --exclude=xfs,ext4",
         "|[fsfreeze]|" TERMS "hook-timeout=60|max-request=16M|exclude=/a\\;b;xfs,ext4;|"},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(Loaded) loaded = load(NULL, rows[i].options);

        assert_no_error(loaded->error);
        g_autofree char *dump = frost_config_dump(loaded->config);
        g_autoptr(Loaded) plain = load(NULL, "");
        g_autofree char *plain_dump = frost_config_dump(plain->config);
        assert_true(g_str_has_prefix(dump, plain_dump));
        g_strdelimit(dump, "\n", '|');
        assert_string_equal(dump + strlen(plain_dump), rows[i].changes);
    }
}

static void
a_wrong_value_is_named_with_what_was_expected(void **state)
{
    static const struct {
        const char *options;
        const char *message;
    } rows[] = {
        {"--child-umask=778", "--child-umask=778: expected an octal number from 0 to 777"},
        {"--child-umask=1000", "--child-umask=1000: expected an octal number"},
        {"--child-oom-score-adj=1001", "=1001: expected a whole number from -1000 to 1000"},
        {"--child-oom-score-adj=", "adj=: expected a whole number from -1000 to 1000"},
        {"--mode=on", "--mode=on: expected freeze, sync or off"},
        {"--namespaces=both", "--namespaces=both: expected all or own"},
        {"--mounts-of=init", "--mounts-of=init: expected the pid of a process, or 0 (this one)"},
        {"--mounts-of=-1", "--mounts-of=-1: expected the pid"},
        {"--mounts-of=4194305", "--mounts-of=4194305: expected the pid"},
        {"--freeze-timeout=0", "--freeze-timeout=0: expected whole seconds from 1 to 86400"},
        {"--hold-timeout=x", "--hold-timeout=x: expected whole seconds from 0 (never) to 86400"},
        {"--sync-timeout=-1", "--sync-timeout=-1: expected whole seconds from 1"},
        {"--expedite=yes", "--expedite=yes: expected true or false"},
        {"--pace=on", "--pace=on: expected auto or off"},
        {"--stall-target=1s", "--stall-target=1s: expected whole milliseconds from 0 to 86400"},
        {"--restored=yes", "--restored=yes: expected thaw or hold"},
        {"--hook-timeout=0", "--hook-timeout=0: expected whole seconds from 1 to 86400"},
        {"--hook-timeout=86401", "--hook-timeout=86401: expected whole seconds"},
        {"--hook-timeout=-1", "--hook-timeout=-1: expected whole seconds"},
        {"--hook-timeout=60s", "--hook-timeout=60s: expected whole seconds"},
        {"--hook-timeout=", "--hook-timeout=: expected whole seconds"},
        {"--hook-timeout=99999999999999999999", "99999999: expected whole seconds"},
        {"--max-request=4095", "--max-request=4095: expected bytes from 4K to 64M"},
        {"--max-request=65M", "--max-request=65M: expected bytes from 4K to 64M"},
        {"--max-request=67108865", "--max-request=67108865: expected bytes"},
        {"--max-request=M", "--max-request=M: expected bytes"},
        {"--max-request=1G", "--max-request=1G: expected bytes"},
        {"--max-request=16MM", "--max-request=16MM: expected bytes"},
        {"--max-request=", "--max-request=: expected bytes"},
        {"--include=", "--include=: expected a glob on mount point, type or device"},
        {"--exclude=", "--exclude=: expected a glob on mount point, type or device"},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(Loaded) loaded = load(NULL, rows[i].options);

        assert_false(loaded->ok);
        assert_error(loaded->error, FROST_CONFIG_ERROR, FROST_CONFIG_ERROR_VALUE, rows[i].message);
        assert_string_equal(loaded->out, "");
        assert_string_equal(loaded->err, "");
    }
}

static void
an_unknown_option_is_said_once_and_refused(void **state)
{
    static const struct {
        const char *options;
        const char *said; /* a part of getopt's words, which differ between libraries */
    } rows[] = {
        {"-x", "x"}, {"--no-such-thing", "no-such-thing"}, {"-vx", "x"},
        {"-p", "p"}, {"--verbose=1", "verbose"},           {"-s", "s"},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(Loaded) loaded = load(NULL, rows[i].options);

        assert_false(loaded->ok);
        assert_error(loaded->error, FROST_CONFIG_ERROR, FROST_CONFIG_ERROR_USAGE, "");
        assert_string_equal(loaded->out,
                            "Unknown option, try '" PROGRAM " --help' for more information.\n");
        assert_true(g_str_has_prefix(loaded->err, PROGRAM ": "));
        assert_non_null(strstr(loaded->err, rows[i].said));
        assert_ptr_equal(strchr(loaded->err, '\n'), strrchr(loaded->err, '\n'));
    }
}

static void
options_that_only_print_act_in_order(void **state)
{
    static const char version[] =
        "QEMU Guest Agent " FROST_PROTOCOL_VERSION "\nfrost-ga " FROST_VERSION "\n";
    static const char names[] = "guest-sync\nguest-ping\nguest-info\n";
    static const struct {
        const char *options;
        const char *out;
    } rows[] = {
        {"-V", version},
        {"--version", version},
        {"-V -x", version},
        {"-D -V -h", version},
        {"-m unix-listen -V", version},
        {"--hook-timeout=3 -V --hook-timeout=x", version},
        {"-b help", names},
        {"-b ?", names},
        {"-b a -D --block-rpcs=help", names},
        {"-a help", names},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(Loaded) loaded = load(NULL, rows[i].options);

        assert_no_error(loaded->error);
        assert_int_equal(loaded->action, FROST_ACTION_EXIT);
        assert_string_equal(loaded->out, rows[i].out);
        assert_string_equal(loaded->err, "");
    }
    g_autoptr(Loaded) wrong_first = load(NULL, "-x -V");
    assert_false(wrong_first->ok);
}

static void
the_help_fits_on_one_screen_and_has_all_options(void **state)
{
    static const char *const names[] = {
        "-c, --config",    "-m, --method",        "-p, --path",       "-l, --logfile",
        "-f, --pidfile",   "-F, --fsfreeze-hook", "-t, --statedir",   "-v, --verbose",
        "-V, --version",   "-d, --daemonize",     "-b, --block-rpcs", "-a, --allow-rpcs",
        "-D, --dump-conf", "-r, --retry-path",    "-h, --help",       "--hook-timeout",
        "--max-request",   "--include",           "--exclude",
    };
    static const char *const spellings[] = {"-h", "--help", "--h", "-D -h"};

    for (size_t i = 0; i < G_N_ELEMENTS(spellings); i++) {
        g_autoptr(Loaded) loaded = load(NULL, spellings[i]);

        assert_int_equal(loaded->action, FROST_ACTION_EXIT);
        assert_true(g_str_has_prefix(loaded->out, "Usage: " PROGRAM " "));
        for (size_t n = 0; n < G_N_ELEMENTS(names); n++)
            assert_non_null(strstr(loaded->out, names[n]));

        g_auto(GStrv) lines = g_strsplit(loaded->out, "\n", -1);
        assert_true(g_strv_length(lines) <= 24 + 1);
        for (size_t n = 0; lines[n]; n++)
            assert_true(g_utf8_strlen(lines[n], -1) <= 80);
    }
}

static void
the_old_name_of_the_block_list_still_works_and_warns(void **state)
{
    g_autoptr(Loaded) loaded = load(NULL, "--blacklist=a,b -b c");
    g_autofree char *changed = changes(loaded);

    assert_string_equal(changed, "block-rpcs=b,a,c|");
    assert_string_equal(loaded->warnings,
                        "option --blacklist is deprecated, use --block-rpcs instead\n");
}

static void
a_listener_needs_a_path(void **state)
{
    static const char *const rows[] = {"-m unix-listen", "-m vsock-listen", "-m nonsense", "-m ''",
                                       "-D -m unix-listen"};

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(Loaded) loaded = load(NULL, rows[i]);

        assert_error(loaded->error, FROST_CONFIG_ERROR, FROST_CONFIG_ERROR_VALUE,
                     "must specify a path for this channel");
    }
}

static void
a_socket_handed_over_needs_no_path(void **state)
{
    g_autofree char *pid = g_strdup_printf("%d", (int)getpid());

    g_setenv("LISTEN_PID", pid, TRUE);
    g_setenv("LISTEN_FDS", "1", TRUE);
    g_autoptr(Loaded) ours = load(NULL, "-m unix-listen");
    g_setenv("LISTEN_PID", "1", TRUE);
    g_autoptr(Loaded) of_another = load(NULL, "-m unix-listen");
    g_unsetenv("LISTEN_PID");
    g_unsetenv("LISTEN_FDS");

    assert_true(ours->ok);
    assert_null(ours->config->path);
    assert_false(of_another->ok);
}

static void
a_daemon_keeps_relative_paths(void **state)
{
    g_autofree char *here = g_get_current_dir();
    g_autofree char *expected =
        g_strdup_printf("%s/s %s/l %s/t %s/p %s/h", here, here, here, here, here);

    g_autoptr(Loaded) daemon = load(NULL, "-d -m unix-listen -p s -l ./l -t t -f p -F./h");
    g_autofree char *got = g_strdup_printf("%s %s %s %s %s", daemon->config->path,
                                           daemon->config->logfile, daemon->config->statedir,
                                           daemon->config->pidfile, daemon->config->fsfreeze_hook);
    assert_string_equal(got, expected);

    g_autoptr(Loaded) vsock = load(NULL, "-d -m vsock-listen -p 3:1234 -Fname-in-path");
    assert_string_equal(vsock->config->path, "3:1234");
    assert_string_equal(vsock->config->fsfreeze_hook, "name-in-path");

    g_autoptr(Loaded) dumped = load(NULL, "-d -D -m unix-listen -p s");
    assert_string_equal(dumped->config->path, "s");
    g_autoptr(Loaded) foreground = load(NULL, "-m unix-listen -p s");
    assert_string_equal(foreground->config->path, "s");
}

static void
getopt_is_left_as_it_was_found(void **state)
{
    opterr = 7;
    g_autoptr(Loaded) first = load(NULL, "-vV");
    g_autoptr(Loaded) second = load(NULL, "-rd -D");

    assert_int_equal(opterr, 7);
    opterr = 1;
    assert_int_equal(first->action, FROST_ACTION_EXIT);
    assert_int_equal(second->action, FROST_ACTION_DUMP);
    assert_true(second->config->retry_path && second->config->daemon);
    assert_false(second->config->verbose);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_option_sets_what_it_says),
        cmocka_unit_test(the_argument_of_the_hook_option_is_glued),
        cmocka_unit_test(rpc_lists_accumulate_and_each_source_is_reversed),
        cmocka_unit_test(options_may_be_abbreviated_and_stand_anywhere),
        cmocka_unit_test(own_settings_are_long_options),
        cmocka_unit_test(a_wrong_value_is_named_with_what_was_expected),
        cmocka_unit_test(an_unknown_option_is_said_once_and_refused),
        cmocka_unit_test(options_that_only_print_act_in_order),
        cmocka_unit_test(the_help_fits_on_one_screen_and_has_all_options),
        cmocka_unit_test(the_old_name_of_the_block_list_still_works_and_warns),
        cmocka_unit_test(a_listener_needs_a_path),
        cmocka_unit_test(a_socket_handed_over_needs_no_path),
        cmocka_unit_test(a_daemon_keeps_relative_paths),
        cmocka_unit_test(getopt_is_left_as_it_was_found),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
