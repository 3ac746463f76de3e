/* SPDX-License-Identifier: MIT */

/*
 * test-check-units.c - what is found of systemd's timers, watchdogs and filters
 */

#include "check-fixture.h"

/* As systemctl of systemd 252 prints it. */
#define TIMERS                                                                         \
    "NextElapseUSecRealtime=\nPersistent=no\nId=m.timer\nActiveState=active\n\n"       \
    "NextElapseUSecRealtime=Tue 2026-12-01 00:00:00 UTC\nPersistent=yes\nId=a.timer\n" \
    "ActiveState=active\n\n"                                                           \
    "NextElapseUSecRealtime=\nPersistent=yes\nId=off.timer\nActiveState=inactive\n\n"

static void
look_at_units(Fixture *f, const char *text)
{
    g_autoptr(FrostUnits) units = frost_units_parse(text);

    if (!f->check.plan)
        make_plan(f);
    f->check.units = units;
    g_ptr_array_set_size(f->check.findings, 0);
    frost_check_units(&f->check);
    f->check.units = NULL;
}

static void
a_timer_that_makes_systemd_wait_is_named_with_its_time(void **state)
{
    Fixture *f = *state;

    look_at_units(f, "RuntimeWatchdogUSec=0\n\n" TIMERS);
    assert_found(f, FROST_GRADE_OK,
                 "systemctl with it. Due next: a.timer (Tue 2026-12-01 00:00:00 UTC)");
    assert_int_equal(f->check.findings->len, 1);
}

static void
a_watchdog_that_strikes_within_a_freeze_is_told(void **state)
{
    Fixture *f = *state;

    look_at_units(f, "RuntimeWatchdogUSec=10min\n\n"
                     "WatchdogUSec=3min\nId=systemd-journald.service\nActiveState=active\n\n"
                     "WatchdogUSec=1min 30s\nId=w.service\nActiveState=active\n\n"
                     "WatchdogUSec=1min\nId=off.service\nActiveState=inactive\n\n"
                     "WatchdogUSec=11min\nId=long.service\nActiveState=active\n\n"
                     "WatchdogUSec=infinity\nId=none.service\nActiveState=active\n");
    assert_found(f, FROST_GRADE_WARNING, "a hardware watchdog that waits for 10min");
    assert_found(f, FROST_GRADE_WARNING, "for the disk so long: w.service (1min 30s)");
    assert_found(f, FROST_GRADE_OK, "then restarted: systemd-journald.service (3min)");
    assert_int_equal(f->check.findings->len, 3);

    f->config->hold_timeout_s = 60;
    look_at_units(f, "RuntimeWatchdogUSec=10min\n\n"
                     "WatchdogUSec=1min 30s\nId=w.service\nActiveState=active\n");
    assert_int_equal(f->check.findings->len, 0);
}

static void
what_systemd_does_not_write_to_a_frozen_filesystem_is_not_mentioned(void **state)
{
    Fixture *f = *state;

    f->config->exclude = g_strsplit("/", ";", -1);
    look_at_units(f, TIMERS);
    assert_int_equal(f->check.findings->len, 0);
}

static void
spans_of_systemd_are_read(void **state)
{
    static const struct {
        const char *text;
        uint64_t seconds;
    } spans[] = {{"0", 0},         {"infinity", 0},     {"", 0},
                 {"3min", 180},    {"1min 30s", 90},    {"500ms", 1},
                 {"1h 1us", 3601}, {"1month", 2629800}, {"1y 1w 1d", 32248800}};

    for (size_t i = 0; i < G_N_ELEMENTS(spans); i++)
        assert_int_equal(frost_units_seconds(spans[i].text), spans[i].seconds);
}

static void
a_filter_of_the_agents_own_unit_is_looked_at(void **state)
{
    Fixture *f = *state;
    static const struct {
        const char *text;
        FrostGrade grade;
    } filters[] = {{"SystemCallFilter=\n", FROST_GRADE_OK},
                   {"SystemCallFilter=~chroot mount\n", FROST_GRADE_OK},
                   {"SystemCallFilter=close ioctl read\n", FROST_GRADE_OK},
                   {"SystemCallFilter=~chroot ioctl\n", FROST_GRADE_WARNING},
                   {"SystemCallFilter=close read\n", FROST_GRADE_WARNING},
                   {"RuntimeWatchdogUSec=0\n", FROST_GRADE_WARNING}};

    fake_sys_set_file(f->fake, "/proc/self/status",
                      "Name:\tcat\nCapEff:\t000001ffffffffff\nSeccomp:\t2\n");
    for (size_t i = 0; i < G_N_ELEMENTS(filters); i++) {
        g_autoptr(FrostUnits) units = frost_units_parse(filters[i].text);

        f->check.units = units;
        g_ptr_array_set_size(f->check.findings, 0);
        frost_check_rights(&f->check);
        assert_found(f, filters[i].grade, "its system calls are filtered");
    }
    f->check.units = NULL;
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_timer_that_makes_systemd_wait_is_named_with_its_time),
        CASE(a_watchdog_that_strikes_within_a_freeze_is_told),
        CASE(what_systemd_does_not_write_to_a_frozen_filesystem_is_not_mentioned),
        CASE(spans_of_systemd_are_read),
        CASE(a_filter_of_the_agents_own_unit_is_looked_at),
    };

    return cmocka_run_group_tests_name("check-units", tests, NULL, NULL);
}
