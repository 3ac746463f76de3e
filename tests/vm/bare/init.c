/* SPDX-License-Identifier: MIT */
/*
 * The first program of a guest that has nothing but this one, the kernel's modules and the agent:
 * no shell, no library, no udev. Mounts what an agent needs, starts it on its port, and from then
 * on writes to the disk without end, each time telling the console.
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define PORTS "/sys/class/virtio-ports"

static void
mount_at(const char *what, const char *point, const char *type)
{
    mkdir(point, 0755);
    if (mount(what, point, type, 0, NULL) < 0) {
        perror(point);
    }
}

static void
load_modules(void)
{
    FILE *order = fopen("/lib/modules/order", "r");
    char name[128];
    while (order != NULL && fscanf(order, "%127s", name) == 1) {
        char path[256];
        snprintf(path, sizeof path, "/lib/modules/%s", name);
        int fd = open(path, O_RDONLY | O_CLOEXEC);
        if (fd < 0 || syscall(SYS_finit_module, fd, "", 0) < 0) {
            perror(path);
        }
        close(fd);
    }
}

/* Without udev the agent's port has no name but the kernel's. */
static int
find_port(char *path, size_t room)
{
    DIR *ports = opendir(PORTS);
    struct dirent *entry;
    int found = 0;
    while (ports != NULL && !found && (entry = readdir(ports)) != NULL) {
        char file[600], name[64] = "";
        snprintf(file, sizeof file, PORTS "/%s/name", entry->d_name);
        FILE *f = fopen(file, "r");
        found = f != NULL && fscanf(f, "%63s", name) == 1 &&
                strcmp(name, "org.qemu.guest_agent.0") == 0;
        if (f != NULL) {
            fclose(f);
        }
        snprintf(path, room, "/dev/%s", entry->d_name);
    }
    return found;
}

static void
start_agent(char *port)
{
    if (fork() == 0) {
        execl("/frost-ga", "/frost-ga", "-v", "-t", "/run", "-p", port, (char *)NULL);
        perror("/frost-ga");
        _exit(127);
    }
}

static void
write_for_ever(void)
{
    int fd = open("/data/count", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    for (unsigned long count = 1;; count++) {
        if (pwrite(fd, &count, sizeof count, 0) != sizeof count || fdatasync(fd) < 0) {
            perror("/data/count");
        }
        printf("init: count %lu\n", count);
        while (waitpid(-1, NULL, WNOHANG) > 0) {
        }
        usleep(20 * 1000);
    }
}

int
main(void)
{
    char port[600];
    setvbuf(stdout, NULL, _IOLBF, 0);
    mount_at("proc", "/proc", "proc");
    mount_at("sysfs", "/sys", "sysfs");
    mount_at("dev", "/dev", "devtmpfs");
    mount_at("run", "/run", "tmpfs");
    load_modules();
    mount_at("/dev/vda", "/data", "ext4");
    if (!find_port(port, sizeof port)) {
        printf("init: there is no port\n");
    } else {
        start_agent(port);
    }
    write_for_ever();
    return 0;
}
