/* SPDX-License-Identifier: MIT */
#include "thaw-json.h"

#include "json.h"
#include "output.h"

static QgaValue *
strings(char **texts)
{
    QgaValue *array = qga_value_new_array();

    for (; *texts; texts++) {
        if (**texts)
            qga_value_append(array, qga_value_new_string(*texts));
    }
    return array;
}

static QgaValue *
points(const FrostSnapshot *snapshot)
{
    QgaValue *array = qga_value_new_array();

    for (guint i = 0; i < snapshot->mount_points->len; i++) {
        g_autofree char *valid =
            g_utf8_make_valid(g_ptr_array_index(snapshot->mount_points, i), -1);
        qga_value_append(array, qga_value_new_string(valid));
    }
    return array;
}

static const char *
hook_word(const FrostSnapshot *before, const FrostSnapshot *after)
{
    if (after->hook_owed)
        return "owed";
    if (!before->hook_owed)
        return "none";
    return after->hook_failed ? "failed" : "undone";
}

char *
frost_thaw_json(const char *said, const FrostSnapshot *before, const FrostSnapshot *after)
{
    g_auto(GStrv) lines = g_strsplit(said, "\n", -1);
    g_autoptr(QgaValue) document = qga_value_new_object();

    qga_value_set_string(document, "format", "frost-ga thaw");
    qga_value_set_int(document, "version", 1);
    qga_value_set_string(document, "state", frost_snapshot_state_name(after->state));
    qga_value_set(document, "was_frozen", points(before));
    qga_value_set(document, "still_frozen", points(after));
    qga_value_set_string(document, "hooks", hook_word(before, after));
    qga_value_set(document, "said", strings(lines));
    return frost_output_json(document);
}
