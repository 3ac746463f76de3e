/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/fs.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "call-filter.h"
#include "capabilities.h"
#include "landlock.h"
#include "test-support.h"

/* What is given up here is given up for good: each case is a child, which does not return. It ends
 * with the number of the line on which it found something else than it should, or 0. */
typedef void (*Deed)(void);

#define MUST(condition)                \
    do {                               \
        if (!(condition))              \
            _exit(__LINE__ % 255 + 1); \
    } while (0)
#define MUST_FAIL(call, why) MUST((call) == -1 && errno == (why))
/* By the filter: in a build with -Dseal_kills=true the first such call ends the child. */
#ifdef FROST_SEAL_KILLS
#define MUST_BE_REFUSED(call) MUST((call) == -1 && false)
#define REFUSED_BY SIGSYS
#else
#define MUST_BE_REFUSED(call) MUST_FAIL(call, ENOSYS)
#define REFUSED_BY 0
#endif

static int
end_of(Deed deed)
{
    int status;
    pid_t child = fork();

    if (child == 0) {
        deed();
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    return status;
}

static void
assert_done(Deed deed)
{
    assert_int_equal(end_of(deed), 0);
}

static void
assert_refused(Deed deed)
{
    int status = end_of(deed);

    if (status != 0) /* else the kernel may have no filters */
        assert_int_equal(status & ~WCOREFLAG, REFUSED_BY);
}

/* A kernel without it, or a container that forbids it: the freezer goes on without. */
static bool
is_missing(int r)
{
    return r == -ENOSYS || r == -EOPNOTSUPP || r == -EINVAL || r == -EPERM;
}

static void
shut_files(void)
{
    int before = open("/proc/self/stat", O_RDONLY);
    char c;
    int rules = frost_landlock_open();

    if (is_missing(rules))
        _exit(0);
    MUST(rules >= 0 && before >= 0);
    MUST(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
    MUST(frost_landlock_restrict(rules) == 0);
    MUST(read(before, &c, 1) == 1);
    MUST_FAIL(open("/proc/self/stat", O_RDONLY), EACCES);
    MUST_FAIL(open("/dev/null", O_WRONLY), EACCES);
    MUST_FAIL(execl("/bin/true", "true", NULL), EACCES);
}

static void
no_file_can_be_opened_and_what_is_open_stays_so(void **state)
{
    assert_done(shut_files);
}

static char known_folder[] = "/tmp/frost-seal-XXXXXX";

static void
keep_to_known_files(void)
{
    const char *folder = known_folder;
    int rules = frost_landlock_open_for_known_files();

    if (is_missing(rules))
        _exit(0);
    MUST(rules >= 0);
    MUST(frost_landlock_allow(rules, folder, FROST_LANDLOCK_CHANGE) == 0);
    MUST(frost_landlock_allow(rules, "/no/such", FROST_LANDLOCK_CHANGE) == -ENOENT);
    MUST(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
    MUST(chdir(folder) == 0 && frost_landlock_restrict(rules) == 0);
    MUST(open("made", O_WRONLY | O_CREAT, 0600) >= 0 && unlink("made") == 0);
    MUST(open("/proc/self/stat", O_RDONLY) >= 0 && open("/dev/null", O_WRONLY) >= 0);
    MUST_FAIL(open("/tmp/frost-seal-made", O_WRONLY | O_CREAT, 0600), EACCES);
    MUST_FAIL(mkdir("folder", 0700), EACCES);
    MUST_FAIL(execl("/bin/true", "true", NULL), EACCES);
    MUST_FAIL(rmdir(folder), EACCES);
}

static void
files_are_made_and_executed_only_where_that_is_allowed(void **state)
{
    assert_non_null(mkdtemp(known_folder));
    assert_done(keep_to_known_files);
    assert_int_equal(rmdir(known_folder), 0);
}

static uint64_t
read_set(const char *name)
{
    char text[4096];
    int fd = open("/proc/self/status", O_RDONLY);
    ssize_t length = read(fd, text, sizeof text - 1);

    close(fd);
    text[MAX(length, 0)] = '\0';
    const char *line = strstr(text, name);
    MUST(line);
    return strtoull(line + strlen(name), NULL, 16);
}

static void
keep_one_right(void)
{
    const uint64_t one = FROST_CAPABILITY(CAP_SYS_ADMIN);
    uint64_t before = read_set("CapPrm:");

    MUST(frost_capabilities_bar_new() == 0);
    MUST(frost_capabilities_bound(0) == (before >> CAP_SETPCAP & 1 ? 0 : -EPERM));
    MUST(frost_capabilities_keep(one) == 0);
    MUST(read_set("CapPrm:") == (before & one));
    MUST(read_set("CapEff:") == (before & one));
    MUST(read_set("CapInh:") == 0);
    MUST(read_set("NoNewPrivs:") == 1);
    MUST(!(before >> CAP_SETPCAP & 1) || read_set("CapBnd:") == 0);
}

static void
one_right_is_kept(void **state)
{
    assert_done(keep_one_right);
}

/* What is kept is only what there is. */
static void
keep_what_is_had(void)
{
    const uint64_t first = FROST_CAPABILITY(CAP_SYS_ADMIN) | FROST_CAPABILITY(CAP_SYS_TIME);
    const uint64_t second = FROST_CAPABILITY(CAP_SYS_TIME) | FROST_CAPABILITY(CAP_SYSLOG);
    uint64_t before = read_set("CapPrm:");

    MUST(frost_capabilities_keep(first) == 0);
    MUST(read_set("CapEff:") == (before & first));
    MUST(frost_capabilities_keep(second) == 0);
    MUST(read_set("CapPrm:") == (before & first & second));
    MUST(read_set("CapEff:") == (before & first & second));
    MUST(read_set("NoNewPrivs:") == 0);
}

static void
of_several_rights_those_are_kept_that_there_are(void **state)
{
    assert_done(keep_what_is_had);
}

static void
bound_programs(void)
{
    uint64_t before = read_set("CapBnd:");
    const uint64_t some = FROST_CAPABILITY(CAP_SYS_TIME) | FROST_CAPABILITY(CAP_SYSLOG);

    if (frost_capabilities_bound(some) == -EPERM)
        _exit(0);
    MUST(read_set("CapBnd:") == (before & some));
    MUST(read_set("CapEff:") != 0);
}

static void
programs_are_bound_to_some_rights(void **state)
{
    assert_done(bound_programs);
}

typedef struct {
    int asked[2];
    int told[2];
} Thread;

static void *
try_in_thread(void *user)
{
    const Thread *self = user;
    char c = 'y';

    MUST(write(self->told[1], &c, 1) == 1);
    MUST(read(self->asked[0], &c, 1) == 1);
    MUST_BE_REFUSED(syscall(SYS_getppid));
    MUST(write(self->told[1], &c, 1) == 1);
    for (;;)
        (void)!read(self->asked[0], &c, 1);
    return NULL;
}

static void
shut_calls(void)
{
    /* Neither is on anything that can be frozen: FIFREEZE is refused by the kernel behind the
     * filter, too, but in other words. */
    int handed_over = eventfd(0, 0);
    int other = eventfd(0, 0);
    Thread thread;
    pthread_t id;
    char c = 'x';

    MUST(pipe(thread.asked) == 0 && pipe(thread.told) == 0);
    MUST(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
    MUST(pthread_create(&id, NULL, try_in_thread, &thread) == 0);
    MUST(read(thread.told[0], &c, 1) == 1); /* it has begun: that takes other calls */
    int r = frost_call_filter_install(&handed_over, 1);
    if (is_missing(r))
        _exit(0);
    MUST(r == 0);
    MUST_FAIL(ioctl(handed_over, FIFREEZE, 0), EOPNOTSUPP);
    MUST(ioctl(handed_over, FITHAW, 0) == -1 && errno != ENOSYS);
    MUST_BE_REFUSED(ioctl(other, FIFREEZE, 0));
    MUST_BE_REFUSED(ioctl(handed_over, FITRIM, 0));
    MUST_BE_REFUSED(open("/dev/null", O_RDONLY));
    MUST_BE_REFUSED(socket(AF_UNIX, SOCK_STREAM, 0));
    MUST_BE_REFUSED(kill(1, 0));
    MUST(write(thread.asked[1], &c, 1) == 1);
    MUST(read(thread.told[0], &c, 1) == 1);
}

static void
only_the_calls_of_a_freezer_pass_in_every_thread(void **state)
{
    assert_refused(shut_calls);
}

static void
shut_calls_with_many(void)
{
    int fds[1024];

    for (int i = 0; i < 1024; i++)
        fds[i] = 100 + i;
    MUST(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
    int r = frost_call_filter_install(fds, 1024);
    if (is_missing(r))
        _exit(0);
    MUST(r == 0);
    MUST_BE_REFUSED(ioctl(99, FIFREEZE, 0));
    MUST_FAIL(ioctl(100, FIFREEZE, 0), EBADF);
    MUST_FAIL(ioctl(1123, FITHAW, 0), EBADF);
    MUST_BE_REFUSED(ioctl(1124, FITHAW, 0));
}

static void
as_many_filesystems_fit_as_there_can_be(void **state)
{
    assert_refused(shut_calls_with_many);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_file_can_be_opened_and_what_is_open_stays_so),
        cmocka_unit_test(files_are_made_and_executed_only_where_that_is_allowed),
        cmocka_unit_test(one_right_is_kept),
        cmocka_unit_test(of_several_rights_those_are_kept_that_there_are),
        cmocka_unit_test(programs_are_bound_to_some_rights),
        cmocka_unit_test(only_the_calls_of_a_freezer_pass_in_every_thread),
        cmocka_unit_test(as_many_filesystems_fit_as_there_can_be),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
