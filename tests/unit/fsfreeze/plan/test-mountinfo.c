/* SPDX-License-Identifier: MIT */
#include "mountinfo.h"

#include <string.h>
#include <sys/sysmacros.h>

#include "test-support.h"

static GPtrArray *
parse_file(const char *name, unsigned *out_bad_lines)
{
    g_autofree char *path = g_build_filename(g_getenv("TEST_DATA"), "mountinfo", name, NULL);
    g_autofree char *text = NULL;
    gsize length;
    g_autoptr(GError) error = NULL;

    g_file_get_contents(path, &text, &length, &error);
    assert_no_error(error);
    return frost_mountinfo_parse(text, length, out_bad_lines);
}

static const FrostMount *
mount_at(const GPtrArray *mounts, const char *mount_point)
{
    for (guint i = 0; i < mounts->len; i++) {
        const FrostMount *mount = mounts->pdata[i];
        if (strcmp(mount->mount_point, mount_point) == 0)
            return mount;
    }
    print_error("no mount at %s\n", mount_point);
    fail();
    return NULL;
}

static void
every_field_of_a_line_is_understood(void **state)
{
    unsigned bad_lines;
    g_autoptr(GPtrArray) mounts = parse_file("debian", &bad_lines);

    assert_int_equal(bad_lines, 0);
    assert_int_equal(mounts->len, 9);
    const FrostMount *root = mounts->pdata[3];
    assert_int_equal(root->id, 28);
    assert_int_equal(root->parent_id, 1);
    assert_true(root->dev == makedev(254, 1));
    assert_string_equal(root->root, "/");
    assert_string_equal(root->mount_point, "/");
    assert_string_equal(root->fs_type, "ext4");
    assert_string_equal(root->source, "/dev/vda1");
    assert_string_equal(root->super_options, "rw,errors=remount-ro");
    assert_string_equal(mount_at(mounts, "/mnt/nfs")->source, "192.0.2.1:/export");
}

static void
any_number_of_optional_fields_is_skipped(void **state)
{
    static const char *const PATHS[] = {"/", "/one", "/two", "/four", "/future"};
    unsigned bad_lines;
    g_autoptr(GPtrArray) mounts = parse_file("optional-fields", &bad_lines);

    assert_int_equal(bad_lines, 0);
    assert_int_equal(mounts->len, G_N_ELEMENTS(PATHS));
    for (guint i = 0; i < mounts->len; i++) {
        const FrostMount *mount = mounts->pdata[i];
        assert_string_equal(mount->mount_point, PATHS[i]);
        assert_string_equal(mount->fs_type, "ext4");
        assert_true(mount->dev == makedev(8, i + 1));
    }
}

static void
octal_escapes_become_bytes_and_all_else_stays(void **state)
{
    static const char *const PATHS[] = {
        "/",
        "/with space",
        "/tab\tnewline\nbackslash\\end",
        "/double\\slash",
        "/not\\04an\\8escape\\",
        "/zero\\000stays",
        "/\303\274mlaut\377",
        "/too\\777large",
        "/hash#",
    };
    unsigned bad_lines;
    g_autoptr(GPtrArray) mounts = parse_file("escapes", &bad_lines);

    assert_int_equal(bad_lines, 0);
    assert_int_equal(mounts->len, G_N_ELEMENTS(PATHS));
    for (guint i = 0; i < mounts->len; i++)
        assert_string_equal(((const FrostMount *)mounts->pdata[i])->mount_point, PATHS[i]);
    assert_string_equal(mount_at(mounts, "/with space")->source, "/dev/disk/by-label/my disk");
    assert_string_equal(mount_at(mounts, "/hash#")->root, "/sub dir");
}

