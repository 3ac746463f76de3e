/* SPDX-License-Identifier: MIT */
#include <glib/gstdio.h>
#include <string.h>

#include "fixture.h"
#include "frost-build.h"

typedef struct {
    const char *name;
    const char *file;
    const char *options;
    const char *changes;
} Row;

static void
check_rows(const Row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        g_autoptr(Loaded) loaded = load(rows[i].file, rows[i].options);

        if (loaded->error)
            print_error("in row \"%s\"\n", rows[i].name);
        assert_no_error(loaded->error);

        g_autofree char *changed = changes(loaded);
        if (strcmp(changed, rows[i].changes) != 0)
            print_error("in row \"%s\"\n", rows[i].name);
        assert_string_equal(changed, rows[i].changes);
        assert_string_equal(loaded->warnings, "");
    }
}

static void
every_key_of_general_is_read(void **state)
{
    static const Row rows[] = {
        {"no file", NULL, "", ""},
        {"empty file", "", "", ""},
        {"only a comment", "# nothing\n", "", ""},
        {"empty group", "[general]\n", "", ""},
        {"daemon", "[general]\ndaemon=1\n", "-D", "daemon=true|"},
        {"the manual's wrong name", "[general]\ndaemonize=1\n", "", ""},
        {"method", "[general]\nmethod=isa-serial\n", "", "method=isa-serial|path=/dev/ttyS0|"},
        {"path", "[general]\npath=/x\n", "", "path=/x|"},
        {"logfile", "[general]\nlogfile=/x\n", "", "logfile=/x|"},
        {"pidfile", "[general]\npidfile=/x\n", "", "pidfile=/x|"},
        {"hook", "[general]\nfsfreeze-hook=/x\n", "", "fsfreeze-hook=/x|"},
        {"statedir", "[general]\nstatedir=/x\n", "", "statedir=/x|"},
        {"verbose", "[general]\nverbose=true\n", "", "verbose=true|"},
        {"retry-path", "[general]\nretry-path=true\n", "", "retry-path=true|"},
        {"blanks after a boolean", "[general]\nverbose=true  \n", "", "verbose=true|"},
        {"0 and false", "[general]\nverbose=0\ndaemon=false\n", "", ""},
        {"blocked", "[general]\nblock-rpcs=a,b,c\n", "", "block-rpcs=c,b,a|"},
        {"allowed", "[general]\nallow-rpcs=a,b,c\n", "", "allow-rpcs=c,b,a|"},
        {"empty list", "[general]\nblock-rpcs=\nallow-rpcs=\n", "", ""},
        {"empty path", "[general]\npath=\n", "", "path=|"},
        {"other groups", "[other]\nverbose=1\n[general]\nlogfile=/x\n", "", "logfile=/x|"},
        {"other keys", "[general]\nnonsense=1\n", "", ""},
        {"blanks and quotes are kept", "[general]\npath= \"/x\"  \n", "", "path=\"/x\"  |"},
        {"escapes", "[general]\npath=\\s\\t\\\\\n", "", "path=\\s\\t\\\\|"},
    };

    check_rows(rows, G_N_ELEMENTS(rows));
}

static void
options_win_over_the_file_and_lists_add_to_it(void **state)
{
    static const Row rows[] = {
        {"scalar", "[general]\nlogfile=/a\nstatedir=/s\n", "-l /b", "logfile=/b|statedir=/s|"},
        {"method", "[general]\nmethod=isa-serial\n", "-m virtio-serial", ""},
        {"path kept", "[general]\nmethod=isa-serial\npath=/x\n", "-m virtio-serial", "path=/x|"},
        {"list", "[general]\nblock-rpcs=a,b\n", "-b c,d -b e", "block-rpcs=b,a,d,c,e|"},
    };

    check_rows(rows, G_N_ELEMENTS(rows));
}

#define WARNING \
    "config using deprecated 'blacklist' key, should be replaced with the 'block-rpcs' key.\n"

