/* SPDX-License-Identifier: MIT */
#include "clock.h"

#include <time.h>

#include "machine-call.h"
#include "program-result.h"

/* hwclock waits for the clock's next second. */
#define HWCLOCK_LIMIT_S 30

/* The first moment of 2070. */
#define END_S INT64_C(3155760000)
#define NS_PER_S INT64_C(1000000000)

struct FrostClock {
    FrostMachine *machine;
    FrostBlockingJobs *jobs;
    FrostClockDone done;
    void *user;
    bool running;
    bool to_hardware;
};

G_DEFINE_QUARK(frost_clock_error, frost_clock_error)

int64_t
frost_clock_now_ns(void)
{
    return g_get_real_time() * 1000;
}

static void
report_end(FrostClock *self, const GError *error)
{
    FrostClockDone done = self->done;

    self->done = NULL;
    if (done)
        done(self->user, error);
}

static void
fail(FrostClock *self, FrostClockError code, const char *what, int r)
{
    g_autoptr(GError) error = g_error_new(FROST_CLOCK_ERROR, code, "%s: %s", what, g_strerror(-r));

    report_end(self, error);
}

/* With hwclock ----------------------------------------------------------------------------- */

static void
on_hwclock(void *user, const FrostProcessResult *result)
{
    FrostClock *self = user;
    g_autoptr(GError) error = NULL;

    self->running = false;
    frost_program_succeeded(result,
                            self->to_hardware ? "set hardware clock to system time"
                                              : "set system time to hardware clock",
                            &error);
    report_end(self, error);
}

static void
run_hwclock(FrostClock *self, const char *path)
{
    const char *const argv[] = {path, self->to_hardware ? "-w" : "-s", NULL};
    g_autoptr(GError) error = NULL;

    self->running =
        self->machine->run(self->machine, argv, HWCLOCK_LIMIT_S, on_hwclock, self, &error);
    if (!self->running)
        report_end(self, error);
}

/* Without ---------------------------------------------------------------------------------- */

static gpointer
talk(gpointer input, GError **error)
{
    const FrostMachineHeld *held = input;
    FrostMachine *machine = held->machine;
    bool write = held->argument.write;
    int64_t s = g_get_real_time() / G_USEC_PER_SEC;
    int r = write ? machine->write_rtc(machine, s) : machine->read_rtc(machine, &s);

    if (r < 0) {
        g_set_error(error, FROST_CLOCK_ERROR, FROST_CLOCK_ERROR_RTC, "cannot %s hardware clock: %s",
                    write ? "set" : "read", g_strerror(-r));
        return NULL;
    }

    int64_t *result = g_new(int64_t, 1);
    *result = s;
    return result;
}

static void
on_rtc(void *user, gpointer result, const GError *error)
{
    FrostClock *self = user;
    g_autofree int64_t *s = result;
    int r = 0;

    if (!error && !self->to_hardware)
        r = self->machine->set_clock(self->machine, *s * G_USEC_PER_SEC);
    if (r < 0)
        fail(self, FROST_CLOCK_ERROR_SET, "Failed to set time to guest", r);
    else
        report_end(self, error);
}

static void
talk_to_rtc(FrostClock *self)
{
    const FrostMachineCall call = {.what = "hardware clock",
                                   .limit_s = HWCLOCK_LIMIT_S,
                                   .work = talk,
                                   .argument.write = self->to_hardware,
                                   .result_free = g_free,
                                   .done = on_rtc,
                                   .user = self};

    frost_machine_call(self->machine, self->jobs, &call);
}

/* Without a hardware clock, a given time needs no more than the system clock; but the system clock
 * cannot be set from it. */
static void
do_without_rtc(FrostClock *self)
{
    g_autoptr(GError) error = NULL;

    if (!self->to_hardware)
        error = g_error_new_literal(FROST_CLOCK_ERROR, FROST_CLOCK_ERROR_RTC,
                                    "cannot read hardware clock: this machine has none; a time "
                                    "must be given");
    report_end(self, error);
}

/* Either ----------------------------------------------------------------------------------- */

static void
bring_together(FrostClock *self, bool to_hardware)
{
    g_autofree char *hwclock = self->machine->find(self->machine, "hwclock");

    self->to_hardware = to_hardware;
    if (!self->machine->has_rtc(self->machine))
        do_without_rtc(self);
    else if (hwclock)
        run_hwclock(self, hwclock);
    else
        talk_to_rtc(self);
}

void
frost_clock_set_from_hardware(FrostClock *self, FrostClockDone done, void *user)
{
    self->done = done;
    self->user = user;
    bring_together(self, false);
}

void
frost_clock_set(FrostClock *self, int64_t ns_since_epoch, FrostClockDone done, void *user)
{
    self->done = done;
    self->user = user;
    if (ns_since_epoch < 0 || ns_since_epoch / NS_PER_S >= END_S) {
        g_autoptr(GError) error =
            g_error_new(FROST_CLOCK_ERROR, FROST_CLOCK_ERROR_INVALID,
                        "Invalid time: %" G_GINT64_FORMAT " ns is not in the years 1970 to 2069",
                        ns_since_epoch);

        report_end(self, error);
        return;
    }
    /* a variable, as gcc warns of a comparison that is always true on 64-bit machines */
    time_t seconds = (time_t)(ns_since_epoch / NS_PER_S);
    if ((int64_t)seconds != ns_since_epoch / NS_PER_S) {
        g_autoptr(GError) error =
            g_error_new(FROST_CLOCK_ERROR, FROST_CLOCK_ERROR_INVALID,
                        "Time %" G_GINT64_FORMAT " is too large", ns_since_epoch);

        report_end(self, error);
        return;
    }

    int r = self->machine->set_clock(self->machine, ns_since_epoch / 1000);
    if (r < 0)
        fail(self, FROST_CLOCK_ERROR_SET, "Failed to set time to guest", r);
    else
        bring_together(self, true);
}

FrostClock *
frost_clock_new(FrostMachine *machine, FrostBlockingJobs *jobs)
{
    FrostClock *self = g_new0(FrostClock, 1);

    self->machine = machine;
    self->jobs = jobs;
    return self;
}

void
frost_clock_free(FrostClock *self)
{
    if (!self)
        return;
    if (self->running)
        self->machine->cancel(self->machine);
    g_free(self);
}
