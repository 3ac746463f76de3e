/* SPDX-License-Identifier: MIT */
#include "freeze-order.h"

#include <string.h>

#include "test-support.h"

/* A graph as text: "abc*" are nodes, newest first, '*' after one that does not count, '?' after
 * one of unknown order, a digit after one whose carrier has this number; then edges: "ab" is a
 * stands on b. */
static FrostGraph *
graph_of(const char *nodes, const char *const *edges)
{
    g_autofree char *names = g_strdup(nodes);
    g_strcanon(names, "abcdefghij", '.');
    unsigned count = 0;
    for (const char *p = names; *p; p++)
        count += *p != '.';

    FrostGraph *graph = frost_graph_new(count);
    for (const char *p = nodes; *p; p++) {
        unsigned node = (unsigned)(*p - 'a');
        bool counts = true;

        for (; p[1] && strchr("*?123456789", p[1]); p++) {
            if (p[1] == '*')
                counts = false;
            else
                frost_graph_set_order_unknown(graph, node, p[1] == '?' ? 0 : (uint64_t)p[1]);
        }
        if (counts)
            frost_graph_set_counts(graph, node);
    }
    for (; *edges; edges++)
        frost_graph_add(graph, (unsigned)((*edges)[0] - 'a'), (unsigned)((*edges)[1] - 'a'));
    return graph;
}

static void
levels_follow_what_stands_on_what(void **state)
{
    static const struct {
        const char *name;
        const char *nodes;
        const char *edges[8];
        int count;
        unsigned levels[6];
    } ROWS[] = {
        {"strangers share a level", "abc", {NULL}, 1, {0, 0, 0}},
        {"a stack is a level each", "abc", {"ab", "bc"}, 3, {0, 1, 2}},
        {"age does not matter", "abc", {"cb", "ba"}, 3, {2, 1, 0}},
        {"the longest way counts", "abcd", {"ab", "ad", "bc", "cd"}, 4, {0, 1, 2, 3}},
        {"two upon one", "abc", {"ac", "bc"}, 2, {0, 0, 1}},
        {"one upon two", "abc", {"ab", "ac"}, 2, {0, 1, 1}},
        {"an edge twice", "ab", {"ab", "ab"}, 2, {0, 1}},
        {"through one that does not count", "ab*c", {"ab", "bc"}, 2, {0, 0, 1}},
        {"such a one alone has no level", "a*b*", {"ab"}, 0, {0, 0}},
        {"a circle of such is nobody's business", "ab*c*", {"ab", "bc", "cb"}, 1, {0, 0, 0}},
        {"an unknown order is above a known one", "ab?c", {NULL}, 2, {1, 0, 1}},
        {"what stands on opaque is above it", "ab?c", {"ab"}, 3, {0, 1, 2}},
        {"unknown ones in order of age", "a?b?c?", {NULL}, 3, {0, 1, 2}},
        {"unless it is known better", "a?b?c?", {"ca"}, 3, {2, 0, 1}},
        {"unknown and not counting", "ab?*c", {"ab"}, 2, {0, 0, 1}},
        {"unknown, upon what is known to carry it", "a?bc", {"ab", "bc"}, 3, {0, 1, 2}},
        {"unknown by one carrier", "a1b1c1", {NULL}, 1, {0, 0, 0}},
        {"unknown by two carriers", "a1b1c2d2", {NULL}, 2, {0, 0, 1, 1}},
        {"unknown by any carrier", "a1b?c1", {NULL}, 3, {0, 1, 2}},
        {"unknown by two carriers at once", "a12b1c1", {NULL}, 2, {0, 1, 1}},
        {"by one carrier, and known better", "a1b1", {"ba"}, 2, {1, 0}},
        {"one carrier, with a clear one between", "a1bc1", {NULL}, 2, {0, 1, 0}},
        {"older, upon one of unknown order", "a?bc?", {"bc"}, 3, {0, 1, 2}},
        {"newer, upon one of unknown order", "ab?c?", {"ac"}, 2, {0, 0, 1}},
        {"many upon one of unknown order", "abcd?e", {"ad", "bd", "cd"}, 3, {0, 0, 0, 1, 2}},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(ROWS); i++) {
        g_autoptr(FrostGraph) graph = graph_of(ROWS[i].nodes, ROWS[i].edges);
        unsigned levels[10] = {0}, cycle[2];
        int count = frost_graph_levels(graph, levels, cycle);

        if (count != ROWS[i].count || memcmp(levels, ROWS[i].levels, sizeof(ROWS[i].levels)) != 0)
            fail_msg("%s: %d levels: %u %u %u %u", ROWS[i].name, count, levels[0], levels[1],
                     levels[2], levels[3]);
    }
}