static void
the_two_names_of_the_block_list_are_joined_and_the_old_one_warns(void **state)
{
    static const Row rows[] = {
        {"both", "[general]\nblock-rpcs=a,b\nblacklist=c,d\n", "-b e,f", "block-rpcs=b,a,d,c,f,e|"},
        {"the old one empty", "[general]\nblock-rpcs=guest-exec\nblacklist=\n", "",
         "block-rpcs=guest-exec|"},
        {"the new one empty", "[general]\nblacklist=guest-exec\nblock-rpcs=\n", "",
         "block-rpcs=guest-exec|"},
        {"as options", "[general]\nblacklist=\n", "-b guest-exec -b ''", "block-rpcs=guest-exec|"},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(Loaded) loaded = load(rows[i].file, rows[i].options);
        g_autofree char *changed = changes(loaded);

        assert_string_equal(changed, rows[i].changes);
        assert_string_equal(loaded->warnings, WARNING);
    }
}

static void
a_list_that_is_given_twice_is_joined(void **state)
{
    static const Row rows[] = {
        {"blocked", "[general]\nblock-rpcs=guest-exec\nblock-rpcs=\n", "",
         "block-rpcs=guest-exec|"},
        {"allowed", "[general]\nallow-rpcs=guest-ping\nallow-rpcs=\n", "",
         "allow-rpcs=guest-ping|"},
        {"blanks around the name", "[general]\n  allow-rpcs =a\n\tallow-rpcs\t= b\n", "",
         "allow-rpcs=a,b|"},
        {"a group given twice",
         "[general]\nblock-rpcs=a\n[other]\nblock-rpcs=x\n[general]\n"
         "block-rpcs=b\n",
         "", "block-rpcs=a,b|"},
        {"not a comment", "[general]\n#block-rpcs=a\n # block-rpcs=b\nblock-rpcs=c\n", "",
         "block-rpcs=c|"},
        {"a last line without an end", "[general]\r\nblock-rpcs=a\r\nblock-rpcs=b", "",
         "block-rpcs=a,b|"},
        {"file and option", "[general]\nallow-rpcs=\n", "-a guest-ping -a ''",
         "allow-rpcs=guest-ping|"},
    };
    g_autoptr(Loaded) own =
        load("[fsfreeze]\nrequired-hooks=a\nrequired-hooks=\nexclude=/x\nexclude=/y;/z\n", "");

    check_rows(rows, G_N_ELEMENTS(rows));
    assert_int_equal(g_strv_length(own->config->required_hooks), 1);
    assert_int_equal(g_strv_length(own->config->exclude), 3);
}

static void
own_settings_are_read(void **state)
{
    g_autoptr(Loaded) loaded = load("[fsfreeze]\nhook-timeout = 5 \nmax-request = 32k\n"
                                    "include = /srv ; /a\\;b;;\nexclude=vfat\n",
                                    "--exclude=/tmp --hook-timeout=6");
    const FrostConfig *config = loaded->config;

    assert_no_error(loaded->error);
    assert_int_equal(config->hook_timeout_s, 6);
    assert_int_equal(config->max_request_bytes, 32768);
    assert_int_equal(g_strv_length(config->include), 2);
    assert_string_equal(config->include[0], "/srv");
    assert_string_equal(config->include[1], "/a;b");
    assert_int_equal(g_strv_length(config->exclude), 2);
    assert_string_equal(config->exclude[0], "vfat");
    assert_string_equal(config->exclude[1], "/tmp");
    assert_string_equal(loaded->warnings, "");
}

static void
settings_that_are_not_given_have_their_defaults(void **state)
{
    g_autoptr(Loaded) loaded = load("[fsfreeze]\ninclude=\nexclude=;\n", "");
    const FrostConfig *config = loaded->config;

    assert_int_equal(config->hook_timeout_s, 60);
    assert_int_equal(config->max_request_bytes, 16777216);
    assert_null(config->include);
    assert_null(config->exclude);
    assert_null(config->logfile);
    assert_null(config->fsfreeze_hook);
    assert_string_equal(config->pidfile, FROST_PIDFILE);
    assert_string_equal(config->statedir, FROST_STATEDIR);
    assert_string_equal(config->path, "/dev/virtio-ports/org.qemu.guest_agent.0");
    assert_int_equal(loaded->action, FROST_ACTION_RUN);
}

