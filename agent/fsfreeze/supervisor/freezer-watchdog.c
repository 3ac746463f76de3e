/* SPDX-License-Identifier: MIT */
#include "freezer-watchdog.h"

#include "deadline.h"
#include "source.h"

/* As far as a timer goes: 24 days. */
#define LONGEST_MS G_MAXINT

static gboolean
on_silence(gpointer user)
{
    FrostFreezerWatchdog *self = user;

    frost_source_drop(&self->timer);
    self->silent(self->user);
    return G_SOURCE_REMOVE;
}

void
frost_freezer_watchdog_rest(FrostFreezerWatchdog *self)
{
    frost_source_drop(&self->timer);
}

static void
await_word(FrostFreezerWatchdog *self, int64_t within_ms)
{
    frost_source_drop(&self->timer);
    self->timer = frost_source_attach(g_timeout_source_new((guint)CLAMP(within_ms, 0, LONGEST_MS)),
                                      self->context, on_silence, self);
}

void
frost_freezer_watchdog_expect(FrostFreezerWatchdog *self, int64_t after_ms)
{
    await_word(self, after_ms + self->patience.life_ms);
}

void
frost_freezer_watchdog_expect_ready(FrostFreezerWatchdog *self)
{
    await_word(self, self->patience.start_ms);
}

/* The earlier of @own_us and the end of the window, which counts from @now_us if no FIFREEZE has
 * been called yet; 0: none. */
static int64_t
find_deadline(const FrostLedgerData *data, int64_t now_us, int64_t own_us)
{
    int64_t begun_us = atomic_load(&data->freeze_begun_us);

    return frost_deadline_earlier(
        own_us, frost_deadline_after(begun_us ? begun_us : now_us, data->window_limit_us));
}

void
frost_freezer_watchdog_expect_by(FrostFreezerWatchdog *self, const FrostLedgerData *data,
                                 int64_t now_us, int64_t begun_us, int64_t limit_us)
{
    int64_t deadline_us = find_deadline(data, now_us, frost_deadline_after(begun_us, limit_us));

    if (deadline_us != 0)
        frost_freezer_watchdog_expect(self, MAX(deadline_us - now_us, 0) / 1000);
}

void
frost_freezer_watchdog_expect_synced(FrostFreezerWatchdog *self, const FrostLedgerData *data)
{
    if (data->sync_limit_us > 0)
        frost_freezer_watchdog_expect(self, data->sync_limit_us / 1000);
}
