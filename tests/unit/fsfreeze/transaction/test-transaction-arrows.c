/* SPDX-License-Identifier: MIT */

/*
 * The drawing in transaction-state.h is exact: it is what transaction-state.c has, and each of its
 * arrows, and no other, is taken when whatever can happen happens in each state.
 */
#include <string.h>

#include "transaction-fixture.h"
#include "transaction-state.h"

#define STATES (FROST_STATE_CLOSING + 1u)

typedef struct {
    bool arrows[STATES][STATES];
} Drawing;

/* Filled by the log. */
static Drawing taken;

static FrostTransactionState
state_of(const char *name)
{
    for (unsigned state = 0; state < STATES; state++) {
        if (g_ascii_strcasecmp(frost_transaction_state_name(state), name) == 0)
            return state;
    }
    fail_msg("%s is no state", name);
    return FROST_STATE_THAWED;
}

static void
read_drawing(Drawing *drawing)
{
    g_autofree char *path = g_build_filename(
        g_getenv("TEST_DATA"), "../../agent/fsfreeze/transaction/transaction-state.h", NULL);
    g_autoptr(GRegex) arrow =
        g_regex_new("^ \\*   ([A-Z]+)? +-> ([A-Z]+) {2,}[a-z]", G_REGEX_MULTILINE, 0, NULL);
    g_autoptr(GMatchInfo) match = NULL;
    g_autofree char *text = NULL;
    FrostTransactionState from = FROST_STATE_THAWED;

    assert_true(g_file_get_contents(path, &text, NULL, NULL));
    for (g_regex_match(arrow, text, 0, &match); g_match_info_matches(match);
         g_match_info_next(match, NULL)) {
        g_autofree char *left = g_match_info_fetch(match, 1);
        g_autofree char *right = g_match_info_fetch(match, 2);

        from = left[0] ? state_of(left) : from;
        drawing->arrows[from][state_of(right)] = true;
    }
}

static void
every_arrow_that_the_code_allows_is_drawn_and_no_other(void **state)
{
    Drawing drawing = {0};

    read_drawing(&drawing);
    for (unsigned from = 0; from < STATES; from++) {
        for (unsigned to = 0; to < STATES; to++) {
            if (drawing.arrows[from][to] != frost_transaction_state_leads(from, to))
                fail_msg("%s -> %s is %s", frost_transaction_state_name(from),
                         frost_transaction_state_name(to),
                         drawing.arrows[from][to] ? "only drawn" : "not drawn");
        }
    }
}

/* What happens --------------------------------------------------------------------------------- */

static GLogWriterOutput
note_arrows(GLogLevelFlags level, const GLogField *fields, gsize count, gpointer user)
{
    for (gsize i = 0; i < count; i++) {
        char from[16];
        char to[16];

        if (strcmp(fields[i].key, "MESSAGE") == 0 &&
            sscanf(fields[i].value, "freeze: %15s -> %15s", from, to) == 2)
            taken.arrows[state_of(from)][state_of(to)] = true;
    }
    return G_LOG_WRITER_HANDLED;
}

static void
nothing(Fixture *f)
{
}

static void
lose_freezer(Fixture *f)
{
    if (fake_supervisor_runs(f->freezer))
        say(f, FROST_FREEZER_LOST, 0, "it is lost");
}

static void
lose_freezer_and_what_it_held(Fixture *f)
{
    if (fake_supervisor_runs(f->freezer))
        fake_supervisor_lose_frozen(f->freezer, "it is lost, and nobody could thaw");
}

static void
fail_what_is_asked(Fixture *f)
{
    const char *awaits = fake_supervisor_awaits(f->freezer);

    if (fake_planner_awaits(f->planner)) {
        fake_planner_come_back(f->planner,
                               g_error_new(G_FILE_ERROR, G_FILE_ERROR_FAILED, "it has failed"));
        settle();
    } else if (fake_hooks_run(f->hooks))
        end_hook(f, "it has failed");
    else if (fake_supervisor_runs(f->freezer) && strcmp(awaits, "thaw") != 0)
        say(f, FROST_FREEZER_FAILED, 0, "it has failed");
}

static void
tell_freezer_to_thaw(Fixture *f)
{
    if (fake_supervisor_is_ready(f->freezer))
        say(f, FROST_FREEZER_THAWED, 0, NULL);
}

static void
freeze_nothing(Fixture *f)
{
    if (strcmp(fake_supervisor_awaits(f->freezer), "freeze") == 0)
        say(f, FROST_FREEZER_FROZEN, 0, NULL);
}

static void
leave_one_stuck(Fixture *f)
{
    if (strcmp(fake_supervisor_awaits(f->freezer), "thaw") != 0)
        return;
    fake_supervisor_stick(f->freezer);
    say(f, FROST_FREEZER_THAWED, 1, "one could not be thawed");
}

