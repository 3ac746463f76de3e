/* SPDX-License-Identifier: MIT */
#include "levels.h"

typedef struct {
    GArray *below; /* of unsigned: what it stands on */
    bool counts;
    bool opaque;
} Node;

struct FrostGraph {
    unsigned count;
    Node *nodes;
};

FrostGraph *
frost_graph_new(unsigned nodes)
{
    FrostGraph *self = g_new0(FrostGraph, 1);

    self->count = nodes;
    self->nodes = g_new0(Node, nodes);
    for (unsigned i = 0; i < nodes; i++)
        self->nodes[i].below = g_array_new(FALSE, FALSE, sizeof(unsigned));
    return self;
}

void
frost_graph_free(FrostGraph *self)
{
    for (unsigned i = 0; i < self->count; i++)
        g_array_unref(self->nodes[i].below);
    g_free(self->nodes);
    g_free(self);
}

void
frost_graph_set_counts(FrostGraph *self, unsigned node)
{
    self->nodes[node].counts = true;
}

void
frost_graph_set_opaque(FrostGraph *self, unsigned node)
{
    self->nodes[node].opaque = true;
}

static bool
contains(const GArray *numbers, unsigned number)
{
    for (guint i = 0; i < numbers->len; i++) {
        if (g_array_index(numbers, unsigned, i) == number)
            return true;
    }
    return false;
}

void
frost_graph_add(FrostGraph *self, unsigned upper, unsigned lower)
{
    GArray *below = self->nodes[upper].below;

    if (!contains(below, lower))
        g_array_append_val(below, lower);
}

/* Every node that can be reached from @start in one step or more, each once. */
static GArray *
reachable(const FrostGraph *self, unsigned start)
{
    GArray *found = g_array_new(FALSE, FALSE, sizeof(unsigned));
    g_autofree bool *seen = g_new0(bool, self->count);
    unsigned node = start;

    for (guint next = 0;; next++) {
        const GArray *below = self->nodes[node].below;

        for (guint i = 0; i < below->len; i++) {
            unsigned lower = g_array_index(below, unsigned, i);
            if (!seen[lower]) {
                seen[lower] = true;
                g_array_append_val(found, lower);
            }
        }
        if (next >= found->len)
            return found;
        node = g_array_index(found, unsigned, next);
    }
}

bool
frost_graph_is_opaque(const FrostGraph *self, unsigned node)
{
    return self->nodes[node].opaque;
}

/* One of the others lies between. */
static bool
is_further(const FrostGraph *self, const GArray *counting, unsigned node)
{
    for (guint i = 0; i < counting->len; i++) {
        unsigned other = g_array_index(counting, unsigned, i);
        g_autoptr(GArray) below = reachable(self, other);

        if (other != node && contains(below, node))
            return true;
    }
    return false;
}

GArray *
frost_graph_stands_on(const FrostGraph *self, unsigned node)
{
    GArray *nearest = g_array_new(FALSE, FALSE, sizeof(unsigned));
    g_autoptr(GArray) counting = g_array_new(FALSE, FALSE, sizeof(unsigned));
    g_autoptr(GArray) below = reachable(self, node);

    for (guint i = 0; i < below->len; i++) {
        unsigned lower = g_array_index(below, unsigned, i);
        if (self->nodes[lower].counts)
            g_array_append_val(counting, lower);
    }
    for (guint i = 0; i < counting->len; i++) {
        unsigned lower = g_array_index(counting, unsigned, i);
        if (!is_further(self, counting, lower))
            g_array_append_val(nearest, lower);
    }
    return nearest;
}

/* The nodes that count, each right upon all below it that count. */
static FrostGraph *
only_what_counts(const FrostGraph *self)
{
    FrostGraph *graph = frost_graph_new(self->count);

    for (unsigned i = 0; i < self->count; i++) {
        graph->nodes[i].counts = self->nodes[i].counts;
        if (!self->nodes[i].counts)
            continue;
        g_autoptr(GArray) below = reachable(self, i);
        for (guint n = 0; n < below->len; n++) {
            unsigned lower = g_array_index(below, unsigned, n);
            if (self->nodes[lower].counts)
                g_array_append_val(graph->nodes[i].below, lower);
        }
    }
    return graph;
}

/* Sweeps from the top: a node comes when all that stand on it have come, a level below the lowest
 * of them. Returns how many nodes came; the others are in a circle, or below one. */
