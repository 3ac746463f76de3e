/* SPDX-License-Identifier: MIT */
#include "config.h"

#include <string.h>
#include <unistd.h>

#include "config-private.h"
#include "frost-build.h"

/* Long enough for a loaded disk, shorter than any host's patience (clients.md). */
#define DEFAULT_FREEZE_TIMEOUT_S 60
#define DEFAULT_HOLD_TIMEOUT_S 600
#define DEFAULT_SYNC_TIMEOUT_S 300
#define DEFAULT_HOOK_TIMEOUT_S 60
/* Hosts give up on a thaw after 10 to 20 s. */
#define DEFAULT_THAW_REPLY_TIMEOUT_S 8
/* Where the usual dispatcher script writes. */
#define DEFAULT_HOOK_LOG "/var/log/qga-fsfreeze-hook.log"
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
    self->expedite = true;
    self->hook_timeout_s = DEFAULT_HOOK_TIMEOUT_S;
    self->thaw_reply_timeout_s = DEFAULT_THAW_REPLY_TIMEOUT_S;
    self->hook_trust = true;
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

/* systemd hands us a listening socket, which takes the place of method and path (protocol 1.1). */
static bool
is_socket_activated(void)
{
    const char *pid = g_getenv("LISTEN_PID");
    const char *count = g_getenv("LISTEN_FDS");
    guint64 value;

    return pid && count && g_ascii_string_to_unsigned(pid, 10, 1, G_MAXINT, &value, NULL) &&
           value == (guint64)getpid() &&
           g_ascii_string_to_unsigned(count, 10, 1, G_MAXINT, &value, NULL);
}

static bool
default_path(FrostConfig *self, GError **error)
{
    if (self->path || is_socket_activated())
        return true;
    if (g_str_equal(self->method, "virtio-serial")) {
        self->path = g_strdup("/dev/virtio-ports/org.qemu.guest_agent.0");
        return true;
    }
    if (g_str_equal(self->method, "isa-serial")) {
        self->path = g_strdup("/dev/ttyS0");
        return true;
    }

    g_set_error_literal(error, FROST_CONFIG_ERROR, FROST_CONFIG_ERROR_VALUE,
                        "must specify a path for this channel");
    return false;
}

static void
make_absolute(char **path)
{
    if (!*path || **path == '\0' || g_path_is_absolute(*path))
        return;

    char *absolute = g_canonicalize_filename(*path, NULL);
    g_free(*path);
    *path = absolute;
}

/* A daemon works in `/`; what its user typed was meant from where he stood (protocol 3.8). */
static void
make_paths_absolute(FrostConfig *self)
{
    /* The address of a vsock is no file. */
    if (!g_str_equal(self->method, "vsock-listen"))
        make_absolute(&self->path);
    make_absolute(&self->logfile);
    make_absolute(&self->pidfile);
    make_absolute(&self->statedir);
    /* A hook without any slash is looked for in PATH, wherever we are (protocol 4.6). */
    if (self->fsfreeze_hook && strchr(self->fsfreeze_hook, '/'))
        make_absolute(&self->fsfreeze_hook);
}

bool
frost_config_load(FrostConfig *self, int argc, char **argv, const char *const *commands,
                  FrostAction *out_action, GError **error)
{
    g_autofree char *given = frost_config_find_file(argc, argv);
    const char *by_env = g_getenv("QGA_CONF");
    const char *file = given ? given : by_env ? by_env : FROST_CONFDIR "/qemu-ga.conf";
    FrostAction action;

    if (!frost_config_read_file(self, file, given != NULL, error))
        return false;
    if (!frost_config_read_options(self, argc, argv, commands, &action, error))
        return false;

    if (action != FROST_ACTION_EXIT) {
        if (!default_path(self, error))
            return false;
        /* Only to run: the dump shows what was given. */
        if (action == FROST_ACTION_RUN && self->daemon)
            make_paths_absolute(self);
    }
    *out_action = action;
    return true;
}
