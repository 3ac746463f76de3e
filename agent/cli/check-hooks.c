/* SPDX-License-Identifier: MIT */
#include <string.h>
#include <sys/xattr.h>

#include "check.h"
#include "hook-config.h"
#include "hook-directory.h"
#include "hook-listing.h"

#define TOPIC "hooks"
/* A file that the ready-made hooks share; it is beside them, and is not a hook. */
#define SHARED "servers.sh"

/* True if a hook may be ignored by mistake: not because of its name, which is how hooks are
 * switched off on purpose. */
static bool
is_ignored_for_a_flaw(const FrostHookItem *item)
{
    return item->verdict == FROST_HOOK_IGNORED && !g_str_equal(item->name, SHARED) &&
           g_strcmp0(item->reason, frost_hook_find_flaw(item->path)) == 0;
}

/* True if the file's label lets it leave the agent's domain when it is started
 * (virt_qemu_ga_unconfined_selinux(8)). */
static bool
has_free_label(const char *path)
{
    char label[256] = "";
    ssize_t length = getxattr(path, "security.selinux", label, sizeof label - 1);

    return length > 0 && strstr(label, "virt_qemu_ga_unconfined_exec_t");
}

static void
add_item(const FrostCheck *self, const FrostHookItem *item)
{
    bool is_one_of_many = *item->name != '\0'; /* a single program is a dispatcher as a rule */

    if (item->verdict == FROST_HOOK_RUNS && is_one_of_many && frost_check_is_in_domain(self) &&
        !has_free_label(item->path))
        frost_check_add(self, FROST_GRADE_WARNING, TOPIC,
                        "Below /etc/qemu-ga/fsfreeze-hook.d restorecon gives it the label "
                        "virt_qemu_ga_unconfined_exec_t, which lifts that.",
                        "SELinux allows %s only what the agent may do", item->path);
    if (is_ignored_for_a_flaw(item))
        frost_check_add(
            self, FROST_GRADE_WARNING, TOPIC,
            "To be run it needs chmod 755; a name that ends with .sample silences this.",
            "%s is ignored: %s", item->path, item->reason);
    if (item->verdict == FROST_HOOK_REFUSED)
        frost_check_add(self, item->is_required ? FROST_GRADE_PROBLEM : FROST_GRADE_WARNING, TOPIC,
                        item->is_required ? "It is required: every freeze fails." : NULL,
                        "%s is refused: %s", item->path, item->reason);
}

void
frost_check_hooks(const FrostCheck *self)
{
    const FrostHooksConfig hooks = frost_cli_hooks_of_config(self->config);
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) items = NULL;

    if (!hooks.source.source) {
        frost_check_add(self, FROST_GRADE_OK, TOPIC, NULL,
                        "none is configured: databases are not told of a freeze");
        return;
    }
    items = frost_cli_hook_list(&hooks.source, &error);
    if (!items) {
        frost_check_add(self, FROST_GRADE_PROBLEM, TOPIC, NULL, "%s", error->message);
        return;
    }
    if (items->len == 0 && frost_hook_is_off(hooks.source.source)) {
        frost_check_add(self, FROST_GRADE_OK, TOPIC, NULL,
                        "switched off by the path %s: databases are not told of a freeze",
                        hooks.source.source);
        return;
    }
    for (guint i = 0; i < items->len; i++)
        add_item(self, g_ptr_array_index(items, i));
    unsigned running = frost_hook_listing_count(items, FROST_HOOK_RUNS);
    frost_check_add(self, running > 0 ? FROST_GRADE_OK : FROST_GRADE_WARNING, TOPIC, NULL,
                    "%u of %s would run", running, hooks.source.source);
}