static unsigned
sweep(const FrostGraph *self, unsigned *levels, bool *came)
{
    g_autofree unsigned *upon = g_new0(unsigned, self->count);
    g_autofree unsigned *queue = g_new(unsigned, self->count);
    unsigned length = 0;

    for (unsigned i = 0; i < self->count; i++) {
        for (guint n = 0; n < self->nodes[i].below->len; n++)
            upon[g_array_index(self->nodes[i].below, unsigned, n)]++;
    }
    for (unsigned i = 0; i < self->count; i++) {
        levels[i] = 0;
        came[i] = upon[i] == 0;
        if (came[i])
            queue[length++] = i;
    }
    for (unsigned next = 0; next < length; next++) {
        unsigned upper = queue[next];
        const GArray *below = self->nodes[upper].below;

        for (guint n = 0; n < below->len; n++) {
            unsigned lower = g_array_index(below, unsigned, n);
            levels[lower] = MAX(levels[lower], levels[upper] + 1);
            if (--upon[lower] == 0) {
                came[lower] = true;
                queue[length++] = lower;
            }
        }
    }
    return length;
}

/* Two nodes of a circle, the first of which counts. */
static void
find_cycle(const FrostGraph *self, unsigned out_cycle[2])
{
    for (unsigned i = 0; i < self->count; i++) {
        const GArray *below = self->nodes[i].below;

        for (guint n = 0; self->nodes[i].counts && n < below->len; n++) {
            unsigned lower = g_array_index(below, unsigned, n);
            g_autoptr(GArray) further = reachable(self, lower);

            if (lower == i || contains(further, i)) {
                out_cycle[0] = i;
                out_cycle[1] = lower;
                return;
            }
        }
    }
}

static bool *
find_clear(const FrostGraph *self)
{
    bool *clear = g_new0(bool, self->count);

    for (unsigned i = 0; i < self->count; i++) {
        g_autoptr(GArray) below = reachable(self, i);

        clear[i] = !self->nodes[i].opaque;
        for (guint n = 0; n < below->len && clear[i]; n++)
            clear[i] = !self->nodes[g_array_index(below, unsigned, n)].opaque;
    }
    return clear;
}

typedef struct {
    unsigned node;
    unsigned level;
} Opaque;

static int
compare_opaque(gconstpointer a, gconstpointer b)
{
    const Opaque *x = a, *y = b;

    if (x->level != y->level)
        return x->level < y->level ? -1 : 1;
    return x->node < y->node ? -1 : x->node > y->node;
}

/* Opaque nodes stand on each other as their numbers say, where nothing better is known. A chain in
 * the order of the levels known so far closes no circle: every step that is known goes down. */
static void
chain_opaque(FrostGraph *self)
{
    g_autoptr(GArray) chain = g_array_new(FALSE, FALSE, sizeof(Opaque));
    g_autofree unsigned *levels = g_new(unsigned, self->count);
    g_autofree bool *came = g_new(bool, self->count);

    sweep(self, levels, came);
    for (unsigned i = 0; i < self->count; i++) {
        Opaque opaque = {.node = i, .level = levels[i]};
        if (self->nodes[i].opaque && came[i])
            g_array_append_val(chain, opaque);
    }
    g_array_sort(chain, compare_opaque);
    for (guint i = 1; i < chain->len; i++)
        frost_graph_add(self, g_array_index(chain, Opaque, i - 1).node,
                        g_array_index(chain, Opaque, i).node);
}

/* Whatever neither is opaque nor stands on what is cannot stand on an opaque node, as far as can
 * be seen; so the opaque node may as well stand on it, and no circle comes of that. */
static void
settle_opaque(FrostGraph *self)
{
    g_autofree bool *clear = find_clear(self);

    chain_opaque(self);
    for (unsigned i = 0; i < self->count; i++) {
        if (!self->nodes[i].opaque)
            continue;
        for (unsigned lower = 0; lower < self->count; lower++) {
            if (clear[lower])
                frost_graph_add(self, i, lower);
        }
    }
}

static bool
has_opaque(const FrostGraph *self)
{
    for (unsigned i = 0; i < self->count; i++) {
        if (self->nodes[i].opaque)
            return true;
    }
    return false;
}

int
frost_graph_levels(FrostGraph *self, unsigned *out_levels, unsigned out_cycle[2])
{
    g_autofree bool *came = g_new(bool, self->count);
    unsigned levels = 0;

    if (has_opaque(self))
        settle_opaque(self);

    g_autoptr(FrostGraph) counting = only_what_counts(self);
    if (sweep(counting, out_levels, came) < self->count) {
        find_cycle(self, out_cycle);
        return -1;
    }
    for (unsigned i = 0; i < self->count; i++) {
        if (self->nodes[i].counts)
            levels = MAX(levels, out_levels[i] + 1);
    }
    return (int)levels;
}
