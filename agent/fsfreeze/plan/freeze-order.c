/* SPDX-License-Identifier: MIT */
#include "freeze-order.h"

typedef struct {
    GArray *below; /* of unsigned: what it stands on */
    bool counts;
    bool order_unknown;
    uint64_t carrier; /* if order_unknown; 0: not known */
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
frost_graph_set_order_unknown(FrostGraph *self, unsigned node, uint64_t carrier)
{
    Node *it = &self->nodes[node];

    it->carrier = it->order_unknown && it->carrier != carrier ? 0 : carrier;
    it->order_unknown = true;
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

/* Every node that can be reached from @start by one edge or more, each once. */
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

/* True if another node of @counting stands on @node. */
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

/* A graph of the counting nodes alone, where each has an edge to every one that it stands on. */
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

/* Gives levels from the top down: a node gets its level once all nodes that stand on it have
 * theirs, and it is one more than the highest of those. @came: which nodes got a level. Returns how
 * many; the others are in a cycle, or below one. */
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

/* Finds two nodes of a cycle, the first of which counts. */
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

/* A node is clear if neither its own order is unknown, nor that of any node below it. */
static bool *
find_clear(const FrostGraph *self)
{
    bool *clear = g_new0(bool, self->count);

    for (unsigned i = 0; i < self->count; i++) {
        g_autoptr(GArray) below = reachable(self, i);

        clear[i] = !self->nodes[i].order_unknown;
        for (guint n = 0; n < below->len && clear[i]; n++)
            clear[i] = !self->nodes[g_array_index(below, unsigned, n)].order_unknown;
    }
    return clear;
}

/* The newest node that is not to be skipped, and on which no node stands that is still to come;
 * @self->count if there is none. */
static unsigned
next_in_line(const FrostGraph *self, const bool *skip, const unsigned *upon)
{
    unsigned node = 0;

    while (node < self->count && (skip[node] || upon[node] > 0))
        node++;
    return node;
}

/* The nodes that are not @left_out, each after all that stand on it, else the newest first. Nodes
 * of a cycle are left out. No node that is @left_out stands on any of these. */
static GArray *
line_up(const FrostGraph *self, const bool *left_out)
{
    GArray *line = g_array_new(FALSE, FALSE, sizeof(unsigned));
    g_autofree unsigned *upon = g_new0(unsigned, self->count);
    g_autofree bool *skip = g_new(bool, self->count);

    for (unsigned i = 0; i < self->count; i++) {
        skip[i] = left_out[i];
        for (guint n = 0; !left_out[i] && n < self->nodes[i].below->len; n++)
            upon[g_array_index(self->nodes[i].below, unsigned, n)]++;
    }
    for (;;) {
        unsigned node = next_in_line(self, skip, upon);
        if (node == self->count)
            return line;
        g_array_append_val(line, node);
        skip[node] = true;
        for (guint n = 0; n < self->nodes[node].below->len; n++)
            upon[g_array_index(self->nodes[node].below, unsigned, n)]--;
    }
}

/* True if two neighbours in the line may have the same level: both have a known order, or both the
 * same carrier. */
static bool
go_together(const Node *a, const Node *b)
{
    if (!a->order_unknown && !b->order_unknown)
        return true;
    return a->order_unknown && b->order_unknown && a->carrier != 0 && a->carrier == b->carrier;
}

static FrostGraph *
copy_with_room(const FrostGraph *self, unsigned room)
{
    FrostGraph *copy = frost_graph_new(self->count + room);

    for (unsigned i = 0; i < self->count; i++) {
        const GArray *below = self->nodes[i].below;

        copy->nodes[i].counts = self->nodes[i].counts;
        g_array_append_vals(copy->nodes[i].below, below->data, below->len);
    }
    return copy;
}

/* A copy of the graph, with edges added for what the nodes of unknown order may stand on.
 *
 * The line of all nodes that are not clear is divided into groups of neighbours that may have the
 * same level. Between two groups a step is added, a node that does not count: the nodes of unknown
 * order before it stand on it, and it stands on the next group. The last step stands on all clear
 * nodes. This makes no cycle: every known edge leads down the line, or from it to a clear node. */
static FrostGraph *
settle_order_unknown(const FrostGraph *self)
{
    g_autofree bool *clear = find_clear(self);
    g_autoptr(GArray) line = line_up(self, clear);
    FrostGraph *settled = copy_with_room(self, line->len + 1);
    unsigned step = self->count;

    for (guint i = 0; i < line->len; i++) {
        unsigned node = g_array_index(line, unsigned, i);
        unsigned previous = i > 0 ? g_array_index(line, unsigned, i - 1) : node;

        if (!go_together(&self->nodes[previous], &self->nodes[node])) {
            frost_graph_add(settled, step, step + 1);
            step++;
        }
        if (step > self->count)
            frost_graph_add(settled, step - 1, node);
        if (self->nodes[node].order_unknown)
            frost_graph_add(settled, node, step);
    }
    for (unsigned lower = 0; lower < self->count; lower++) {
        if (clear[lower])
            frost_graph_add(settled, step, lower);
    }
    return settled;
}

GArray *
frost_graph_line_up(const FrostGraph *self)
{
    g_autoptr(FrostGraph) counting = only_what_counts(self);
    g_autofree bool *others = g_new(bool, self->count);

    for (unsigned i = 0; i < self->count; i++)
        others[i] = !self->nodes[i].counts;
    return line_up(counting, others);
}

static bool
has_order_unknown(const FrostGraph *self)
{
    for (unsigned i = 0; i < self->count; i++) {
        if (self->nodes[i].order_unknown)
            return true;
    }
    return false;
}

static FrostGraph *
counting_graph(const FrostGraph *self)
{
    if (!has_order_unknown(self))
        return only_what_counts(self);
    g_autoptr(FrostGraph) settled = settle_order_unknown(self);
    return only_what_counts(settled);
}

int
frost_graph_levels(const FrostGraph *self, unsigned *out_levels, unsigned out_cycle[2])
{
    g_autoptr(FrostGraph) counting = counting_graph(self);
    g_autofree bool *came = g_new(bool, counting->count);
    g_autofree unsigned *its_levels = g_new(unsigned, counting->count);
    unsigned levels = 0;

    if (sweep(counting, its_levels, came) < counting->count) {
        find_cycle(self, out_cycle);
        return -1;
    }
    for (unsigned i = 0; i < self->count; i++) {
        out_levels[i] = its_levels[i];
        if (self->nodes[i].counts)
            levels = MAX(levels, out_levels[i] + 1);
    }
    return (int)levels;
}
