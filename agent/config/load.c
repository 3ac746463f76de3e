/* SPDX-License-Identifier: MIT */
#include "load.h"

#include <string.h>
#include <unistd.h>

#include "frost-build.h"
#include "keyfile.h"

/* True if systemd has passed a listening socket, which replaces method and path. */
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

/* A daemon runs in `/`, but relative paths refer to the folder where it was started.
 */
static void
make_paths_absolute(FrostConfig *self)
{
    /* The address of a vsock is not a file. */
    if (!g_str_equal(self->method, "vsock-listen"))
        make_absolute(&self->path);
    make_absolute(&self->logfile);
    make_absolute(&self->pidfile);
    make_absolute(&self->statedir);
    /* A hook without a slash is looked up in PATH. */
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
        /* Not for a dump, which shows the paths as they were given. */
        if (action == FROST_ACTION_RUN && self->daemon)
            make_paths_absolute(self);
    }
    *out_action = action;
    return true;
}
