/* SPDX-License-Identifier: MIT */
#include "books.h"
#include "fake-sys.h"
#include "test-support.h"

typedef struct {
    char *dir;
    FakeSys *fake;
    FakeFs *root;
    FakeFs *srv;
    FrostBooks books;
    GLogLevelFlags fatal;
} Fixture;

static FrostLedgerFs *
entry(Fixture *f, const char *mount_point)
{
    FrostLedgerData *data = f->books.ledger->data;

    for (uint32_t i = 0; i < atomic_load(&data->count); i++) {
        if (g_str_equal(data->filesystems[i].mount_point, mount_point))
            return &data->filesystems[i];
    }
    g_error("%s is not in the ledger", mount_point);
}

/* Both processes are killed while "/" and "/srv" are frozen. */
static void
die_frozen(Fixture *f)
{
    const FrostPlanFilter filter = {0};

    assert_true(frost_books_open(&f->books, f->dir, &filter, NULL));
    frost_ledger_step(entry(f, "/"), FROST_FS_OPEN, FROST_FS_FROZEN);
    frost_ledger_step(entry(f, "/srv"), FROST_FS_OPEN, FROST_FS_FROZEN);
    fake_sys_freeze_earlier(f->fake, f->srv);
    fake_sys_freeze_earlier(f->fake, f->root);
    frost_books_clear(&f->books);
    frost_books_init(&f->books, fake_sys_get(f->fake));
}

static void
inherit(Fixture *f)
{
    f->books.ledger = frost_ledger_open(f->dir, NULL);
    assert_non_null(f->books.ledger);
    assert_true(frost_ledger_is_active(f->books.ledger));
    frost_books_inherit(&f->books);
}

static int
set_up(void **state)
{
    Fixture *f = g_new0(Fixture, 1);

    f->fatal = g_log_set_always_fatal(G_LOG_LEVEL_ERROR);
    f->dir = test_make_dir();
    f->fake = fake_sys_new();
    f->root = fake_sys_add_fs(f->fake, "/", "ext4");
    f->srv = fake_sys_add_fs(f->fake, "/srv", "xfs");
    frost_books_init(&f->books, fake_sys_get(f->fake));
    *state = f;
    return 0;
}

static int
tear_down(void **state)
{
    Fixture *f = *state;

    frost_books_clear(&f->books);
    assert_int_equal(fake_sys_open_fds(f->fake), 0);
    fake_sys_free(f->fake);
    test_remove_dir(f->dir);
    g_log_set_always_fatal(f->fatal);
    g_free(f);
    return 0;
}

static void
assert_thaws(Fixture *f, const char *mount_point, const FakeFs *fs)
{
    FrostSys *sys = fake_sys_get(f->fake);
    int fd = entry(f, mount_point)->fd;

    assert_ptr_equal(fake_sys_fs_of_fd(f->fake, fd), fs);
    assert_int_equal(sys->thaw(sys, fd), 0);
    assert_false(fake_sys_is_frozen(f->fake, fs));
}

static void
what_is_still_mounted_is_opened_again(void **state)
{
    Fixture *f = *state;

    die_frozen(f);
    inherit(f);
    assert_int_equal(f->books.inherited->len, 2);
    assert_thaws(f, "/", f->root);
    assert_thaws(f, "/srv", f->srv);
}

static void
what_was_unmounted_meanwhile_is_reached_by_its_device(void **state)
{
    Fixture *f = *state;

    die_frozen(f);
    fake_sys_umount(f->fake, "/srv");
    inherit(f);
    assert_int_equal(f->books.inherited->len, 2);
    assert_thaws(f, "/srv", f->srv);
    assert_thaws(f, "/", f->root);
}

static void
what_is_covered_is_reached_by_its_device(void **state)
{
    Fixture *f = *state;

    die_frozen(f);
    fake_sys_add_nodev_fs(f->fake, "/srv", "tmpfs", "cover");
    inherit(f);
    assert_int_equal(f->books.inherited->len, 2);
    assert_thaws(f, "/srv", f->srv);
    assert_thaws(f, "/", f->root);
}

static void
what_is_gone_is_held_no_more(void **state)
{
    Fixture *f = *state;

    die_frozen(f);
    fake_sys_thaw_by_other(f->fake, f->srv);
    fake_sys_umount(f->fake, "/srv");
    inherit(f);
    assert_int_equal(f->books.inherited->len, 1);
    assert_int_equal(atomic_load(&entry(f, "/srv")->state), FROST_FS_LOST);
    assert_int_equal(frost_ledger_held(f->books.ledger), 1);
    assert_thaws(f, "/", f->root);
}

static void
what_cannot_be_reached_stays_held(void **state)
{
    Fixture *f = *state;

    die_frozen(f);
    fake_sys_umount(f->fake, "/srv");
    f->books.ledger = frost_ledger_open(f->dir, NULL);
    g_strlcpy(entry(f, "/srv")->fs_type, "ext4", sizeof entry(f, "/srv")->fs_type);
    frost_books_inherit(&f->books);
    assert_int_equal(f->books.inherited->len, 1);
    assert_int_equal(entry(f, "/srv")->fd, -1);
    assert_int_equal(frost_ledger_held(f->books.ledger), 2);
}

int
main(void)
{
#define FIXTURE_TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(what_is_still_mounted_is_opened_again),
        FIXTURE_TEST(what_was_unmounted_meanwhile_is_reached_by_its_device),
        FIXTURE_TEST(what_is_covered_is_reached_by_its_device),
        FIXTURE_TEST(what_is_gone_is_held_no_more),
        FIXTURE_TEST(what_cannot_be_reached_stays_held),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