static void
an_empty_source_is_a_source(void **state)
{
    unsigned bad_lines;
    g_autoptr(GPtrArray) mounts = parse_file("empty-source", &bad_lines);

    assert_int_equal(bad_lines, 0);
    assert_int_equal(mounts->len, 4);
    assert_string_equal(mount_at(mounts, "/mnt/empty")->source, "");
    assert_string_equal(mount_at(mounts, "/mnt/empty")->super_options, "rw,size=4k");
    assert_string_equal(mount_at(mounts, "/mnt/none")->source, "none");
    assert_string_equal(mount_at(mounts, "/mnt/bare")->source, "");
    assert_string_equal(mount_at(mounts, "/mnt/bare")->super_options, "");
}

static void
lines_that_cannot_be_understood_are_counted(void **state)
{
    unsigned bad_lines;
    g_autoptr(GPtrArray) mounts = parse_file("garbage", &bad_lines);

    assert_int_equal(mounts->len, 3);
    assert_int_equal(bad_lines, 14);
    mount_at(mounts, "/");
    mount_at(mounts, "/good");
    mount_at(mounts, "/no-options");
}

static void
the_last_line_needs_no_newline(void **state)
{
    unsigned bad_lines;
    g_autoptr(GPtrArray) mounts = parse_file("no-final-newline", &bad_lines);

    assert_int_equal(bad_lines, 0);
    assert_int_equal(mounts->len, 2);
    assert_string_equal(mount_at(mounts, "/srv")->super_options, "ro,noatime");
}

static void
a_line_that_is_cut_off_is_bad(void **state)
{
    unsigned bad_lines;
    g_autoptr(GPtrArray) mounts = parse_file("cut-off", &bad_lines);

    assert_int_equal(bad_lines, 1);
    assert_int_equal(mounts->len, 1);
}

static void
a_nul_byte_makes_a_line_bad(void **state)
{
    static const char TEXT[] = "1 0 8:1 / /a\0b rw - ext4 /dev/sda1 rw\n"
                               "2 0 8:1 / /c rw - ext4 /dev/sda1 rw\n";
    unsigned bad_lines;
    g_autoptr(GPtrArray) mounts = frost_mountinfo_parse(TEXT, sizeof(TEXT) - 1, &bad_lines);

    assert_int_equal(bad_lines, 1);
    assert_int_equal(mounts->len, 1);
}

static void
nothing_is_an_empty_list(void **state)
{
    unsigned bad_lines = 42;
    g_autoptr(GPtrArray) mounts = frost_mountinfo_parse("", 0, &bad_lines);

    assert_int_equal(bad_lines, 0);
    assert_int_equal(mounts->len, 0);
}

static void
a_very_long_line_is_no_problem(void **state)
{
    g_autofree char *name = g_strnfill(200000, 'x');
    g_autofree char *text =
        g_strdup_printf("1 0 8:1 / /%s rw - overlay o rw,lowerdir=/%s\n", name, name);
    unsigned bad_lines;
    g_autoptr(GPtrArray) mounts = frost_mountinfo_parse(text, strlen(text), &bad_lines);

    assert_int_equal(bad_lines, 0);
    assert_int_equal(strlen(((const FrostMount *)mounts->pdata[0])->mount_point), 200001);
}

static void
only_the_superblock_option_means_read_only(void **state)
{
    static const struct {
        const char *path;
        bool read_only;
    } ROWS[] = {
        {"/", false},           {"/merged", false},  {"/iso", true},
        {"/mounted-ro", false}, {"/went-bad", true},
    };
    unsigned bad_lines;
    g_autoptr(GPtrArray) mounts = parse_file("overlay", &bad_lines);

    for (size_t i = 0; i < G_N_ELEMENTS(ROWS); i++) {
        if (frost_mount_superblock_is_read_only(mount_at(mounts, ROWS[i].path)) !=
            ROWS[i].read_only)
            fail_msg("wrong for %s", ROWS[i].path);
    }
}

