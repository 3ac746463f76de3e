/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "page.h"
#include "phases.h"
#include "text.h"

#define LABEL 9u

typedef struct {
    FrostPhase phase;
    char *ms;
    unsigned width; /* with the mark before it */
} Cell;

/* Each cell has room for its words, and a part of the rest in proportion to its time. Returns how
 * many cells there are. */
static unsigned
make_cells(const FrostRecord *record, Cell cells[FROST_PHASES_MAX])
{
    FrostPhase phases[FROST_PHASES_MAX];
    unsigned count = frost_phases_of(record, phases);
    unsigned spare = FROST_TEXT_COLUMNS - LABEL - 1;
    int64_t total_us = 1;

    for (unsigned i = 0; i < count; i++) {
        int64_t length_us = phases[i].end_us - phases[i].begin_us;
        char *ms = frost_text_ms(length_us);

        cells[i] = (Cell){phases[i], ms, (unsigned)MAX(strlen(phases[i].name), strlen(ms)) + 1};
        spare -= cells[i].width;
        total_us += length_us;
    }
    for (unsigned i = 0; i < count; i++)
        cells[i].width += (unsigned)((phases[i].end_us - phases[i].begin_us) * spare / total_us);
    return count;
}

static void
add_cell_bar(FrostPage *page, const Cell *cell)
{
    bool is_frozen = cell->phase.fill == '#';
    bool has_style = is_frozen || cell->phase.failed;

    g_string_append_c(page->out, '|');
    if (has_style)
        frost_page_begin(page, is_frozen ? FROST_STYLE_FROZEN : FROST_STYLE_BAD);
    for (unsigned i = 1; i < cell->width; i++)
        g_string_append_c(page->out, cell->phase.fill);
    if (has_style)
        frost_page_end(page);
}

void
frost_phase_row_draw(FrostPage *page, const FrostRecord *record)
{
    Cell cells[FROST_PHASES_MAX];
    unsigned count = make_cells(record, cells);

    if (count == 0)
        return;
    g_string_append_c(page->out, '\n');
    frost_text_add_left(page->out, "phase", LABEL);
    for (unsigned i = 0; i < count; i++)
        frost_text_add_left(page->out, cells[i].phase.name, cells[i].width);
    frost_page_end_line(page);
    frost_text_add_left(page->out, "ms", LABEL);
    for (unsigned i = 0; i < count; i++)
        frost_text_add_left(page->out, cells[i].ms, cells[i].width);
    frost_page_end_line(page);
    frost_text_add_left(page->out, "", LABEL);
    for (unsigned i = 0; i < count; i++)
        add_cell_bar(page, &cells[i]);
    g_string_append(page->out, "|\n");
    for (unsigned i = 0; i < count; i++)
        g_free(cells[i].ms);
}
