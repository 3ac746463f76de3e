/* SPDX-License-Identifier: MIT */
#include "rights.h"

#include <errno.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "capabilities.h"
#include "known-files.h"

#define CAN_MAKE_FILES "the agent can make any file, and execute it"

#define ONE(name) FROST_CAPABILITY(CAP_##name)

/* By their numbers. */
static const char *const names[] = {
    "CHOWN",
    "DAC_OVERRIDE",
    "DAC_READ_SEARCH",
    "FOWNER",
    "FSETID",
    "KILL",
    "SETGID",
    "SETUID",
    "SETPCAP",
    "LINUX_IMMUTABLE",
    "NET_BIND_SERVICE",
    "NET_BROADCAST",
    "NET_ADMIN",
    "NET_RAW",
    "IPC_LOCK",
    "IPC_OWNER",
    "SYS_MODULE",
    "SYS_RAWIO",
    "SYS_CHROOT",
    "SYS_PTRACE",
    "SYS_PACCT",
    "SYS_ADMIN",
    "SYS_BOOT",
    "SYS_NICE",
    "SYS_RESOURCE",
    "SYS_TIME",
    "SYS_TTY_CONFIG",
    "MKNOD",
    "LEASE",
    "AUDIT_WRITE",
    "AUDIT_CONTROL",
    "SETFCAP",
    "MAC_OVERRIDE",
    "MAC_ADMIN",
    "SYSLOG",
    "WAKE_ALARM",
    "BLOCK_SUSPEND",
    "AUDIT_READ",
    "PERFMON",
    "BPF",
    "CHECKPOINT_RESTORE",
};

/* Root may write to folders of root without any capability. */
static bool
is_of_another_user(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 && st.st_uid != geteuid();
}

uint64_t
frost_rights_needed(const FrostRightsNeeds *needs)
{
    uint64_t all = needs->commands;

    if (needs->unlimited)
        return ~UINT64_C(0);
    if (needs->sees_namespaces)
        all |= ONE(SYS_PTRACE) | ONE(SYS_CHROOT); /* /proc/PID/root; setns() */
    if (needs->reads_kernel_log)
        all |= ONE(SYSLOG); /* where kernel.dmesg_restrict is 1 */
    if (is_of_another_user(needs->statedir))
        all |= ONE(DAC_OVERRIDE);
    return all;
}

/* Programs of root get their rights from the user; others, or all with SECBIT_NOROOT, would lose
 * with ambient capabilities what a freezer needs. */
static bool
is_plain_root(void)
{
    return geteuid() == 0 && prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, CAP_SYS_ADMIN, 0, 0) <= 0;
}

/* @r: a negative errno. True if it is none. */
static bool
succeeded(int r, const char *lack, GError **error)
{
    if (r < 0)
        g_set_error(error, G_FILE_ERROR, g_file_error_from_errno(-r), "%s: %s", lack,
                    g_strerror(-r));
    return r >= 0;
}

static bool
limit_files(const FrostRightsNeeds *needs, GError **error)
{
    g_autofree char *of_pidfile = needs->pidfile ? g_path_get_dirname(needs->pidfile) : NULL;
    const char *const folders[] = {needs->statedir, of_pidfile, NULL};

    if (needs->starts_programs || needs->sees_namespaces)
        return true;
    int r = frost_known_files_limit(folders);
    if (r != -ENOSYS && r != -EOPNOTSUPP)
        return succeeded(r, CAN_MAKE_FILES, error);
    g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_NOSYS, "%s: %s", CAN_MAKE_FILES,
                r == -ENOSYS ? "this kernel has no Landlock" : "Landlock is turned off");
    return false;
}

bool
frost_rights_limit(const FrostRightsNeeds *needs, uint64_t kept, GError **error)
{
    if (needs->unlimited || !is_plain_root())
        return true;
    if (!needs->starts_programs && !succeeded(frost_capabilities_bar_new(),
                                              "a program could give the agent more rights", error))
        return false;
    return succeeded(frost_capabilities_bound(kept),
                     "the programs that the agent starts have all rights of root", error) &&
           succeeded(frost_capabilities_keep(kept), "the agent keeps all rights of root", error) &&
           limit_files(needs, error);
}

char *
frost_rights_describe(uint64_t capabilities)
{
    const uint64_t known = (FROST_CAPABILITY(G_N_ELEMENTS(names))) - 1;
    GString *text = g_string_new(NULL);

    if ((capabilities & known) == known) {
        g_string_append(text, "all");
        return g_string_free(text, FALSE);
    }
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        if (capabilities & FROST_CAPABILITY(i))
            g_string_append_printf(text, "%s%s", text->len > 0 ? ", " : "", names[i]);
    }
    return g_string_free(text, FALSE);
}