static void
a_super_option_has_its_value_unescaped(void **state)
{
    static const struct {
        const char *name, *value;
    } ROWS[] = {
        {"upperdir", "/up per,dir/x"},
        {"workdir", "/work"},
        {"lowerdir", "/l1:/l2"},
        {"xino", "off"},
        {"rw", ""},
        {"upper", NULL},
        {"upperdirs", NULL},
        {"dir", NULL},
    };
    unsigned bad_lines;
    g_autoptr(GPtrArray) mounts = parse_file("overlay", &bad_lines);
    const FrostMount *mount = mount_at(mounts, "/merged");

    for (size_t i = 0; i < G_N_ELEMENTS(ROWS); i++) {
        g_autofree char *value = frost_mount_super_option(mount, ROWS[i].name);
        if (g_strcmp0(value, ROWS[i].value) != 0)
            fail_msg("%s is %s", ROWS[i].name, value ? value : "(none)");
    }
}

static void
a_path_ends_on_the_mount_that_covers_the_others(void **state)
{
    static const struct {
        const char *path;
        unsigned id;
    } ROWS[] = {
        {"/", 20},
        {"/etc/passwd", 20},
        {"/mnt", 21},
        {"/mnt/other", 21},
        {"/mnt/p", 24},
        {"/mnt/p/q", 24},
        {"/mnt/p/q/r", 24},
        {"/mnt/pq", 21},
        {"/opt", 26},
        {"/opt/deep/er", 26},
        {"/bind", 27},
        {"/mnt-other", 28},
        {"/mnt-otherwise", 20},
        {"/twice/x", 30},
    };
    unsigned bad_lines;
    g_autoptr(GPtrArray) mounts = parse_file("covered", &bad_lines);

    assert_int_equal(bad_lines, 0);
    for (size_t i = 0; i < G_N_ELEMENTS(ROWS); i++) {
        const FrostMount *end = frost_mountinfo_leads_to(mounts, ROWS[i].path);
        if (!end || end->id != ROWS[i].id)
            fail_msg("%s leads to %u", ROWS[i].path, end ? end->id : 0);
    }
}

/* Children come before their parents, which the kernel's table may show; the later of two mounts at
 * one place is on top only if both have the same parent. */
static void
the_way_through_a_table_does_not_depend_on_its_order(void **state)
{
    static const char TEXT[] = "34 31 8:9 / /a/b/c rw - ext4 /dev/sdi rw\n"
                               "31 30 8:2 / /a rw - ext4 /dev/sdb rw\n"
                               "33 32 8:4 / /a/b rw - ext4 /dev/sdd rw\n"
                               "30 1 8:1 / / rw - ext4 /dev/sda rw\n"
                               "32 31 8:3 / /a/b rw - ext4 /dev/sdc rw\n"
                               "35 30 8:5 / /ab rw - ext4 /dev/sde rw\n"
                               "36 30 8:6 / /abc/d rw - ext4 /dev/sdf rw\n"
                               "38 37 8:8 / / rw - ext4 /dev/sdh rw\n"
                               "37 40 8:7 / /e rw - ext4 /dev/sdg rw\n"
                               "39 39 8:7 / /a rw - ext4 /dev/sdg rw\n";
    static const struct {
        const char *path;
        unsigned id;
    } ROWS[] = {
        {"/", 30},        {"/a", 31},     {"/a/", 31},   {"/a/b", 33}, {"/a/b/c", 33},
        {"/a/b/c/d", 33}, {"/a/bc", 31},  {"/ab", 35},   {"/ab/", 35}, {"/ab/c", 35},
        {"/abc", 30},     {"/abc/d", 36}, {"/abcd", 30}, {"/e", 30},   {"/a//b", 31},
    };
    unsigned bad_lines;
    g_autoptr(GPtrArray) mounts = frost_mountinfo_parse(TEXT, strlen(TEXT), &bad_lines);

    assert_int_equal(bad_lines, 0);
    for (size_t i = 0; i < G_N_ELEMENTS(ROWS); i++) {
        const FrostMount *end = frost_mountinfo_leads_to(mounts, ROWS[i].path);
        if (!end || end->id != ROWS[i].id)
            fail_msg("%s leads to %u", ROWS[i].path, end ? end->id : 0);
    }
}

