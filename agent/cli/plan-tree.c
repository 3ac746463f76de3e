/* SPDX-License-Identifier: MIT */
#include "plan-tree.h"

#include "text.h"

/* Widths in columns. */
#define STEP 4u
#define NAME 34u
#define TYPE 8u
#define DEVICE 18u
#define DIRTY 10u
#define INDENT (STEP + 2)

typedef struct {
    const FrostPlanReport *report;
    FrostPage *page;
} Tree;

static const FrostFilesystem *
at(const Tree *tree, unsigned index)
{
    return g_ptr_array_index(tree->report->plan->filesystems, index);
}

static void
add_head(FrostPage *page)
{
    g_string_append_c(page->out, '\n');
    frost_page_begin(page, FROST_STYLE_TITLE);
    frost_text_add_right(page->out, "step", STEP);
    g_string_append(page->out, "  ");
    frost_text_add_left(page->out, "filesystem", NAME);
    g_string_append_c(page->out, ' ');
    frost_text_add_left(page->out, "type", TYPE);
    g_string_append_c(page->out, ' ');
    frost_text_add_left(page->out, "device", DEVICE);
    g_string_append_c(page->out, ' ');
    frost_text_add_right(page->out, "unwritten", DIRTY);
    frost_page_end(page);
    g_string_append_c(page->out, '\n');
}

static void
add_remark(FrostPage *page, const char *raw)
{
    g_autofree char *clean = frost_text_clean(raw);

    g_string_append_printf(page->out, "%*s", (int)INDENT + 4, "");
    frost_text_wrap(page->out, clean, INDENT + 4, INDENT + 4);
}

/* Adds remarks for which the line has no room. */
static void
add_remarks(const Tree *tree, const FrostFilesystem *fs)
{
    g_autoptr(GString) lower = g_string_new(NULL);
    g_autoptr(GString) also = g_string_new(NULL);

    for (guint i = 1; i < fs->below->len; i++)
        g_string_append_printf(lower, "%s%s", i > 1 ? ", " : "",
                               at(tree, g_array_index(fs->below, unsigned, i))->mount_point);
    for (guint i = 0; i < fs->aliases->len; i++)
        g_string_append_printf(also, "%s%s", i > 0 ? ", " : "",
                               (const char *)g_ptr_array_index(fs->aliases, i));
    g_string_prepend(lower, "stands also on ");
    g_string_prepend(also, "is also at ");
    if (fs->below->len > 1)
        add_remark(tree->page, lower->str);
    if (fs->aliases->len > 0)
        add_remark(tree->page, also->str);
    if (fs->unseen) {
        g_autofree char *unknown = g_strdup_printf(
            "of unknown order (%s): it is frozen before all that it may stand on", fs->unseen);
        add_remark(tree->page, unknown);
    }
}

static void
add_filesystem(const Tree *tree, unsigned index, const char *branch)
{
    const FrostFilesystem *fs = at(tree, index);
    g_autofree char *point = frost_text_clean(fs->mount_point);
    g_autofree char *type = frost_text_clean(fs->fs_type);
    g_autofree char *device = frost_text_clean(fs->source);
    g_autofree char *dirty = frost_text_size(g_array_index(tree->report->dirty, int64_t, index));
    g_autofree char *step = g_strdup_printf("%u", fs->level + 1);
    unsigned width = frost_text_columns(branch);
    GString *out = tree->page->out;

    frost_text_add_right(out, step, STEP);
    g_string_append_printf(out, "  %s", branch);
    frost_text_add_left(out, point, NAME - MIN(width, NAME - 4));
    g_string_append_c(out, ' ');
    frost_text_add_left(out, type, TYPE);
    g_string_append_c(out, ' ');
    frost_text_add_left(out, device, DEVICE);
    g_string_append_c(out, ' ');
    frost_text_add_right(out, dirty, DIRTY);
    g_string_append_c(out, '\n');
    add_remarks(tree, fs);
}

static bool
is_above(const FrostFilesystem *upper, unsigned index)
{
    return upper->below->len > 0 && g_array_index(upper->below, unsigned, 0) == index;
}

static void
add_tree(const Tree *tree, unsigned index, const char *branch, const char *above)
{
    bool is_first = true;

    for (unsigned i = 0; i < tree->report->plan->freezable; i++) {
        if (!is_above(at(tree, i), index))
            continue;
        g_autofree char *its_branch = g_strconcat(above, is_first ? ",- " : "|- ", NULL);
        g_autofree char *above_it = g_strconcat(above, is_first ? "   " : "|  ", NULL);

        add_tree(tree, i, its_branch, above_it);
        is_first = false;
    }
    add_filesystem(tree, index, branch);
}

void
frost_plan_tree_draw(const FrostPlanReport *report, FrostPage *page)
{
    const Tree tree = {report, page};

    if (report->plan->freezable > 0)
        add_head(page);
    for (unsigned i = 0; i < report->plan->freezable; i++) {
        if (at(&tree, i)->below->len == 0)
            add_tree(&tree, i, "", "");
    }
}
