/* SPDX-License-Identifier: MIT */
#include "check.h"
#include "dirty.h"
#include "history.h"
#include "record.h"
#include "text.h"

#define TOPIC "sync"

/* How long the first sync took in the last freeze that got so far; -1: there is no record of one.
 */
static int64_t
last_sync_us(const char *statedir)
{
    g_autoptr(GPtrArray) records = frost_history_load(statedir, NULL);

    for (guint i = 0; records && i < records->len; i++) {
        const FrostRecord *record = g_ptr_array_index(records, i);
        int64_t us = frost_record_span_us(record->planned_us, record->synced_us);

        if (us >= 0)
            return us;
    }
    return -1;
}

void
frost_check_sync(const FrostCheck *self)
{
    int64_t bytes = frost_dirty_total(self->sys);
    int64_t us = last_sync_us(self->config->statedir);
    g_autofree char *size = frost_text_size(bytes);
    g_autofree char *duration = frost_text_duration(us);

    if (bytes < 0)
        return;
    frost_check_add(self, FROST_GRADE_OK, TOPIC, NULL,
                    "%s are to be written out before a freeze, while nobody has to wait%s%s", size,
                    us >= 0 ? "; the last time it took " : "", us >= 0 ? duration : "");
}
