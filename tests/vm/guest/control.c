/* SPDX-License-Identifier: MIT */
/*
 * The guest's pid 1: runs what the host says over a port of its own, so that the agent under test
 * is never its own witness.
 *
 *     control PORT
 *
 * Host: "ID LENGTH\n" and a script of that length. Guest: "ID STATUS LENGTH\n" and what the script
 * said on both outputs, as soon as its shell has ended, whatever it left running. Scripts run side
 * by side: one that stands on a frozen filesystem holds up no other.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#define JOBS 32
#define SCRIPT_MAX (1 << 20)
#define SAID_MAX (4 << 20)

struct job {
    pid_t pid; /* 0: free */
    int output;
    long id;
    char *said;
    size_t length;
};

static void
die(const char *what)
{
    perror(what);
    sleep(1000); /* the host looks at the console; an init that ends is a panic */
}

static void
write_all(int fd, const char *data, size_t length)
{
    while (length > 0) {
        ssize_t written = write(fd, data, length);
        if (written > 0) {
            data += written;
            length -= (size_t)written;
        } else if (written < 0 && errno != EINTR && errno != EAGAIN) {
            die("control: write");
        }
    }
}

static void
read_exactly(int fd, char *data, size_t length)
{
    while (length > 0) {
        ssize_t got = read(fd, data, length);
        if (got > 0) {
            data += got;
            length -= (size_t)got;
        } else if (got == 0 || errno == EAGAIN) {
            usleep(20 * 1000); /* the host's end is closed: nothing else can be waited for */
        } else if (errno != EINTR) {
            die("control: read");
        }
    }
}

static void
start(struct job *job, const char *script, const sigset_t *none)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) < 0) {
        die("control: pipe");
    }
    job->pid = fork();
    if (job->pid == 0) {
        sigprocmask(SIG_SETMASK, none, NULL);
        setsid();
        int null = open("/dev/null", O_RDONLY);
        dup2(null, 0);
        dup2(ends[1], 1);
        dup2(ends[1], 2);
        execl("/bin/sh", "sh", "-c", script, (char *)NULL);
        _exit(127);
    }
    close(ends[1]);
    fcntl(ends[0], F_SETFL, O_NONBLOCK);
    job->output = ends[0];
    job->said = malloc(SAID_MAX);
    job->length = 0;
}

/* One request from the port. */
static void
accept_script(int port, struct job *jobs, const sigset_t *none)
{
    char head[64];
    size_t length = 0;
    do {
        read_exactly(port, head + length, 1);
    } while (head[length++] != '\n' && length < sizeof head - 1);
    head[length] = '\0';
    long id;
    size_t size;
    if (sscanf(head, "%ld %zu", &id, &size) != 2 || size > SCRIPT_MAX) {
        fprintf(stderr, "control: no request: %s\n", head);
        return;
    }
    char *script = calloc(1, size + 1);
    read_exactly(port, script, size);
    struct job *job = jobs;
    while (job < jobs + JOBS && job->pid != 0) {
        job++;
    }
    if (job == jobs + JOBS) {
        fprintf(stderr, "control: too many scripts at a time\n");
    } else {
        job->id = id;
        start(job, script, none);
    }
    free(script);
}

static void
collect(struct job *job)
{
    ssize_t got;
    while (job->length < SAID_MAX &&
           (got = read(job->output, job->said + job->length, SAID_MAX - job->length)) > 0) {
        job->length += (size_t)got;
    }
}

static void
finish(int port, struct job *job, int status)
{
    char head[64];
    collect(job);
    int code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    int length = snprintf(head, sizeof head, "%ld %d %zu\n", job->id, code, job->length);
    write_all(port, head, (size_t)length);
    write_all(port, job->said, job->length);
    close(job->output);
    free(job->said);
    job->pid = 0;
}

/* Also orphans, as every init. */
static void
reap(int port, struct job *jobs, int signals)
{
    struct signalfd_siginfo info;
    (void)!read(signals, &info, sizeof info);
    pid_t pid;
    int status;
    while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
        for (struct job *job = jobs; job < jobs + JOBS; job++) {
            if (job->pid == pid) {
                finish(port, job, status);
            }
        }
    }
}

int
main(int argc, char **argv)
{
    static struct job jobs[JOBS];
    sigset_t child, none;
    sigemptyset(&none);
    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    sigprocmask(SIG_BLOCK, &child, NULL);
    int signals = signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK);
    int port = open(argc > 1 ? argv[1] : "", O_RDWR | O_CLOEXEC);
    if (port < 0) {
        die("control: open the port");
    }
    for (;;) {
        struct pollfd fds[2 + JOBS] = {{.fd = port, .events = POLLIN},
                                       {.fd = signals, .events = POLLIN}};
        for (int i = 0; i < JOBS; i++) {
            int fd = jobs[i].pid != 0 && jobs[i].length < SAID_MAX ? jobs[i].output : -1;
            fds[2 + i] = (struct pollfd){.fd = fd, .events = POLLIN};
        }
        if (poll(fds, 2 + JOBS, -1) < 0) {
            continue;
        }
        for (int i = 0; i < JOBS; i++) {
            if (fds[2 + i].revents & POLLIN) {
                collect(&jobs[i]);
            }
        }
        if (fds[0].revents & POLLIN) {
            accept_script(port, jobs, &none);
        } else if (fds[0].revents & POLLHUP) {
            usleep(20 * 1000);
        }
        if (fds[1].revents & POLLIN) {
            reap(port, jobs, signals);
        }
    }
}
