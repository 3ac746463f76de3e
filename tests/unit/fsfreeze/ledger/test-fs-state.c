/* SPDX-License-Identifier: MIT */
#include "fs-state.h"

#include <string.h>

#include "ledger-data.h"
#include "test-support.h"

/* The drawing, as it is in the source. */
#define DRAWING "../../agent/fsfreeze/ledger-data/fs-state.h"

static const char *const names[FROST_FS_STATES] = {
    [FROST_FS_OPEN] = "OPEN",           [FROST_FS_FREEZING] = "FREEZING",
    [FROST_FS_ABANDONED] = "ABANDONED", [FROST_FS_FROZEN] = "FROZEN",
    [FROST_FS_FOREIGN] = "FOREIGN",     [FROST_FS_UNSUPPORTED] = "UNSUPPORTED",
    [FROST_FS_FAILED] = "FAILED",       [FROST_FS_THAWING] = "THAWING",
    [FROST_FS_THAWED] = "THAWED",       [FROST_FS_LOST] = "LOST",
    [FROST_FS_STUCK] = "STUCK",
};

static FrostFsState
state_named(const char *name)
{
    for (unsigned i = 0; i < FROST_FS_STATES; i++) {
        if (strcmp(names[i], name) == 0)
            return (FrostFsState)i;
    }
    fail_msg("the drawing has a state %s", name);
    return FROST_FS_OPEN;
}

static void
take_arrow(const char *line, bool drawn[FROST_FS_STATES][FROST_FS_STATES])
{
    char from[32];
    char to[32];

    if (sscanf(line, " * %31[A-Z] -> %31[A-Z]", from, to) == 2)
        drawn[state_named(from)][state_named(to)] = true;
}

static void
the_arrows_that_are_drawn_are_allowed_and_no_others(void **state)
{
    g_autofree char *path = g_build_filename(g_getenv("TEST_DATA"), DRAWING, NULL);
    g_autofree char *text = NULL;
    bool drawn[FROST_FS_STATES][FROST_FS_STATES] = {0};

    assert_true(g_file_get_contents(path, &text, NULL, NULL));
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    for (char **line = lines; *line; line++)
        take_arrow(*line, drawn);
    for (unsigned from = 0; from < FROST_FS_STATES; from++) {
        for (unsigned to = 0; to < FROST_FS_STATES; to++) {
            if (drawn[from][to] != frost_fs_state_may_become(from, to))
                fail_msg("%s -> %s is %s drawn", names[from], names[to],
                         drawn[from][to] ? "wrongly" : "not");
        }
    }
}

static void
a_number_that_is_no_state_leads_nowhere(void **state)
{
    assert_false(frost_fs_state_may_become(FROST_FS_STATES, FROST_FS_OPEN));
    assert_false(frost_fs_state_may_become(FROST_FS_OPEN, FROST_FS_STATES));
}

/* From OPEN on, whatever happens: a filesystem that is held has been FREEZING before, and it is
 * let go only by one of the arrows out of the held ones. */
static void
a_held_filesystem_is_reached_through_freezing_only(void **state)
{
    for (unsigned from = 0; from < FROST_FS_STATES; from++) {
        for (unsigned to = 0; to < FROST_FS_STATES; to++) {
            bool gets_held = !frost_fs_state_is_held(from) && frost_fs_state_is_held(to);

            if (gets_held && frost_fs_state_may_become(from, to))
                assert_true(from == FROST_FS_OPEN && to == FROST_FS_FREEZING);
        }
    }
}

static void
a_state_changes_only_from_where_it_is(void **state)
{
    FrostLedgerFs fs = {.state = FROST_FS_FREEZING};

    assert_false(frost_ledger_step(&fs, FROST_FS_FROZEN, FROST_FS_THAWING));
    assert_int_equal(fs.state, FROST_FS_FREEZING);
    assert_true(frost_ledger_step(&fs, FROST_FS_FREEZING, FROST_FS_FROZEN));
    assert_int_equal(fs.state, FROST_FS_FROZEN);
}

static void
each_state_that_the_kernel_may_hold_counts(void **state)
{
    g_autofree FrostLedgerData *data = g_new0(FrostLedgerData, 1);
    const FrostLedger ledger = {.data = data};

    atomic_store(&data->count, 2);
    for (unsigned i = 0; i < FROST_FS_STATES; i++) {
        atomic_store(&data->filesystems[1].state, i);
        assert_int_equal(frost_ledger_holds(&ledger), frost_fs_state_is_held(i));
        assert_ptr_equal(frost_ledger_find_held(&ledger),
                         frost_fs_state_is_held(i) ? &data->filesystems[1] : NULL);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_arrows_that_are_drawn_are_allowed_and_no_others),
        cmocka_unit_test(a_number_that_is_no_state_leads_nowhere),
        cmocka_unit_test(a_held_filesystem_is_reached_through_freezing_only),
        cmocka_unit_test(a_state_changes_only_from_where_it_is),
        cmocka_unit_test(each_state_that_the_kernel_may_hold_counts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
