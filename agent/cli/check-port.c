/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "check.h"

#define TOPIC "port"

static bool
is_method(const FrostCheck *self, const char *method)
{
    return g_str_equal(self->config->method, method);
}

/* Reads /proc/net/unix, which lists all sockets; listening ones have the flag __SO_ACCEPTCON. */
static bool
is_listened_on(const FrostCheck *self, const char *path)
{
    g_autofree char *text = NULL;
    if (self->sys->read_file(self->sys, "/proc/net/unix", &text, NULL) < 0)
        return false;

    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    g_autofree char *end = g_strconcat(" ", path, NULL);
    for (char **line = lines; *line; line++) {
        if (g_str_has_suffix(*line, end) && strstr(*line, " 00010000 "))
            return true;
    }
    return false;
}

static void
check_socket(const FrostCheck *self)
{
    const char *path = self->config->path;

    if (is_listened_on(self, path))
        frost_check_add(self, FROST_GRADE_OK, TOPIC, NULL, "a program listens on %s", path);
    else
        frost_check_add(self, FROST_GRADE_PROBLEM, TOPIC, "Is the agent running?",
                        "no program listens on %s", path);
}

static void
check_missing(const FrostCheck *self, int error)
{
    const char *path = self->config->path;

    if (error == ENOENT && is_method(self, "virtio-serial"))
        frost_check_add(self, FROST_GRADE_PROBLEM, TOPIC,
                        "The host gives it to the machine: \"QEMU Guest Agent\" among Proxmox VE's "
                        "options, a channel named org.qemu.guest_agent.0 in libvirt's.",
                        "there is no %s", path);
    else
        frost_check_add(self, FROST_GRADE_PROBLEM, TOPIC, NULL, "%s: %s", path, g_strerror(error));
}

static void
check_device(const FrostCheck *self)
{
    const char *path = self->config->path;
    pid_t ours = self->agent ? self->agent->pid : 0;
    g_autofree char *node = NULL;
    int r = self->sys->resolve(self->sys, path, &node);
    if (r < 0) {
        check_missing(self, -r);
        return;
    }

    g_autofree char *holder = frost_running_holder_of(self->sys, node, ours);
    if (holder)
        frost_check_add(self, FROST_GRADE_PROBLEM, TOPIC,
                        "Only one agent can open it: stop and disable the other one.",
                        "%s is taken by %s", path, holder);
    else
        frost_check_add(self, FROST_GRADE_OK, TOPIC, NULL,
                        "%s exists, and no other process has it open", path);
}

static void
check_agent(const FrostCheck *self)
{
    if (self->agent)
        frost_check_add(self, FROST_GRADE_OK, "agent", NULL, "%s is running (pid %d)",
                        self->agent->program, (int)self->agent->pid);
    else if (self->is_blind)
        frost_check_add(self, FROST_GRADE_WARNING, "agent", "Run it as root.",
                        "it cannot be seen whether an agent runs: what follows is about one that "
                        "you would start");
    else
        frost_check_add(self, FROST_GRADE_WARNING, "agent",
                        "systemctl status qemu-guest-agent shows why.",
                        "no frost-ga is running: what follows is about one that would be started "
                        "now");
}

void
frost_check_port(const FrostCheck *self)
{
    check_agent(self);
    if (is_method(self, "unix-listen"))
        check_socket(self);
    else if (is_method(self, "vsock-listen"))
        frost_check_add(self, FROST_GRADE_OK, TOPIC, NULL, "vsock %s is not checked",
                        self->config->path);
    else
        check_device(self);
}
