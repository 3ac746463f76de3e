/* SPDX-License-Identifier: MIT */
#include "source.h"

GSource *
frost_source_attach(GSource *source, GMainContext *context, GSourceFunc callback, void *user)
{
    g_source_set_callback(source, callback, user, NULL);
    g_source_attach(source, context);
    return source;
}

GSource *
frost_source_now(GMainContext *context, GSourceFunc callback, void *user)
{
    GSource *source = g_idle_source_new();

    g_source_set_priority(source, G_PRIORITY_DEFAULT);
    return frost_source_attach(source, context, callback, user);
}

void
frost_source_drop(GSource **source)
{
    if (!*source)
        return;
    g_source_destroy(*source);
    g_source_unref(*source);
    *source = NULL;
}
