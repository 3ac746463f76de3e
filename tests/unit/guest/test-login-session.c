/* SPDX-License-Identifier: MIT */

#include "login-session.h"

#include "test-support.h"

/* As systemd 257 of Debian 13 writes it for a login by ssh. */
#define BY_SSH                                                                                   \
    "# This is private data. Do not parse.\nUID=1000\nUSER=alice\nACTIVE=1\nIS_DISPLAY=0\n"      \
    "STATE=active\nREMOTE=1\nLEADER_FD_SAVED=1\nTYPE=tty\nORIGINAL_TYPE=tty\nCLASS=user\n"       \
    "SCOPE=session-3.scope\nFIFO=/run/systemd/sessions/3.ref\nTTY=pts/0\nREMOTE_HOST=10.0.2.2\n" \
    "SERVICE=sshd\nLEADER=412\nAUDIT=3\nREALTIME=1764406000123456\nMONOTONIC=60000000\n"

#define USER(class, rest) "USER=alice\nCLASS=" class "\nREALTIME=5000000\n" rest

static void
a_user_with_a_terminal_is_logged_in_since_its_realtime(void **state)
{
    g_auto(FrostLoginSession) session = {0};

    assert_true(frost_login_session_parse(BY_SSH, &session));
    assert_string_equal(session.user, "alice");
    assert_true(session.login_time_s > 1764406000.1234 && session.login_time_s < 1764406000.1236);
}

static void
whose_session_counts(void **state)
{
    static const struct {
        const char *text;
        bool counts;
    } rows[] = {
        {USER("user", "TTY=tty1\n"), true},
        {USER("user", "REMOTE=1\n"), true},
        {USER("user-early", "TTY=tty1\n"), true},
        {USER("user-light", "TTY=tty1\n"), true},
        {USER("user", "TTY=tty1"), true},
        {USER("user", "TTY=tty1\nSTATE=online\n"), true},
        {USER("user", "TTY=tty1\nSTATE=closing\n"), false},
        {USER("user-incomplete", "TTY=tty1\n"), false},
        {USER("user", ""), false},
        {USER("user", "TTY=\nREMOTE=0\n"), false},
        {USER("manager", "TTY=tty1\n"), false},
        {USER("greeter", "TTY=tty1\n"), false},
        {USER("lock-screen", "TTY=tty1\n"), false},
        {USER("background", "REMOTE=1\n"), false},
        {USER("username", "TTY=tty1\n"), false},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_auto(FrostLoginSession) session = {0};

        if (frost_login_session_parse(rows[i].text, &session) != rows[i].counts)
            fail_msg("wrong about\n%s", rows[i].text);
    }
}

static void
a_damaged_or_hostile_session_file_is_no_user(void **state)
{
    g_autofree char *long_name = g_strnfill(257, 'x');
    g_autofree char *too_long =
        g_strdup_printf("USER=%s\nCLASS=user\nTTY=a\nREALTIME=1\n", long_name);
    const char *rows[] = {
        "",
        "\n\n\n",
        "USER",
        "=\n==\n",
        "CLASS=user\nTTY=tty1\nREALTIME=1\n",
        "USER=\nCLASS=user\nTTY=tty1\nREALTIME=1\n",
        "USER=a\tb\nCLASS=user\nTTY=tty1\nREALTIME=1\n",
        "USER=a\033[2J\nCLASS=user\nTTY=tty1\nREALTIME=1\n",
        "USER=a\377\nCLASS=user\nTTY=tty1\nREALTIME=1\n",
        "USER=a\nCLASS=user\nTTY=tty1\n",
        "USER=a\nCLASS=user\nTTY=tty1\nREALTIME=\n",
        "USER=a\nCLASS=user\nTTY=tty1\nREALTIME=-1\n",
        "USER=a\nCLASS=user\nTTY=tty1\nREALTIME=99999999999999999999\n",
        "USER=a\nCLASS=user\nTTY=tty1\nREALTIME=1x\n",
        too_long,
    };

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_auto(FrostLoginSession) session = {0};

        if (frost_login_session_parse(rows[i], &session))
            fail_msg("somebody is logged in by row %zu", i);
    }
}

static void
the_first_line_with_a_key_counts(void **state)
{
    g_auto(FrostLoginSession) session = {0};

    assert_true(frost_login_session_parse(
        "USER=a\nUSER=b\nCLASS=user\nTTY=tty1\nREALTIME=1000000\nREALTIME=2\n", &session));
    assert_string_equal(session.user, "a");
    assert_true(session.login_time_s == 1.0);
}

static void
only_names_that_logind_gives_are_sessions(void **state)
{
    static const char *const YES[] = {"1", "42", "c1", "C1"};
    static const char *const NO[] = {"", ".", "..", "1.ref", ".#1abc", "1/2", "a-b", "1~"};
    g_autofree char *long_name = g_strnfill(65, '1');

    for (size_t i = 0; i < G_N_ELEMENTS(YES); i++)
        assert_true(frost_login_session_is_name(YES[i]));
    for (size_t i = 0; i < G_N_ELEMENTS(NO); i++)
        assert_false(frost_login_session_is_name(NO[i]));
    assert_false(frost_login_session_is_name(long_name));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_user_with_a_terminal_is_logged_in_since_its_realtime),
        cmocka_unit_test(whose_session_counts),
        cmocka_unit_test(a_damaged_or_hostile_session_file_is_no_user),
        cmocka_unit_test(the_first_line_with_a_key_counts),
        cmocka_unit_test(only_names_that_logind_gives_are_sessions),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
