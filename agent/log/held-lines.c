/* SPDX-License-Identifier: MIT */
#include "held-lines.h"

#include <string.h>

typedef struct {
    gint64 time_us;
    GLogLevelFlags level;
    bool to_syslog;
    size_t start; /* where its text begins in `bytes`; it ends with a NUL */
} Entry;

struct FrostHeldLines {
    Entry *entries;
    char *bytes;
    size_t entries_used;
    size_t bytes_used;
    unsigned lost;
};

FrostHeldLines *
frost_held_lines_new(void)
{
    FrostHeldLines *self = g_new0(FrostHeldLines, 1);

    self->entries = g_try_new(Entry, FROST_HELD_LINES_MAX);
    self->bytes = g_try_malloc(FROST_HELD_BYTES_MAX);
    return self;
}

void
frost_held_lines_free(FrostHeldLines *self)
{
    if (!self)
        return;
    g_free(self->entries);
    g_free(self->bytes);
    g_free(self);
}

static bool
has_room(const FrostHeldLines *self, GLogLevelFlags level, size_t bytes)
{
    const GLogLevelFlags grave = G_LOG_LEVEL_ERROR | G_LOG_LEVEL_CRITICAL | G_LOG_LEVEL_WARNING;
    size_t quarters = level & grave ? 4 : 3;

    return self->entries && self->bytes &&
           self->entries_used < FROST_HELD_LINES_MAX / 4 * quarters &&
           self->bytes_used + bytes <= FROST_HELD_BYTES_MAX / 4 * quarters;
}

void
frost_held_lines_add(FrostHeldLines *self, const FrostLine *line)
{
    static const char cut_mark[] = " [...]";
    size_t length = strlen(line->text);
    bool cut = length > FROST_HELD_LINE_MAX;

    if (cut)
        length = FROST_HELD_LINE_MAX;
    if (!has_room(self, line->level, length + sizeof(cut_mark))) {
        self->lost++;
        return;
    }

    self->entries[self->entries_used++] =
        (Entry){line->time_us, line->level, line->to_syslog, self->bytes_used};
    memcpy(self->bytes + self->bytes_used, line->text, length);
    self->bytes_used += length;
    if (cut) {
        memcpy(self->bytes + self->bytes_used, cut_mark, strlen(cut_mark));
        self->bytes_used += strlen(cut_mark);
    }
    self->bytes[self->bytes_used++] = '\0';
}

void
frost_held_lines_foreach(const FrostHeldLines *self, FrostHeldLinesFunc func, void *user)
{
    for (size_t i = 0; i < self->entries_used; i++) {
        const Entry *entry = &self->entries[i];
        FrostLine line = {entry->time_us, entry->level, entry->to_syslog,
                          self->bytes + entry->start};

        func(user, &line);
    }
}

unsigned
frost_held_lines_lost(const FrostHeldLines *self)
{
    return self->lost;
}
