/* SPDX-License-Identifier: MIT */
#include "lookout.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Only touched pages count. */
#define STACK_BYTES (256 * 1024)

typedef struct {
    int namespace;
    int socket; /* the thread's end */
} Order;

/* A thread may change its namespace if it shares its root with no other. */
static int
go(int namespace)
{
    if (unshare(CLONE_FS) < 0 || setns(namespace, CLONE_NEWNS) < 0)
        return -errno;
    return (int)syscall(SYS_gettid);
}

/* Says its number, or a negative errno, and stays until the other end is closed. */
static void *
stand(void *user)
{
    const Order order = *(const Order *)user;
    int said = go(order.namespace);
    char end;

    if (send(order.socket, &said, sizeof(said), MSG_NOSIGNAL) == sizeof(said) && said > 0) {
        while (recv(order.socket, &end, 1, 0) < 0 && errno == EINTR)
            continue;
    }
    close(order.socket);
    return NULL;
}

/* Detached: nobody joins it. @order has to stay until the thread has said something. */
static int
start_thread(Order *order)
{
    pthread_attr_t attributes;
    pthread_t thread;
    int r = pthread_attr_init(&attributes);

    if (r != 0)
        return -r;
    pthread_attr_setstacksize(&attributes, STACK_BYTES);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    r = pthread_create(&thread, &attributes, stand, order);
    pthread_attr_destroy(&attributes);
    return -r;
}

static int
hear(int socket)
{
    int said;
    ssize_t n;

    do
        n = recv(socket, &said, sizeof(said), 0);
    while (n < 0 && errno == EINTR);
    return n == sizeof(said) ? said : -EIO;
}

int
frost_lookout(int namespace, pid_t *out_thread)
{
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
        return -errno;

    Order order = {.namespace = namespace, .socket = ends[1]};
    int r = start_thread(&order);
    if (r < 0)
        close(ends[1]);
    else
        r = hear(ends[0]);
    if (r < 0) {
        close(ends[0]);
        return r;
    }
    *out_thread = r;
    return ends[0];
}