static void
a_likely_mistake_gives_a_warning(void **state)
{
    g_autoptr(Loaded) unknown = load("[fsfreeze]\nhook-timeuot=5\n", "");
    g_autoptr(Loaded) comma = load("[fsfreeze]\nexclude=/a,/b\n", "");

    assert_true(unknown->ok);
    assert_non_null(strstr(unknown->warnings, "unknown key 'hook-timeuot' in group [fsfreeze]\n"));
    assert_true(comma->ok);
    assert_non_null(strstr(comma->warnings, "the items are separated by ';'"));
    assert_string_equal(comma->config->exclude[0], "/a,/b");
}

static void
a_wrong_file_is_refused_by_name(void **state)
{
    static const struct {
        const char *file;
        FrostConfigError code;
        const char *reason;
    } rows[] = {
        {"verbose=1\n", FROST_CONFIG_ERROR_FILE, "group"},
        {"[general]\nverbose=maybe\n", FROST_CONFIG_ERROR_FILE, "verbose"},
        {"[general]\ndaemon=\n", FROST_CONFIG_ERROR_FILE, "daemon"},
        {"[general]\nretry-path=TRUE\n", FROST_CONFIG_ERROR_FILE, "retry-path"},
        {"[general]\nlogfile=\xff\n", FROST_CONFIG_ERROR_FILE, "logfile"},
        {"[general]\npath=\\x\n", FROST_CONFIG_ERROR_FILE, ""},
        {"[general\n", FROST_CONFIG_ERROR_FILE, ""},
        {"[fsfreeze]\nhook-timeout=soon\n", FROST_CONFIG_ERROR_VALUE,
         "[fsfreeze] hook-timeout=soon: expected whole seconds from 1 to 86400"},
        {"[fsfreeze]\nmax-request=\n", FROST_CONFIG_ERROR_VALUE,
         "[fsfreeze] max-request=: expected bytes from 4K to 64M"},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        /* Not even the version is told. */
        g_autoptr(Loaded) loaded = load(rows[i].file, "-V");

        assert_error(loaded->error, FROST_CONFIG_ERROR, (int)rows[i].code, rows[i].reason);
        assert_true(
            g_str_has_prefix(loaded->error->message, "error loading configuration from path: /"));
        assert_string_equal(loaded->out, "");
    }
}

static void
only_a_file_that_was_not_asked_for_may_be_missing(void **state)
{
    g_autoptr(Loaded) empty_name = load_path("", "");
    g_autoptr(Loaded) by_env = load_path("/nonexistent/qemu-ga.conf", "");
    g_autoptr(Loaded) by_option = load(NULL, "-c /nonexistent/qemu-ga.conf");
    g_autoptr(Loaded) directory = load_path("/", "");
    g_autoptr(Loaded) no_directory = load_path("/dev/null/x", "");

    assert_true(empty_name->ok);
    assert_true(by_env->ok);
    assert_error(by_option->error, FROST_CONFIG_ERROR, FROST_CONFIG_ERROR_FILE,
                 "error loading configuration from path: /nonexistent/qemu-ga.conf, ");
    assert_error(directory->error, FROST_CONFIG_ERROR, FROST_CONFIG_ERROR_FILE,
                 "error loading configuration from path: /, ");
    assert_error(no_directory->error, FROST_CONFIG_ERROR, FROST_CONFIG_ERROR_FILE,
                 "error loading configuration from path: /dev/null/x, ");
}

/* Opening it would wait for somebody to write into it. */
static void
a_fifo_as_the_config_file_is_refused_without_waiting(void **state)
{
    char *dir = test_make_dir();
    g_autofree char *path = g_build_filename(dir, "fifo", NULL);
    g_autofree char *options = g_strconcat("-c ", path, NULL);

    assert_return_code(mkfifo(path, 0600), 0);
    g_autoptr(Loaded) fifo = load(NULL, options);
    assert_error(fifo->error, FROST_CONFIG_ERROR, FROST_CONFIG_ERROR_FILE, "Not a regular file");
    test_remove_dir(dir);
}

