/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "check.h"
#include "hook-config.h"
#include "hook-directory.h"

#define TOPIC "hooks"

static unsigned
add_items(const FrostCheck *self, const GPtrArray *items)
{
    unsigned running = 0;

    for (guint i = 0; i < items->len; i++) {
        const FrostHookItem *item = g_ptr_array_index(items, i);

        running += item->verdict == FROST_HOOK_RUNS;
        if (item->verdict != FROST_HOOK_REFUSED)
            continue;
        frost_check_add(self, item->is_required ? FROST_GRADE_PROBLEM : FROST_GRADE_WARNING, TOPIC,
                        item->is_required ? "It is required: every freeze fails." : NULL,
                        "%s is refused: %s", item->path, item->reason);
    }
    return running;
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
    items = frost_hook_list(&hooks.source, &error);
    if (!items) {
        frost_check_add(self, FROST_GRADE_PROBLEM, TOPIC, NULL, "%s", error->message);
        return;
    }
    unsigned running = add_items(self, items);
    frost_check_add(self, FROST_GRADE_OK, TOPIC, NULL, "%u of %s would run", running,
                    hooks.source.source);
}