static bool
is_below(const char *path, const char *place)
{
    size_t length = strcmp(place, "/") == 0 ? 0 : strlen(place);

    return strncmp(path, place, length) == 0 && (path[length] == '/' || path[length] == '\0');
}

/* The walk as the kernel takes it: at each step the mount that is entered first, by comparing all
 * with all. */
static const FrostMount *
walk_plainly(const GPtrArray *mounts, const char *path)
{
    const FrostMount *at = mounts->pdata[0], *next;

    do {
        next = NULL;
        for (guint i = 0; i < mounts->len; i++) {
            const FrostMount *mount = mounts->pdata[i];
            if (mount->parent_id == at->id && is_below(path, mount->mount_point) &&
                (!next || strlen(mount->mount_point) <= strlen(next->mount_point)))
                next = mount;
        }
        at = next ? next : at;
    } while (next);
    return at;
}

static void
random_tables_are_walked_as_the_kernel_walks_them(void **state)
{
    static const char *const PARTS[] = {"", "/a", "/ab", "/a/b", "/a/b/a", "/ab/b", "/b"};
    g_autoptr(GRand) rand = g_rand_new_with_seed(20261201);

    for (unsigned round = 0; round < 300; round++) {
        g_autoptr(GString) text = g_string_new("1 0 8:1 / / rw - ext4 /dev/sda1 rw\n");
        unsigned bad_lines;

        for (int id = 2; id < 14; id++) {
            const char *part = PARTS[g_rand_int_range(rand, 0, G_N_ELEMENTS(PARTS))];
            g_string_append_printf(text, "%d %d 8:1 / %s rw - ext4 /dev/sda1 rw\n", id,
                                   g_rand_int_range(rand, 1, id), *part ? part : "/");
        }
        g_autoptr(GPtrArray) mounts = frost_mountinfo_parse(text->str, text->len, &bad_lines);
        for (size_t i = 0; i < G_N_ELEMENTS(PARTS) * G_N_ELEMENTS(PARTS); i++) {
            g_autofree char *joined =
                g_strconcat(PARTS[i % G_N_ELEMENTS(PARTS)], PARTS[i / G_N_ELEMENTS(PARTS)], NULL);
            const char *path = *joined ? joined : "/";
            if (frost_mountinfo_leads_to(mounts, path) != walk_plainly(mounts, path))
                fail_msg("%s is not found as the kernel finds it in\n%s", path, text->str);
        }
    }
}

static void
without_a_root_no_path_leads_anywhere(void **state)
{
    unsigned bad_lines;
    g_autoptr(GPtrArray) mounts = parse_file("chroot", &bad_lines);

    assert_int_equal(mounts->len, 2);
    assert_null(frost_mountinfo_leads_to(mounts, "/srv"));
}

static void
a_table_that_goes_in_circles_comes_to_an_end(void **state)
{
    unsigned bad_lines;
    g_autoptr(GPtrArray) mounts = parse_file("circle", &bad_lines);

    assert_int_equal(mounts->len, 4);
    assert_ptr_equal(frost_mountinfo_leads_to(mounts, "/a/b"), mounts->pdata[3]);
}

/* g_str_hash() is the same for "ab" and "bA", and so for all names here. A hash table of them takes
 * longer than a test may. */
static void
names_with_the_same_hash_do_not_take_long(void **state)
{
    g_autoptr(GString) text = g_string_new("1 0 8:1 / / rw - ext4 /dev/sda1 rw\n");
    const unsigned count = 60000;
    unsigned bad_lines;

    for (unsigned id = 2; id <= count; id++) {
        g_string_append_printf(text, "%u 1 8:1 / /", id);
        for (unsigned bit = 0; bit < 16; bit++)
            g_string_append(text, id >> bit & 1 ? "bA" : "ab");
        g_string_append(text, " rw - ext4 /dev/sda1 rw\n");
    }
    g_autoptr(GPtrArray) mounts = frost_mountinfo_parse(text->str, text->len, &bad_lines);
    const FrostMount *last = mounts->pdata[count - 1];

    assert_ptr_equal(frost_mountinfo_leads_to(mounts, last->mount_point), last);
}

