/* SPDX-License-Identifier: MIT */
#include "unmapped-ledger.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "ledger-content.h"
#include "ledger-error.h"

/* open() says that there is no file, or none that we, or an agent before us, may write. */
static bool
is_no_ledger(int why)
{
    return why == ENOENT || why == ENOTDIR || why == ELOOP || why == ENXIO || why == EACCES ||
           why == EPERM || why == ENAMETOOLONG;
}

/* 0, with a copy of the content, to be freed, or NULL if it is not believed; or an errno. */
static int
read_content(int fd, FrostLedgerData **out)
{
    FrostLedgerData *data;
    off_t size;
    ssize_t n;

    *out = NULL;
    if (frost_ledger_examine(fd, false, &size) < 0 || size < (off_t)frost_ledger_size_for(0))
        return 0;
    data = g_try_malloc0(sizeof *data);
    if (!data)
        return ENOMEM;
    n = pread(fd, data, sizeof *data, 0);
    int why = n < 0 ? errno : 0;
    if (why == 0 && frost_ledger_content_is_usable(data, n)) {
        frost_ledger_terminate_texts(data);
        *out = data;
    } else {
        g_free(data);
    }
    return why;
}

/* 0 or an errno; as above. */
static int
read_file(const char *path, FrostLedgerData **out)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK);

    *out = NULL;
    if (fd < 0)
        return is_no_ledger(errno) ? 0 : errno;
    int why = read_content(fd, out);
    close(fd);
    return why;
}

/* NULL: nothing is left. */
static GError *
find_in(FrostLedgerData *data, const char *what)
{
    const FrostLedger ledger = {.fd = -1, .lock_fd = -1, .data = data};
    const FrostLedgerFs *held = frost_ledger_find_held(&ledger);

    if (atomic_load(&data->active) != FROST_LEDGER_ACTIVE)
        return NULL;
    if (held)
        return g_error_new(FROST_LEDGER_ERROR, FROST_LEDGER_ERROR_LEFT,
                           "%s; it says that an earlier freeze has left %s frozen: no freeze "
                           "begins before that is thawed, and the next request, or frost-ga thaw, "
                           "tries again",
                           what, held->mount_point);
    if (frost_ledger_owes_hooks(data))
        return g_error_new(FROST_LEDGER_ERROR, FROST_LEDGER_ERROR_IO,
                           "%s; it says that the hooks of an earlier freeze are not undone: no "
                           "freeze begins before they are, and the next request tries again",
                           what);
    return NULL;
}

FrostLedgerData *
frost_unmapped_ledger_read(const char *statedir)
{
    g_autofree char *path = g_build_filename(statedir, FROST_LEDGER_NAME, NULL);
    FrostLedgerData *data;

    read_file(path, &data);
    return data;
}

GError *
frost_unmapped_ledger_find_left(const char *statedir, int why)
{
    g_autofree char *path = g_build_filename(statedir, FROST_LEDGER_NAME, NULL);
    g_autofree char *what = g_strdup_printf("%s cannot be used%s%s", path, why ? ": " : " now",
                                            why ? g_strerror(why) : "");
    g_autofree FrostLedgerData *data = NULL;
    int unread = read_file(path, &data);

    if (unread != 0)
        return g_error_new(FROST_LEDGER_ERROR, FROST_LEDGER_ERROR_IO,
                           "%s, and it cannot be read: %s; what an earlier freeze has left is not "
                           "known, and the next request tries again",
                           what, g_strerror(unread));
    return data ? find_in(data, what) : NULL;
}