static void
leave_one_stuck_and_ask_again(Fixture *f)
{
    leave_one_stuck(f);
    complete(f);
    ask_thaw(f);
}

static void
keep_one_freezing(Fixture *f)
{
    const char *awaits = fake_supervisor_awaits(f->freezer);
    bool is_thaw = strcmp(awaits, "thaw") == 0;

    if (!fake_supervisor_is_ready(f->freezer) || (!is_thaw && strcmp(awaits, "freeze") != 0))
        return;
    fake_supervisor_keep_freezing(f->freezer);
    say(f, is_thaw ? FROST_FREEZER_THAWED : FROST_FREEZER_FAILED, 0, "one is late");
}

/* Inside FIFREEZE until its freezer dies. */
static void
keep_one_freezing_until_death(Fixture *f)
{
    keep_one_freezing(f);
    complete(f);
    if (!fake_supervisor_is_ready(f->freezer))
        return;
    frost_ledger_step(&fake_supervisor_ledger(f->freezer)->data->filesystems[0], FROST_FS_ABANDONED,
                      FROST_FS_FAILED);
    lose_freezer(f);
}

static void
settle_all(Fixture *f)
{
    if (fake_supervisor_is_ready(f->freezer))
        say(f, FROST_FREEZER_SETTLED, 0, NULL);
}

static void
break_holder(Fixture *f)
{
    FrostLedger *ledger = fake_supervisor_ledger(f->freezer);

    if (!fake_supervisor_runs(f->freezer) || atomic_load(&ledger->data->hook_count) == 0)
        return;
    ledger->data->hooks[0].is_required = true;
    atomic_store(&ledger->data->hooks[0].sides[FROST_HOOK_THAW].result, FROST_HOOK_SIDE_DIED);
}

static void
give_up_freeze(Fixture *f)
{
    frost_transaction_give_up_freeze(f->transaction);
    settle();
}

static void (*const HAPPENINGS[])(Fixture *f) = {
    nothing,           ask_release,
    lose_freezer,      lose_freezer_and_what_it_held,
    restart,           fail_what_is_asked,
    freeze_nothing,    tell_freezer_to_thaw,
    keep_one_freezing, keep_one_freezing_until_death,
    settle_all,        break_holder,
    leave_one_stuck,   leave_one_stuck_and_ask_again,
    give_up_freeze,
};

/* @first in @stage, and then @second; whatever comes of it is brought to an end. */
static void
let_happen(Stage stage, void (*first)(Fixture *), void (*second)(Fixture *))
{
    Fixture *f;

    set_up((void **)&f);
    drive(f, stage);
    first(f);
    second(f);
    for (unsigned i = 0; i < 3; i++) {
        ask_thaw(f);
        complete(f);
        settle_all(f);
        complete(f);
    }
    assert_all_undone(f);
    tear_down((void **)&f);
}

/* The ledger is another process's, in which a freeze has come to @stage. */
static void
begin_elsewhere(Stage stage, bool is_released)
{
    Fixture *f;

    set_up((void **)&f);
    drive(f, stage);
    FrostLedger *holder = hold_elsewhere(f);
    if (is_released)
        ask_release(f);
    frost_ledger_free(holder);
    ask_thaw(f);
    complete(f); /* the ledger may have been let go of by now: nothing more comes then */
    while (!f->thaw.came) {
        g_main_context_iteration(NULL, TRUE);
        complete(f);
    }
    complete(f);
    tear_down((void **)&f);
}

static void
every_arrow_that_is_drawn_is_taken_and_no_other(void **state)
{
    GLogLevelFlags fatal = g_log_set_always_fatal(G_LOG_LEVEL_ERROR);

    for (unsigned stage = STAGE_THAWED; stage < STAGES; stage++) {
        for (size_t i = 0; i < G_N_ELEMENTS(HAPPENINGS); i++) {
            for (size_t j = 0; j < G_N_ELEMENTS(HAPPENINGS); j++)
                let_happen(stage, HAPPENINGS[i], HAPPENINGS[j]);
        }
    }
    begin_elsewhere(STAGE_THAWED, false);
    begin_elsewhere(STAGE_RESYNCING, false);
    begin_elsewhere(STAGE_FROZEN, false);
    begin_elsewhere(STAGE_THAWED, true);
    g_log_set_always_fatal(fatal);

    for (unsigned from = 0; from < STATES; from++) {
        for (unsigned to = 0; to < STATES; to++) {
            if (taken.arrows[from][to] != frost_transaction_state_leads(from, to))
                fail_msg("%s -> %s is %s", frost_transaction_state_name(from),
                         frost_transaction_state_name(to),
                         taken.arrows[from][to] ? "taken, and not drawn" : "never taken");
        }
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_arrow_that_the_code_allows_is_drawn_and_no_other),
        cmocka_unit_test(every_arrow_that_is_drawn_is_taken_and_no_other),
    };

    g_log_set_writer_func(note_arrows, NULL, NULL);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
