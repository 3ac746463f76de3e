/* SPDX-License-Identifier: MIT */
#include "bars.h"

#include <string.h>

/* A time that was not reached is that of the next one, so its zone is empty. */
FrostBarScale
frost_bar_scale(const FrostRecord *record)
{
    FrostBarScale scale = {{record->freeze_begun_us, record->frozen_us, record->thaw_begun_us,
                            record->thawed_us >= 0 ? record->thawed_us : record->ended_us}};

    for (unsigned i = 3; i-- > 0;) {
        if (scale.edges_us[i] < 0)
            scale.edges_us[i] = scale.edges_us[i + 1];
    }
    for (unsigned i = 1; i < 4; i++)
        scale.edges_us[i] = MAX(scale.edges_us[i], scale.edges_us[i - 1]);
    return scale;
}

static unsigned
column_of(const FrostBarScale *scale, int64_t us)
{
    for (unsigned zone = 0; zone < 3; zone++) {
        int64_t begin = scale->edges_us[zone];
        int64_t end = scale->edges_us[zone + 1];

        if (us <= begin)
            return zone * FROST_BAR_ZONE;
        if (us < end)
            return zone * FROST_BAR_ZONE +
                   (unsigned)((us - begin) * FROST_BAR_ZONE / (end - begin));
        if (us == end)
            return (zone + 1) * FROST_BAR_ZONE;
    }
    return FROST_BAR_COLUMNS;
}

/* Fills at least one column, so that even the shortest time is visible. Returns where it ends. */
static unsigned
fill(char *cells, unsigned begin, unsigned end, char with)
{
    begin = MIN(begin, FROST_BAR_COLUMNS - 1);
    end = CLAMP(end, begin + 1, FROST_BAR_COLUMNS);
    memset(cells + begin, with, end - begin);
    return end;
}

static unsigned
end_of(const FrostBarScale *scale, int64_t us)
{
    return us < 0 ? FROST_BAR_COLUMNS : column_of(scale, us);
}

char *
frost_bar_draw(const FrostBarScale *scale, const FrostRecordFs *fs)
{
    char cells[FROST_BAR_COLUMNS + 1];

    memset(cells, ' ', FROST_BAR_COLUMNS);
    cells[FROST_BAR_COLUMNS] = '\0';
    if (fs->freeze_begun_us >= 0) {
        unsigned begin = column_of(scale, fs->freeze_begun_us);
        bool was_refused = fs->frozen_us < 0 && fs->outcome != FROST_OUTCOME_STUCK;

        if (was_refused) {
            fill(cells, begin, begin + 1, '!');
        } else {
            begin = fill(cells, begin, end_of(scale, fs->frozen_us), '>');
            if (fs->frozen_us >= 0 && begin < FROST_BAR_COLUMNS)
                begin = fill(cells, begin, end_of(scale, fs->thaw_begun_us), '#');
            if (fs->thaw_begun_us >= 0)
                fill(cells, begin, end_of(scale, fs->thawed_us), '<');
        }
    }
    return g_strchomp(g_strdup(cells));
}
