/* SPDX-License-Identifier: MIT */
#include <linux/capability.h>
#include <string.h>
#include <unistd.h>

#include "agent-processes.h"
#include "agent-rights.h"
#include "check.h"
#include "rights.h"

#define TOPIC "rights"
#define DOMAIN "virt_qemu_ga_t"

/* Reads the file @name in /proc of the running agent, or of this process if there is none. */
static char *
read_of_agent(const FrostCheck *self, const char *name)
{
    g_autofree char *path = self->agent
                                ? g_strdup_printf("/proc/%d/%s", (int)self->agent->pid, name)
                                : g_strconcat("/proc/self/", name, NULL);
    char *text = NULL;

    if (self->sys->read_file(self->sys, path, &text, NULL) < 0)
        return NULL;
    return g_strchomp(text);
}

/* The value of a line "Name:\tvalue"; NULL: there is none. */
static const char *
line_of(const char *text, const char *name)
{
    const char *at = text ? strstr(text, name) : NULL;

    return at ? at + strlen(name) : NULL;
}

static bool
has_capability(guint64 mask, unsigned capability)
{
    return (mask >> capability & 1) != 0;
}

static void
add_rights(const FrostCheck *self, guint64 mask)
{
    g_autofree char *rights = frost_rights_describe(mask);

    frost_check_add(self, FROST_GRADE_OK, TOPIC, NULL, "it has the capabilities that it needs: %s",
                    rights);
}

static void
check_capabilities(const FrostCheck *self, const char *status)
{
    guint64 mask = 0;

    if (!frost_cli_find_rights(status, &mask))
        frost_check_add(self, FROST_GRADE_WARNING, TOPIC, NULL, "its capabilities cannot be read");
    else if (!has_capability(mask, CAP_SYS_ADMIN))
        frost_check_add(self, FROST_GRADE_PROBLEM, TOPIC,
                        "A freeze needs it. It is root's; a unit's CapabilityBoundingSet or a "
                        "container takes it away.",
                        "without CAP_SYS_ADMIN");
    else if (!has_capability(mask, CAP_DAC_READ_SEARCH) && !has_capability(mask, CAP_DAC_OVERRIDE))
        frost_check_add(self, FROST_GRADE_WARNING, TOPIC, NULL,
                        "without CAP_DAC_READ_SEARCH: a mount point that others must not read "
                        "makes every freeze fail");
    else
        add_rights(self, mask);
}

/* @filter: the calls that pass, or after a '~' those that do not; "": all pass. Other settings of a
 * unit look at the arguments of calls, but not at those of ioctl. */
static bool
lets_through(const char *filter)
{
    bool is_denied = *filter == '~';
    g_auto(GStrv) names = g_strsplit(is_denied ? filter + 1 : filter, " ", -1);

    return !*filter || g_strv_contains((const char *const *)names, "ioctl") != is_denied;
}

static void
check_seccomp(const FrostCheck *self, const char *status)
{
    const char *text = line_of(status, "\nSeccomp:\t");

    const char *filter = self->units ? frost_units_property(self->units, "SystemCallFilter") : NULL;

    if (!text || *text != '2')
        return;
    if (filter && lets_through(filter))
        frost_check_add(self, FROST_GRADE_OK, TOPIC, NULL,
                        "its system calls are filtered by its unit, which lets FIFREEZE through");
    else
        frost_check_add(self, FROST_GRADE_WARNING, TOPIC, "frost-ga check --freeze does one.",
                        "its system calls are filtered (seccomp); only a freeze tells whether "
                        "FIFREEZE passes");
}

/* Reading /proc/PID/root of another process needs CAP_SYS_PTRACE. */
static bool
lacks_ptrace(const char *status)
{
    guint64 mask;

    return frost_cli_find_rights(status, &mask) && !has_capability(mask, CAP_SYS_PTRACE);
}

static void
check_other_mounts(const FrostCheck *self, const char *status)
{
    if (lacks_ptrace(status))
        frost_check_add(self, FROST_GRADE_PROBLEM, TOPIC,
                        "A container gets it by --cap-add SYS_PTRACE, or by being privileged.",
                        "without CAP_SYS_PTRACE: the mounts of process %u (mounts-of) cannot be "
                        "reached",
                        self->config->mounts_of);
    else
        frost_check_add(self, FROST_GRADE_OK, TOPIC, NULL,
                        "the mounts are those that process %u sees (mounts-of)",
                        self->config->mounts_of);
}

static void
check_reach(const FrostCheck *self, const char *status)
{
    if (lacks_ptrace(status))
        frost_check_add(self, FROST_GRADE_WARNING, TOPIC,
                        "A container gets it by --cap-add SYS_PTRACE, or by being privileged; "
                        "namespaces=own looks nowhere else.",
                        "without CAP_SYS_PTRACE: filesystems that only other mount namespaces "
                        "show are not frozen");
}

