/* SPDX-License-Identifier: MIT */
#include "plan-report.h"

#include "dirty.h"
#include "page.h"
#include "plan-tree.h"
#include "reasons.h"
#include "text.h"

FrostPlanReport *
frost_plan_report_new(const FrostPlan *plan, GPtrArray *notes)
{
    FrostPlanReport *self = g_new0(FrostPlanReport, 1);

    self->plan = plan;
    self->notes = notes;
    self->dirty = g_array_new(FALSE, FALSE, sizeof(int64_t));
    self->total_dirty = frost_dirty_total(plan->sys);
    for (guint i = 0; i < plan->filesystems->len; i++) {
        int64_t bytes = frost_dirty_of(plan->sys, g_ptr_array_index(plan->filesystems, i));

        g_array_append_val(self->dirty, bytes);
    }
    return self;
}

void
frost_plan_report_free(FrostPlanReport *self)
{
    g_array_unref(self->dirty);
    g_ptr_array_unref(self->notes);
    g_free(self);
}

static void
add_title(FrostPage *page, const FrostPlan *plan)
{
    g_autofree char *whose =
        plan->sys->mounts_of > 0
            ? g_strdup_printf(" of those that process %d sees", (int)plan->sys->mounts_of)
            : g_strdup("");
    g_autofree char *title = NULL;

    if (plan->freezable == 0)
        title = g_strdup_printf("No filesystem%s would be frozen.", whose);
    else
        title = g_strdup_printf("%u filesystem%s%s would be frozen, in %u step%s:", plan->freezable,
                                plan->freezable == 1 ? "" : "s", whose, plan->levels,
                                plan->levels == 1 ? "" : "s");
    frost_page_add_styled(page, FROST_STYLE_TITLE, title);
    g_string_append_c(page->out, '\n');
}

/* True for types that keep nothing on a disk. */
static bool
is_of_the_kernel(const FrostFilesystem *fs)
{
    static const char *const types[] = {
        "autofs", "binfmt_misc", "bpf",      "cgroup",     "cgroup2", "configfs",   "debugfs",
        "devpts", "devtmpfs",    "efivarfs", "fusectl",    "mqueue",  "hugetlbfs",  "nsfs",
        "proc",   "pstore",      "ramfs",    "rpc_pipefs", "rootfs",  "securityfs", "selinuxfs",
        "sysfs",  "tmpfs",       "tracefs",  NULL};

    return fs->decision == FROST_DECISION_UNTOUCHED && g_strv_contains(types, fs->fs_type);
}

static void
add_other(FrostReasons *reasons, const FrostFilesystem *fs)
{
    g_autofree char *name = g_strdup_printf("%s (%s)", fs->mount_point, fs->fs_type);

    if (fs->decision == FROST_DECISION_UNTOUCHED)
        frost_reasons_add(reasons, "never opened", name);
    else
        frost_reasons_add(reasons, fs->reason, fs->mount_point);
}

static void
add_others(FrostPage *page, const FrostPlan *plan)
{
    g_autoptr(FrostReasons) reasons = frost_reasons_new();
    unsigned kernels = 0;

    for (guint i = plan->freezable; i < plan->filesystems->len; i++) {
        const FrostFilesystem *fs = g_ptr_array_index(plan->filesystems, i);

        if (is_of_the_kernel(fs))
            kernels++;
        else
            add_other(reasons, fs);
    }
    frost_reasons_draw(reasons, page);
    if (kernels > 0)
        g_string_append_printf(page->out, "\nNot listed: %u in memory or of the kernel's own\n",
                               kernels);
}

static void
add_notes(FrostPage *page, const GPtrArray *notes)
{
    if (notes->len > 0)
        g_string_append_c(page->out, '\n');
    for (guint i = 0; i < notes->len; i++) {
        g_autofree char *raw = g_strconcat("note: ", g_ptr_array_index(notes, i), NULL);
        g_autofree char *clean = frost_text_clean(raw);

        frost_text_wrap(page->out, clean, 0, 4);
    }
}

static void
add_total(FrostPage *page, int64_t bytes)
{
    g_autofree char *size = frost_text_size(bytes);

    if (bytes >= 0)
        g_string_append_printf(page->out, "\nTo be written out by the whole machine: %s\n", size);
}

char *
frost_plan_report_draw(const FrostPlanReport *self, bool colour)
{
    FrostPage page = {g_string_new(NULL), colour};

    add_title(&page, self->plan);
    frost_plan_tree_draw(self, &page);
    add_others(&page, self->plan);
    add_notes(&page, self->notes);
    add_total(&page, self->total_dirty);
    return g_string_free(page.out, FALSE);
}
