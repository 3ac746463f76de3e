/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "frost-build.h"

/* Long enough for a loaded disk, and shorter than the time limit of any host
 * (agent/cli/check-limits.c). */
#define DEFAULT_FREEZE_TIMEOUT_S 60
#define DEFAULT_HOLD_TIMEOUT_S 600
#define DEFAULT_SYNC_TIMEOUT_S 300
#define DEFAULT_HOST_TIMEOUT_S 30
#define DEFAULT_HOOK_TIMEOUT_S 60
/* Hosts wait 10 to 20 s for a thaw. */
#define DEFAULT_THAW_REPLY_TIMEOUT_S 8
/* The log of the usual dispatcher script. */
#define DEFAULT_HOOK_LOG "/var/log/qga-fsfreeze-hook.log"
/* The value that service managers give to a service. */
#define DEFAULT_CHILD_UMASK 022
#define DEFAULT_MAX_REQUEST_BYTES ((size_t)16 * 1024 * 1024)

GQuark
frost_config_error_quark(void)
{
    return g_quark_from_static_string("frost-config-error-quark");
}

FrostConfig *
frost_config_new(void)
{
    FrostConfig *self = g_new0(FrostConfig, 1);

    self->method = g_strdup("virtio-serial");
    self->pidfile = g_strdup(FROST_PIDFILE);
    self->statedir = g_strdup(FROST_STATEDIR);
    self->block_rpcs = g_ptr_array_new_with_free_func(g_free);
    self->allow_rpcs = g_ptr_array_new_with_free_func(g_free);
    self->freeze_timeout_s = DEFAULT_FREEZE_TIMEOUT_S;
    self->hold_timeout_s = DEFAULT_HOLD_TIMEOUT_S;
    self->sync_timeout_s = DEFAULT_SYNC_TIMEOUT_S;
    self->host_timeout_s = DEFAULT_HOST_TIMEOUT_S;
    self->thaws_restored = true;
    self->expedite = true;
    self->is_paced = true;
    self->stall_target_ms = 100;
    self->all_namespaces = true;
    self->hook_timeout_s = DEFAULT_HOOK_TIMEOUT_S;
    self->thaw_reply_timeout_s = DEFAULT_THAW_REPLY_TIMEOUT_S;
    self->hook_trust = true;
    self->child_umask = DEFAULT_CHILD_UMASK;
    self->hook_log = g_strdup(DEFAULT_HOOK_LOG);
    self->max_request_bytes = DEFAULT_MAX_REQUEST_BYTES;
    return self;
}

void
frost_config_free(FrostConfig *self)
{
    if (!self)
        return;
    g_free(self->method);
    g_free(self->path);
    g_free(self->logfile);
    g_free(self->pidfile);
    g_free(self->fsfreeze_hook);
    g_free(self->statedir);
    g_ptr_array_unref(self->block_rpcs);
    g_ptr_array_unref(self->allow_rpcs);
    g_free(self->hook_log);
    g_strfreev(self->required_hooks);
    g_strfreev(self->include);
    g_strfreev(self->exclude);
    g_free(self);
}

void
frost_config_add_list(GPtrArray *list, const char *text)
{
    g_auto(GStrv) items = g_strsplit(text, ",", -1);

    for (guint i = g_strv_length(items); i > 0; i--)
        g_ptr_array_add(list, g_strdup(items[i - 1]));
}