static void
a_circle_is_named(void **state)
{
    static const struct {
        const char *nodes;
        const char *edges[6];
        unsigned cycle[2];
    } ROWS[] = {
        {"ab", {"ab", "ba"}, {0, 1}},
        {"a", {"aa"}, {0, 0}},
        {"abcd", {"ab", "bc", "cd", "db"}, {1, 2}},
        {"ab*c", {"cb", "bc"}, {2, 1}},
        {"a?b?", {"ab", "ba"}, {0, 1}},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(ROWS); i++) {
        g_autoptr(FrostGraph) graph = graph_of(ROWS[i].nodes, ROWS[i].edges);
        unsigned levels[10], cycle[2] = {9, 9};

        assert_int_equal(frost_graph_levels(graph, levels, cycle), -1);
        if (cycle[0] != ROWS[i].cycle[0] || cycle[1] != ROWS[i].cycle[1])
            fail_msg("row %zu: %u %u", i, cycle[0], cycle[1]);
    }
}

typedef struct {
    unsigned nodes;
    bool edge[12][12];
    bool counts[12], opaque[12];
    uint64_t carrier[12];
} Case;

/* Edges go from a lower to a higher rank only, so there is no circle; ranks are shuffled. */
static Case
random_case(GRand *rand)
{
    Case c = {.nodes = (unsigned)g_rand_int_range(rand, 1, 13)};
    unsigned rank[12];

    for (unsigned i = 0; i < c.nodes; i++)
        rank[i] = g_rand_int(rand);
    unsigned density = (unsigned)g_rand_int_range(rand, 1, 8);
    for (unsigned i = 0; i < c.nodes; i++) {
        c.counts[i] = g_rand_int_range(rand, 0, 4) > 0;
        c.opaque[i] = g_rand_int_range(rand, 0, 6) == 0;
        c.carrier[i] = (uint64_t)g_rand_int_range(rand, 0, 3);
        for (unsigned j = 0; j < c.nodes; j++)
            c.edge[i][j] = rank[i] < rank[j] && (unsigned)g_rand_int_range(rand, 0, 8) < density;
    }
    return c;
}

static void
close_transitively(Case *c)
{
    for (unsigned k = 0; k < c->nodes; k++) {
        for (unsigned i = 0; i < c->nodes; i++) {
            for (unsigned j = 0; j < c->nodes; j++)
                c->edge[i][j] = c->edge[i][j] || (c->edge[i][k] && c->edge[k][j]);
        }
    }
}

static bool
is_clear(const Case *c, unsigned node)
{
    bool clear = !c->opaque[node];

    for (unsigned i = 0; i < c->nodes; i++)
        clear = clear && !(c->edge[node][i] && c->opaque[i]);
    return clear;
}

static void
check_case(const Case *c, const unsigned *levels, int count, unsigned round)
{
    unsigned used = 0;

    for (unsigned i = 0; i < c->nodes; i++) {
        if (!c->counts[i])
            continue;
        used |= 1u << levels[i];
        for (unsigned j = 0; j < c->nodes; j++) {
            bool above = c->edge[i][j] || (c->opaque[i] && is_clear(c, j));
            if (c->counts[j] && above && levels[i] >= levels[j])
                fail_msg("round %u: %u stands on %u", round, i, j);
            if (i != j && c->counts[j] && c->opaque[i] && c->opaque[j] && levels[i] == levels[j] &&
                (c->carrier[i] == 0 || c->carrier[i] != c->carrier[j]))
                fail_msg("round %u: nobody knows whether %u stands on %u", round, i, j);
        }
    }
    if (used != (1u << count) - 1)
        fail_msg("round %u: a level is empty, or not counted", round);
}

