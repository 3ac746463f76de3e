/* SPDX-License-Identifier: MIT */
#include "usage.h"

#include <glib.h>

#include "frost-build.h"

/* Fits on one screen: at most 24 lines of 80 columns, which a test checks. -s is left out, as it
 * exists only for compatibility. */
static const char text[] =
    "Usage: %s [-m METHOD -p PATH] [OPTION]... (or: check|plan|... -h)\n"
    "  -c, --config=FILE     read FILE, not " FROST_CONFDIR "/qemu-ga.conf\n"
    "  -m, --method=METHOD   virtio-serial, isa-serial, unix-listen, vsock-listen\n"
    "  -p, --path=PATH       the port, serial line, socket, or CID:PORT of a vsock\n"
    "  -r, --retry-path      wait for a port that is missing or disappears\n"
    "  -F, --fsfreeze-hook[=PATH]  run PATH, or all hooks in it; no blank after -F\n"
    "                        (without PATH: " FROST_CONFDIR "/fsfreeze-hook)\n"
    "      --hook-timeout=S, --sync-timeout=S, --freeze-timeout=S, --hold-timeout=S\n"
    "                        seconds for a hook (60), a sync (300), freezing (60) and\n"
    "                        staying frozen (600; 0: for ever); more: frost-ga(8)\n"
    "      --expedite=BOOL   fast RCU grace periods while freezing (true)\n"
    "      --include=GLOB    freeze only these mount points, types or devices\n"
    "      --exclude=GLOB    never freeze these; both may be given several times\n"
    "  -b, --block-rpcs=LIST forbid these commands, a,b,c; \"help\" lists them all\n"
    "  -a, --allow-rpcs=LIST forbid all other commands\n"
    "      --max-request=N   longest request in bytes, K or M (16M)\n"
    "  -l, --logfile=FILE    append the log to FILE instead of standard error\n"
    "  -v, --verbose         log everything, not only errors\n"
    "  -t, --statedir=DIR    directory for state (" FROST_STATEDIR ")\n"
    "  -d, --daemonize       become a daemon\n"
    "  -f, --pidfile=FILE    its pid file (" FROST_PIDFILE ")\n"
    "  -D, --dump-conf       print the resulting configuration and exit\n"
    "  -V, --version         print the versions and exit\n"
    "  -h, --help            print this and exit\n";

char *
frost_config_usage(const char *program)
{
    return g_strdup_printf(text, program);
}
