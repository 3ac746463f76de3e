/* SPDX-License-Identifier: MIT */

#include "os-release.h"

#include <stdlib.h>

#include "test-support.h"

/* What @text says of PRETTY_NAME, or "-" where it says nothing. */
static char *
pretty_name(const char *text)
{
    g_auto(FrostOsRelease) release = {0};

    frost_os_release_parse(&release, text);
    return g_strdup(release.pretty_name ? release.pretty_name : "-");
}

static void
values_are_unquoted_as_by_a_shell(void **state)
{
    static const struct {
        const char *text;
        const char *value;
    } rows[] = {
        {"PRETTY_NAME=plain", "plain"},
        {"PRETTY_NAME=\"two words\"", "two words"},
        {"PRETTY_NAME='two words'", "two words"},
        {"PRETTY_NAME='it''s'", "its"},
        {"PRETTY_NAME=two words", "two"},
        {"PRETTY_NAME=one;two", "one"},
        {"PRETTY_NAME=\"one;two\"", "one;two"},
        {"PRETTY_NAME=\"a\\\"b\\\\c\\$d\\`e\"", "a\"b\\c$d`e"},
        {"PRETTY_NAME=\"a\\nb\"", "a\\nb"},
        {"PRETTY_NAME='a\\nb'", "a\\nb"},
        {"PRETTY_NAME=a\\ b", "a b"},
        {"PRETTY_NAME=\"\"", ""},
        {"PRETTY_NAME=", ""},
        {"PRETTY_NAME=\"open", "open"},
        {"PRETTY_NAME=a\"b c\"d", "ab cd"},
        {"  PRETTY_NAME = x \r", "x"},
        {"PRETTY_NAME=a\\", "a\\"},
        {"PRETTY_NAME=1\nPRETTY_NAME=2\n", "2"},
        {"# PRETTY_NAME=comment", "-"},
        {"PRETTY_NAME", "-"},
        {"pretty_name=x", "-"},
        {"", "-"},
        {"nonsense\n[group]\nPRETTY_NAME=x\n", "x"},
        {"PRETTY_NAME=\xff\xfe", "-"},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *value = pretty_name(rows[i].text);

        if (!g_str_equal(value, rows[i].value))
            fail_msg("%s: '%s' instead of '%s'", rows[i].text, value, rows[i].value);
    }
}

static void
every_name_has_its_field(void **state)
{
    g_auto(FrostOsRelease) release = {0};

    frost_os_release_parse(&release, "ID=a\nNAME=b\nPRETTY_NAME=c\nVERSION=d\nVERSION_ID=e\n"
                                     "VARIANT=f\nVARIANT_ID=g\nLOGO=h\n");
    assert_string_equal(release.id, "a");
    assert_string_equal(release.name, "b");
    assert_string_equal(release.pretty_name, "c");
    assert_string_equal(release.version, "d");
    assert_string_equal(release.version_id, "e");
    assert_string_equal(release.variant, "f");
    assert_string_equal(release.variant_id, "g");
}

static void
the_environment_names_another_file_and_no_other_is_read_then(void **state)
{
    g_autofree char *dir = test_make_dir();
    g_autofree char *path = g_build_filename(dir, "os", NULL);
    g_auto(FrostOsRelease) release = {0};
    g_auto(FrostOsRelease) none = {0};

    assert_true(g_file_set_contents(path, "NAME=\"A guest\"\n", -1, NULL));
    g_setenv("QGA_OS_RELEASE", path, TRUE);
    frost_os_release_read(&release);
    assert_string_equal(release.name, "A guest");

    g_setenv("QGA_OS_RELEASE", "/nowhere", TRUE);
    frost_os_release_read(&none);
    assert_null(none.name);
    g_unsetenv("QGA_OS_RELEASE");
    test_remove_dir(g_steal_pointer(&dir));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_unquoted_as_by_a_shell),
        cmocka_unit_test(every_name_has_its_field),
        cmocka_unit_test(the_environment_names_another_file_and_no_other_is_read_then),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