static void
the_file_of_the_option_wins_wherever_it_stands(void **state)
{
    static const char *const forms[] = {"-v -c %s", "--config=%s -v", "-vc%s", "x -v --conf %s",
                                        "-c /nonexistent -v -c %s"};
    char *dir = test_make_dir();
    g_autofree char *path = g_build_filename(dir, "given.conf", NULL);

    assert_true(g_file_set_contents(path, "[general]\nlogfile=/given\n", -1, NULL));
    for (size_t i = 0; i < G_N_ELEMENTS(forms); i++) {
        g_auto(GStrv) halves = g_strsplit(forms[i], "%s", 2);
        g_autofree char *options = g_strconcat(halves[0], path, halves[1], NULL);
        g_autoptr(Loaded) loaded = load("[general]\nlogfile=/by-env\nretry-path=1\n", options);

        assert_no_error(loaded->error);
        g_autofree char *changed = changes(loaded);
        assert_string_equal(changed, "logfile=/given|verbose=true|");
    }
    test_remove_dir(dir);
}

static void
the_example_file_is_read_and_shows_the_defaults(void **state)
{
    g_autofree char *path =
        g_build_filename(g_getenv("TEST_DATA"), "..", "..", "packaging", "qemu-ga.conf", NULL);
    g_autoptr(GRegex) commented = g_regex_new("^#([a-z])", G_REGEX_MULTILINE, 0, NULL);
    g_autofree char *text = NULL;

    assert_true(g_file_get_contents(path, &text, NULL, NULL));
    g_autofree char *in_force = g_regex_replace(commented, text, -1, 0, "\\1", 0, NULL);
    g_autoptr(Loaded) as_it_is = load(text, "");
    /* These two defaults a packager may have chosen otherwise. */
    g_autoptr(Loaded) uncommented =
        load(in_force, "-t '" FROST_STATEDIR "' -f '" FROST_PIDFILE "'");

    assert_no_error(as_it_is->error);
    assert_string_equal(as_it_is->warnings, "");
    /* The one thing that a fresh installation switches on. */
    g_autofree char *only_hooks = changes(as_it_is);
    assert_string_equal(only_hooks, "fsfreeze-hook=/etc/qemu/fsfreeze-hook.d|");

    assert_no_error(uncommented->error);
    assert_string_equal(uncommented->warnings, "");
    g_autofree char *examples = changes(uncommented);
    assert_string_equal(
        examples,
        "logfile=/var/log/qemu-ga.log|fsfreeze-hook=/etc/qemu/fsfreeze-hook.d|"
        "block-rpcs=guest-fsfreeze-freeze-list|"
        "allow-rpcs=guest-info,guest-ping,guest-sync-delimited,guest-sync|"
        "[fsfreeze]|" TERMS
        "child-oom-score-adj=0|hook-timeout=60|max-request=16M|required-hooks=60-mariadb.hold;|"
        "include=/;/srv/*;|exclude=/scratch*;ext2;|");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_key_of_general_is_read),
        cmocka_unit_test(options_win_over_the_file_and_lists_add_to_it),
        cmocka_unit_test(the_two_names_of_the_block_list_are_joined_and_the_old_one_warns),
        cmocka_unit_test(a_list_that_is_given_twice_is_joined),
        cmocka_unit_test(own_settings_are_read),
        cmocka_unit_test(settings_that_are_not_given_have_their_defaults),
        cmocka_unit_test(a_likely_mistake_gives_a_warning),
        cmocka_unit_test(a_wrong_file_is_refused_by_name),
        cmocka_unit_test(only_a_file_that_was_not_asked_for_may_be_missing),
        cmocka_unit_test(a_fifo_as_the_config_file_is_refused_without_waiting),
        cmocka_unit_test(the_file_of_the_option_wins_wherever_it_stands),
        cmocka_unit_test(the_example_file_is_read_and_shows_the_defaults),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
