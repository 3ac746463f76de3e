/* SPDX-License-Identifier: MIT */
#include "hotplug-args.h"

#include "log.h"

QgaValue *
frost_units_to_value(const GArray *units, const FrostUnitNames *names)
{
    QgaValue *list = qga_value_new_array();

    for (guint i = 0; i < units->len; i++) {
        const FrostUnit *unit = &g_array_index(units, FrostUnit, i);
        QgaValue *item = qga_value_new_object();

        qga_value_set_bool(item, "online", unit->online);
        qga_value_set_bool(item, "can-offline", unit->can_offline);
        qga_value_set_int(item, names->number, unit->number);
        qga_value_append(list, item);
    }
    return list;
}

static bool
read_number(const QgaArgs *item, const FrostUnitNames *names, int64_t *out, GError **error)
{
    uint64_t number;

    if (!names->is_unsigned)
        return qga_args_int(item, names->number, out, error);
    if (!qga_args_uint(item, names->number, &number, error))
        return false;
    *out = (int64_t)number;
    return true;
}

static GArray *
read_units(const QgaArgs *args, const FrostUnitNames *names, GError **error)
{
    g_autoptr(GPtrArray) items = NULL;
    g_autoptr(GArray) units = g_array_new(FALSE, FALSE, sizeof(FrostUnit));

    if (!qga_args_objects(args, names->list, &items, error))
        return NULL;
    for (guint i = 0; i < items->len; i++) {
        const QgaArgs *item = g_ptr_array_index(items, i);
        FrostUnit unit = {0};

        if (!read_number(item, names, &unit.number, error) ||
            !qga_args_bool(item, "online", &unit.online, error) ||
            !qga_args_bool_optional(item, "can-offline", &unit.can_offline, error) ||
            !qga_args_end(item, error))
            return NULL;
        g_array_append_val(units, unit);
    }
    return qga_args_end(args, error) ? g_steal_pointer(&units) : NULL;
}

GArray *
frost_units_from_call(QgaCall *call, const FrostUnitNames *names)
{
    GError *error = NULL;
    GArray *units = read_units(qga_call_args(call), names, &error);

    if (!units)
        qga_call_fail(call, error);
    for (guint i = 0; units && i < units->len; i++) {
        const FrostUnit *unit = &g_array_index(units, FrostUnit, i);

        frost_slog("%s called, %s: %" G_GINT64_FORMAT ", online: %s", names->command, names->what,
                   unit->number, unit->online ? "yes" : "no");
    }
    return units;
}
