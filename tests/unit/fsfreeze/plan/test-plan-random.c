/* SPDX-License-Identifier: MIT */

/*
 * The freeze order of random machines: the fake kernel knows what stands on what, and finds every
 * deadlock.
 */

#include <stdio.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "plan-fixture.h"
#include "plan.h"
#include "test-support.h"

/* A random machine: filesystems on disks, partitions, volumes and loops over each other, then
 * bind mounts, and some mount points gone, so that the order of mounts says nothing. */
static void
add_random_fs(FakeSys *fake, GRand *rand, GPtrArray *all, unsigned number)
{
    static const char *const TYPES[] = {"ext4", "xfs", "btrfs", "vfat", "fuseblk"};
    const char *type = TYPES[g_rand_int_range(rand, 0, G_N_ELEMENTS(TYPES))];
    g_autoptr(GArray) below = g_array_new(FALSE, FALSE, sizeof(dev_t));
    char path[32];

    for (int n = g_rand_int_range(rand, 1, 4); n > 0; n--) {
        bool loop = all->len > 0 && g_rand_int_range(rand, 0, 3) > 0;
        dev_t device =
            loop ? fake_sys_add_loop(fake, all->pdata[g_rand_int_range(rand, 0, (gint32)all->len)])
                 : fake_sys_add_disk(fake, NULL);
        if (g_rand_boolean(rand))
            device = fake_sys_add_partition(fake, NULL, device);
        g_array_append_val(below, device);
    }
    dev_t device = g_array_index(below, dev_t, 0);
    if (below->len > 1 && strcmp(type, "btrfs") != 0)
        device = fake_sys_add_stacked(fake, NULL, (dev_t *)(void *)below->data, below->len);

    snprintf(path, sizeof(path), "/fs%u", number);
    FakeFs *fs = fake_sys_add_fs_on(fake, path, type, device);
    for (guint i = 1; strcmp(type, "btrfs") == 0 && i < below->len; i++)
        fake_fs_add_member(fs, g_array_index(below, dev_t, i));
    g_ptr_array_add(all, fs);
}

/* A btrfs that is not mounted here gives its files device numbers that lead nowhere: what stands on
 * it is opaque, and then nobody can know the order. All others can go. */
static bool
may_go(const FakeFs *fs)
{
    return major(fake_fs_dev(fs)) != 0;
}

static void
shuffle_mounts(FakeSys *fake, GRand *rand, GPtrArray *all)
{
    for (unsigned number = 0; number < all->len; number++) {
        char path[32], alias[32];

        snprintf(path, sizeof(path), "/fs%u", number);
        snprintf(alias, sizeof(alias), "/alias%u", (unsigned)g_rand_int_range(rand, 0, 30));
        switch (g_rand_int_range(rand, 0, 5)) {
        case 0:
            fake_sys_bind(fake, all->pdata[number], alias);
            break;
        case 1:
            fake_sys_bind(fake, all->pdata[number], alias);
            fake_sys_umount(fake, path);
            break;
        case 2:
            if (may_go(all->pdata[number]))
                fake_sys_umount(fake, path);
            break;
        default:
            break;
        }
    }
}

/* Freezes level by level, in any order within one, and thaws in reverse: the fake kernel is the
 * judge, and knows what stands on what without having asked sysfs. */
static void
freeze_as_planned(FakeSys *fake, GRand *rand, const FrostPlan *plan)
{
    FrostSys *sys = fake_sys_get(fake);
    g_autoptr(GPtrArray) order = g_ptr_array_new();

    for (unsigned level = 0; level < plan->levels; level++) {
        guint begin = order->len;

        for (guint i = 0; i < plan->freezable; i++) {
            FrostFilesystem *fs = plan->filesystems->pdata[i];
            if (fs->level == level)
                g_ptr_array_insert(
                    order, g_rand_int_range(rand, (gint32)begin, (gint32)order->len + 1), fs);
        }
        assert_true(order->len > begin);
    }
    assert_int_equal(order->len, plan->freezable);
    for (guint i = 0; i < order->len; i++)
        assert_int_equal(sys->kernel.freeze(&sys->kernel, ((FrostFilesystem *)order->pdata[i])->fd),
                         0);
    for (guint i = order->len; i-- > 0;)
        assert_int_equal(sys->kernel.thaw(&sys->kernel, ((FrostFilesystem *)order->pdata[i])->fd),
                         0);
}

static void
any_machine_is_frozen_without_a_deadlock(void **state)
{
    GRand *rand = g_rand_new_with_seed(4711);
    unsigned deepest = 0;

    for (unsigned round = 0; round < 1000; round++) {
        g_autoptr(FakeSys) fake = fake_sys_new();
        g_autoptr(GPtrArray) all = g_ptr_array_new();
        FrostPlanFilter filter = {.exclude = g_rand_boolean(rand) ? GLOBS("*[37]") : NULL};

        if (g_rand_boolean(rand))
            fake_sys_add_fs(fake, "/", "ext4");
        for (int n = g_rand_int_range(rand, 1, 12), i = 0; i < n; i++)
            add_random_fs(fake, rand, all, (unsigned)i);
        shuffle_mounts(fake, rand, all);

        g_autoptr(FrostPlan) plan = plan_make(fake, &filter);
        freeze_as_planned(fake, rand, plan);
        deepest = MAX(deepest, plan->levels);
        g_autofree char *violations = fake_sys_take_violations(fake);
        if (*violations)
            fail_msg("round %u: %s", round, violations);
    }
    assert_true(deepest >= 5); /* or the machines were too simple to prove anything */
    g_rand_free(rand);
}

int
main(void)
{
    static const struct CMUnitTest TESTS[] = {
        cmocka_unit_test(any_machine_is_frozen_without_a_deadlock),
    };

    return cmocka_run_group_tests(TESTS, NULL, NULL);
}