/* Only for a running agent: the shell that runs this command may be confined in another way. */
static void
check_namespace(const FrostCheck *self)
{
    if (!self->agent)
        return;
    g_autofree char *path = g_strdup_printf("/proc/%d/ns/mnt", (int)self->agent->pid);
    g_autofree char *its = g_file_read_link(path, NULL);
    g_autofree char *first = g_file_read_link("/proc/1/ns/mnt", NULL);

    if (its && first && !g_str_equal(its, first))
        frost_check_add(self, FROST_GRADE_WARNING, TOPIC,
                        "In a unit ProtectSystem=, ReadOnlyPaths=, PrivateTmp= and their like make "
                        "one; namespaces=all reaches them, and mounts-of=1 from a container.",
                        "it has a mount namespace of its own: filesystems that only the system's "
                        "shows are not frozen");
}

static bool
is_enforced(const FrostCheck *self)
{
    return frost_check_number(self, "/sys/fs/selinux/enforce") == 1;
}

bool
frost_check_is_in_domain(const FrostCheck *self)
{
    g_autofree char *label = is_enforced(self) ? read_of_agent(self, "attr/current") : NULL;

    return label && strstr(label, DOMAIN);
}

static void
check_selinux(const FrostCheck *self, const char *label)
{
    static const char boolean[] = "/sys/fs/selinux/booleans/virt_qemu_ga_read_nonsecurity_files";

    if (!is_enforced(self))
        return;
    if (!strstr(label, DOMAIN))
        frost_check_add(self, FROST_GRADE_OK, TOPIC, NULL, "SELinux lets it run as %s", label);
    else if (frost_check_number(self, boolean) == 1)
        frost_check_add(self, FROST_GRADE_OK, TOPIC, NULL,
                        "SELinux confines it (%s), but not from "
                        "opening mount points",
                        label);
    else
        frost_check_add(
            self, FROST_GRADE_PROBLEM, TOPIC, "setsebool -P virt_qemu_ga_read_nonsecurity_files 1",
            "SELinux confines it (%s): mount points with a label of their own cannot be "
            "opened, and make every freeze fail",
            label);
}

static void
check_confinement(const FrostCheck *self)
{
    g_autofree char *label = read_of_agent(self, "attr/current");

    if (!label || !*label)
        return;
    if (g_str_has_suffix(label, " (enforce)"))
        frost_check_add(self, FROST_GRADE_WARNING, TOPIC, "frost-ga check --freeze does one.",
                        "AppArmor confines it as %s: what the profile does not name cannot be "
                        "opened or run",
                        label);
    else
        check_selinux(self, label);
}

/* Whether the freezer can give up what it does not need. Each part adds something to a file of the
 * kernel where the kernel has it. */
static void
check_seal(const FrostCheck *self, const char *status)
{
    FrostGrade grade =
        self->config->sandbox == FROST_SANDBOX_REQUIRE ? FROST_GRADE_PROBLEM : FROST_GRADE_WARNING;
    g_autofree char *modules = NULL;

    if (self->config->sandbox == FROST_SANDBOX_OFF)
        return;
    if (self->sys->read_file(self->sys, "/sys/kernel/security/lsm", &modules, NULL) >= 0 &&
        !strstr(modules, "landlock"))
        frost_check_add(self, grade, TOPIC, "The kernel's parameter lsm= turns it on.",
                        "without Landlock the freezer can open files (sandbox)");
    if (status && !line_of(status, "\nSeccomp:\t"))
        frost_check_add(self, grade, TOPIC, NULL,
                        "this kernel has no seccomp filters: the freezer can make any system call "
                        "(sandbox)");
}

/* What the seal lacks is open to an intruder in the parser; no freeze fails of it. */
static void
check_parser(const FrostCheck *self)
{
    if (!self->agent || !self->agent->is_ours || self->config->sandbox == FROST_SANDBOX_OFF)
        return;
    g_autoptr(GPtrArray) processes = frost_cli_processes_of(self->sys, self->agent->pid);
    const FrostProcessRights *parser = frost_process_rights_find(processes, FROST_ROLE_PARSER);
    g_autofree char *lack = parser ? frost_process_rights_lack(parser) : NULL;

    if (lack)
        frost_check_add(self, FROST_GRADE_WARNING, TOPIC, "Its log says why.",
                        "the parser %s (sandbox)", lack);
}

void
frost_check_rights(const FrostCheck *self)
{
    g_autofree char *status = read_of_agent(self, "status");

    check_capabilities(self, status);
    check_seccomp(self, status);
    if (self->config->mounts_of > 0)
        check_other_mounts(self, status);
    else if (self->config->all_namespaces)
        check_reach(self, status);
    else
        check_namespace(self);
    check_confinement(self);
    check_seal(self, status);
    check_parser(self);
}
