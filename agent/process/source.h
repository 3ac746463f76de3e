/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * source.h - a GSource with one owner: attached in one step, ended in one step
 */

#include <glib.h>

/* Takes @source; returns it, attached to @context. */
GSource *frost_source_attach(GSource *source, GMainContext *context, GSourceFunc callback,
                             void *user);
/* The same before anything that has not a higher priority than usual: for "now, but from the main
 * loop". */
GSource *frost_source_now(GMainContext *context, GSourceFunc callback, void *user);
/* Its callback is not called any more. NULL afterwards, and well where it was before. */
void frost_source_drop(GSource **source);