static void
any_graph_without_circles_is_put_in_order(void **state)
{
    GRand *rand = g_rand_new_with_seed(20240501);

    for (unsigned round = 0; round < 20000; round++) {
        Case c = random_case(rand);
        g_autoptr(FrostGraph) graph = frost_graph_new(c.nodes);
        unsigned levels[12], cycle[2];

        for (unsigned i = 0; i < c.nodes; i++) {
            if (c.counts[i])
                frost_graph_set_counts(graph, i);
            if (c.opaque[i])
                frost_graph_set_order_unknown(graph, i, c.carrier[i]);
            for (unsigned j = 0; j < c.nodes; j++) {
                if (c.edge[i][j])
                    frost_graph_add(graph, i, j);
            }
        }
        int count = frost_graph_levels(graph, levels, cycle);
        if (count < 0)
            fail_msg("round %u: a circle where there is none", round);
        close_transitively(&c);
        check_case(&c, levels, count, round);
    }
    g_rand_free(rand);
}

/* "2 3": what @node stands on. */
static char *
nearest(const FrostGraph *graph, unsigned node)
{
    g_autoptr(GArray) below = frost_graph_stands_on(graph, node);
    GString *text = g_string_new(NULL);

    for (guint i = 0; i < below->len; i++)
        g_string_append_printf(text, "%s%u", i ? " " : "", g_array_index(below, unsigned, i));
    return g_string_free(text, FALSE);
}

static void
only_the_nearest_are_what_a_node_stands_on(void **state)
{
    /* 0 -> 1 -> (2) -> 3 -> 4, 0 -> 3, 0 -> 5; 2 does not count. */
    static const unsigned edges[][2] = {{0, 1}, {1, 2}, {2, 3}, {3, 4}, {0, 3}, {0, 5}};
    static const char *const expected[] = {"1 5", "3", "3", "4", "", ""};
    g_autoptr(FrostGraph) graph = frost_graph_new(6);

    for (unsigned i = 0; i < 6; i++) {
        if (i != 2)
            frost_graph_set_counts(graph, i);
    }
    for (size_t i = 0; i < G_N_ELEMENTS(edges); i++)
        frost_graph_add(graph, edges[i][0], edges[i][1]);

    for (unsigned i = 0; i < 6; i++) {
        g_autofree char *text = nearest(graph, i);

        assert_string_equal(text, expected[i]);
    }
}

static void
in_a_line_each_comes_after_what_stands_on_it_and_else_the_newest_first(void **state)
{
    static const struct {
        const char *nodes;
        const char *edges[4];
        const char *line;
    } ROWS[] = {
        {"abc", {NULL}, "abc"},       {"abc", {"ca"}, "bca"},       {"abc", {"cb", "ba"}, "cba"},
        {"ab*c", {"ab", "bc"}, "ac"}, {"ab*c", {"cb", "ba"}, "ca"}, {"a?bc?", {NULL}, "abc"},
        {"ab*c*", {"bc", "cb"}, "a"}, {"a*", {NULL}, ""},           {"", {NULL}, ""},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(ROWS); i++) {
        g_autoptr(FrostGraph) graph = graph_of(ROWS[i].nodes, ROWS[i].edges);
        g_autoptr(GArray) line = frost_graph_line_up(graph);
        char names[8] = "";

        for (guint n = 0; n < line->len; n++)
            names[n] = (char)('a' + g_array_index(line, unsigned, n));
        assert_string_equal(names, ROWS[i].line);
    }
}

int
main(void)
{
    static const struct CMUnitTest TESTS[] = {
        cmocka_unit_test(levels_follow_what_stands_on_what),
        cmocka_unit_test(only_the_nearest_are_what_a_node_stands_on),
        cmocka_unit_test(in_a_line_each_comes_after_what_stands_on_it_and_else_the_newest_first),
        cmocka_unit_test(a_circle_is_named),
        cmocka_unit_test(any_graph_without_circles_is_put_in_order),
    };

    return cmocka_run_group_tests(TESTS, NULL, NULL);
}
