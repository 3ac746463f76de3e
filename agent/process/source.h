/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * source.h - a GSource with a single owner: one call attaches it, one call destroys it
 */

#include <glib.h>

/* Takes ownership of @source, attaches it to @context, and returns it. */
GSource *frost_source_attach(GSource *source, GMainContext *context, GSourceFunc callback,
                             void *user);
/* A source that calls @callback as soon as the main loop runs, before sources of the default
 * priority. */
GSource *frost_source_now(GMainContext *context, GSourceFunc callback, void *user);
/* Destroys the source, and sets the pointer to NULL. Does nothing if it is NULL. */
void frost_source_drop(GSource **source);
