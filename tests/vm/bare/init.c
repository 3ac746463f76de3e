/* SPDX-License-Identifier: MIT */
/*
 * The first program of a guest that has nothing but this one, the kernel's modules and the agent:
 * no shell, no library, no udev. Mounts what an agent needs, starts it on its port, and from then
 * on writes to the disk without end, each time telling the console. If the kernel's command line
 * says "vsock", the agent listens on a vsock instead, and this program carries what comes through
 * the port there and back, as the host's end of a vsock would.
 */
#include <dirent.h>
#include <fcntl.h>
#include <linux/vm_sockets.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
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
start_agent(const char *method, const char *path)
{
    if (fork() == 0) {
        execl("/frost-ga", "/frost-ga", "-v", "-t", "/run", "-m", method, "-p", path, (char *)NULL);
        perror("/frost-ga");
        _exit(127);
    }
}

static int
says(const char *word)
{
    char line[4096] = "";
    FILE *f = fopen("/proc/cmdline", "r");
    if (f != NULL) {
        fread(line, 1, sizeof line - 1, f);
        fclose(f);
    }
    return strstr(line, word) != NULL;
}

static int
connect_to_agent(void)
{
    struct sockaddr_vm agent = {
        .svm_family = AF_VSOCK, .svm_cid = VMADDR_CID_LOCAL, .svm_port = 1024};
    for (;;) {
        int fd = socket(AF_VSOCK, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (connect(fd, (struct sockaddr *)&agent, sizeof agent) == 0) {
            return fd;
        }
        close(fd);
        usleep(50 * 1000);
    }
}

static int
carry_some(int from, int to)
{
    char bytes[4096];
    ssize_t n = read(from, bytes, sizeof bytes);
    return n > 0 && write(to, bytes, (size_t)n) == n;
}

/* A thread, as the other one stands still while the disk is frozen. */
static void *
carry(void *port)
{
    int host = open(port, O_RDWR | O_CLOEXEC);
    int agent = connect_to_agent();
    for (;;) {
        struct pollfd ends[] = {{.fd = host, .events = POLLIN}, {.fd = agent, .events = POLLIN}};
        poll(ends, 2, -1);
        if (ends[1].revents != 0 && !carry_some(agent, host)) {
            printf("init: the agent has closed its vsock\n");
            return NULL;
        }
        if ((ends[0].revents & POLLIN) != 0) {
            carry_some(host, agent);
        } else if (ends[0].revents != 0) {
            usleep(20 * 1000); /* nobody is there yet */
        }
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
    static char port[600];
    pthread_t carrier;
    setvbuf(stdout, NULL, _IOLBF, 0);
    mount_at("proc", "/proc", "proc");
    mount_at("sysfs", "/sys", "sysfs");
    mount_at("dev", "/dev", "devtmpfs");
    mount_at("run", "/run", "tmpfs");
    load_modules();
    mount_at("/dev/vda", "/data", "ext4");
    if (!find_port(port, sizeof port)) {
        printf("init: there is no port\n");
    } else if (says(" vsock")) {
        start_agent("vsock-listen", "1:1024");
        pthread_create(&carrier, NULL, carry, port);
    } else {
        start_agent("virtio-serial", port);
    }
    write_for_ever();
    return 0;
}