static void
the_mounts_of_this_machine_are_understood(void **state)
{
    g_autofree char *text = NULL;
    gsize length;
    unsigned bad_lines;

    assert_true(g_file_get_contents("/proc/self/mountinfo", &text, &length, NULL));
    g_autoptr(GPtrArray) mounts = frost_mountinfo_parse(text, length, &bad_lines);

    assert_int_equal(bad_lines, 0);
    assert_true(mounts->len > 0);
}

static void
a_text_shows_more_if_a_disk_of_it_is_not_known(void **state)
{
    static const struct {
        const char *text;
        bool more;
    } CASES[] = {
        {"", false},
        {"1 2 8:1 / / rw - ext4 /dev/sda1 rw\n", false},
        {"1 2 8:2 / / rw - ext4 /dev/sda2 rw\n", true},
        {"1 2 8:1 / / rw - ext4 /dev/sda1 rw\n1 2 8:2 / / rw - ext4 /dev/sda2 rw", true},
        {"1 2 0:7 / / rw - overlay overlay rw\n", false},
        {"1 2 0:5 / / rw - btrfs /dev/sda3 rw\n", false},
        {"1 2 0:6 / / rw - btrfs /dev/sda3 rw\n", true},
        {"1 2 x:2 / / rw - ext4 /dev/sda2 rw\nno line\n1 2\n", false},
    };
    g_autoptr(GHashTable) known = g_hash_table_new(g_int64_hash, g_int64_equal);
    guint64 devices[] = {makedev(8, 1), makedev(0, 5)};

    g_hash_table_add(known, &devices[0]);
    g_hash_table_add(known, &devices[1]);
    for (size_t i = 0; i < G_N_ELEMENTS(CASES); i++) {
        bool more = frost_mountinfo_shows_more(CASES[i].text, strlen(CASES[i].text), known);

        assert_int_equal(more, CASES[i].more);
    }
}

int
main(void)
{
    static const struct CMUnitTest TESTS[] = {
        cmocka_unit_test(every_field_of_a_line_is_understood),
        cmocka_unit_test(any_number_of_optional_fields_is_skipped),
        cmocka_unit_test(octal_escapes_become_bytes_and_all_else_stays),
        cmocka_unit_test(an_empty_source_is_a_source),
        cmocka_unit_test(lines_that_cannot_be_understood_are_counted),
        cmocka_unit_test(the_last_line_needs_no_newline),
        cmocka_unit_test(a_text_shows_more_if_a_disk_of_it_is_not_known),
        cmocka_unit_test(a_line_that_is_cut_off_is_bad),
        cmocka_unit_test(a_nul_byte_makes_a_line_bad),
        cmocka_unit_test(nothing_is_an_empty_list),
        cmocka_unit_test(a_very_long_line_is_no_problem),
        cmocka_unit_test(only_the_superblock_option_means_read_only),
        cmocka_unit_test(a_super_option_has_its_value_unescaped),
        cmocka_unit_test(a_path_ends_on_the_mount_that_covers_the_others),
        cmocka_unit_test(the_way_through_a_table_does_not_depend_on_its_order),
        cmocka_unit_test(random_tables_are_walked_as_the_kernel_walks_them),
        cmocka_unit_test(without_a_root_no_path_leads_anywhere),
        cmocka_unit_test(a_table_that_goes_in_circles_comes_to_an_end),
        cmocka_unit_test(names_with_the_same_hash_do_not_take_long),
        cmocka_unit_test(the_mounts_of_this_machine_are_understood),
    };

    return cmocka_run_group_tests(TESTS, NULL, NULL);
}
