/* SPDX-License-Identifier: MIT */
#include "path-watch.h"

#include <errno.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#define RETRY_US (5 * G_USEC_PER_SEC)
/* The kernel tells of a close before the driver has let go of the device. */
#define RETRY_SOON_US (G_USEC_PER_SEC / 10)

#define DIRECTORY_EVENTS                                                                \
    (IN_CREATE | IN_MOVED_TO | IN_DELETE | IN_MOVED_FROM | IN_ATTRIB | IN_DELETE_SELF | \
     IN_MOVE_SELF)
#define NODE_EVENTS (IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF)

#define LINKS_MAX 40 /* as the kernel's own path lookup */
#define READS_A_TURN 16

/* One entry of one directory on the way; no name: the place itself. */
typedef struct {
    int wd;
    char *name;
} Place;

struct FrostPathWatch {
    GSource base;
    int inotify_fd; /* -1: not to be had */
    char *path;
    GArray *places; /* of Place */
    FrostPathChanged changed;
    void *user;
};

typedef enum {
    WAY_FOUND,     /* the path is there */
    WAY_MISSING,   /* it is not, and an event will tell of any change */
    WAY_UNWATCHED, /* nothing would tell */
} Way;

/* The way that is still to be walked, without symbolic links behind and perhaps with some ahead. */
typedef struct {
    GString *here;
    GString *rest;
    unsigned links;
} Walk;

static void
place_clear(gpointer element)
{
    Place *place = element;

    g_free(place->name);
}

static int
add_watch(FrostPathWatch *self, const char *path, const char *name, uint32_t events)
{
    Place place = {.wd = inotify_add_watch(self->inotify_fd, path, events | IN_MASK_ADD)};

    if (place.wd < 0)
        return -errno;
    place.name = g_strdup(name);
    g_array_append_val(self->places, place);
    return 0;
}

/* Takes the next name off the way; NULL at its end. */
static char *
next_name(Walk *walk)
{
    size_t start = strspn(walk->rest->str, "/");
    size_t length = strcspn(walk->rest->str + start, "/");
    char *name = length > 0 ? g_strndup(walk->rest->str + start, length) : NULL;

    g_string_erase(walk->rest, 0, (gssize)(start + length));
    return name;
}

static void
go_up(Walk *walk)
{
    const char *slash = strrchr(walk->here->str, '/');

    g_string_truncate(walk->here, slash ? (gsize)(slash - walk->here->str) : 0);
}

static bool
follow_link(Walk *walk)
{
    g_autofree char *target = g_file_read_link(walk->here->str, NULL);

    if (!target || ++walk->links > LINKS_MAX)
        return false;
    if (target[0] == '/')
        g_string_truncate(walk->here, 0);
    else
        go_up(walk);
    if (walk->rest->len > 0)
        g_string_prepend(walk->rest, "/");
    g_string_prepend(walk->rest, target);
    return true;
}

/* Goes one name further. WAY_FOUND: so far. */
static Way
walk_on(FrostPathWatch *self, Walk *walk, const char *name)
{
    struct stat st;

    /* The watch comes before the look: whatever changes after the look is told. */
    int r = add_watch(self, walk->here->len ? walk->here->str : "/", name,
                      DIRECTORY_EVENTS | IN_ONLYDIR);
    if (r == -ENOENT || r == -ENOTDIR)
        return WAY_MISSING; /* it has just changed: the watch before this one tells */
    if (r < 0)
        return WAY_UNWATCHED;

    g_string_append_printf(walk->here, "/%s", name);
    if (lstat(walk->here->str, &st) < 0)
        return errno == ENOENT ? WAY_MISSING : WAY_UNWATCHED;
    if (S_ISLNK(st.st_mode))
        return follow_link(walk) ? WAY_FOUND : WAY_UNWATCHED;
    if (!S_ISDIR(st.st_mode) && walk->rest->len > 0)
        return WAY_MISSING; /* until something else stands in its place */
    return WAY_FOUND;
}

static Way
walk_to_end(FrostPathWatch *self, Walk *walk)
{
    Way way = WAY_FOUND;

    while (way == WAY_FOUND) {
        g_autofree char *name = next_name(walk);

        if (!name)
            break;
        if (strcmp(name, "..") == 0)
            go_up(walk);
        else if (strcmp(name, ".") != 0)
            way = walk_on(self, walk, name);
    }
    return way;
}

static Way
look_around(FrostPathWatch *self)
{
    struct stat st;

    g_array_set_size(self->places, 0);
    if (!self->path || self->inotify_fd < 0)
        return WAY_UNWATCHED;

    Walk walk = {.here = g_string_new(NULL), .rest = g_string_new(self->path)};
    Way way = walk_to_end(self, &walk);
    if (way == WAY_FOUND && walk.here->len > 0 && lstat(walk.here->str, &st) == 0) {
        /* Of a directory IN_CLOSE would tell of all that is in it. */
        uint32_t events = NODE_EVENTS | (S_ISDIR(st.st_mode) ? 0 : (uint32_t)IN_CLOSE);

        add_watch(self, walk.here->str, NULL, events);
    }
    g_string_free(walk.here, TRUE);
    g_string_free(walk.rest, TRUE);
    return way;
}

static void
look(FrostPathWatch *self, gint64 retry_us)
{
    bool told = look_around(self) == WAY_MISSING;

    g_source_set_ready_time(&self->base, told ? -1 : g_get_monotonic_time() + retry_us);
}

static bool
concerns_us(const FrostPathWatch *self, const struct inotify_event *event)
{
    if (event->mask & IN_Q_OVERFLOW)
        return true;
    for (guint i = 0; i < self->places->len; i++) {
        const Place *place = &g_array_index(self->places, Place, i);

        if (place->wd != event->wd)
            continue;
        if (event->len == 0 || (place->name && strcmp(place->name, event->name) == 0))
            return true;
    }
    return false;
}

/* Others come and go in /dev all the time; most of it is not about our path. */
static bool
read_events(const FrostPathWatch *self)
{
    union {
        struct inotify_event event; /* for its alignment */
        char bytes[4096];
    } buffer;
    bool concerned = false;

    for (int i = 0; i < READS_A_TURN && self->inotify_fd >= 0; i++) {
        ssize_t n = read(self->inotify_fd, buffer.bytes, sizeof(buffer.bytes));

        if (n <= 0)
            break;
        for (ssize_t at = 0; at < n;) {
            const struct inotify_event *event = (const void *)(buffer.bytes + at);

            concerned = concerns_us(self, event) || concerned;
            at += (ssize_t)(sizeof(*event) + event->len);
        }
    }
    return concerned;
}

static gboolean
dispatch(GSource *source, GSourceFunc unused, gpointer unused_too)
{
    FrostPathWatch *self = (FrostPathWatch *)source;
    gint64 ready_us = g_source_get_ready_time(source);
    bool concerned = read_events(self);
    bool due = ready_us >= 0 && g_source_get_time(source) >= ready_us;

    if (concerned || due) {
        look(self, concerned ? RETRY_SOON_US : RETRY_US);
        self->changed(self->user);
    }
    return G_SOURCE_CONTINUE;
}

static void
finalize(GSource *source)
{
    FrostPathWatch *self = (FrostPathWatch *)source;

    if (self->inotify_fd >= 0)
        close(self->inotify_fd);
    g_array_unref(self->places);
    g_free(self->path);
}

static GSourceFuncs path_watch_funcs = {.dispatch = dispatch, .finalize = finalize};

/* `..` stays: behind a symbolic link it leads elsewhere than it looks. */
static char *
absolute(const char *path)
{
    g_autofree char *cwd = g_get_current_dir();

    return path[0] == '/' ? g_strdup(path) : g_build_filename(cwd, path, NULL);
}

FrostPathWatch *
frost_path_watch_new(const char *path, GMainContext *context, FrostPathChanged changed, void *user)
{
    GSource *source = g_source_new(&path_watch_funcs, sizeof(FrostPathWatch));
    FrostPathWatch *self = (FrostPathWatch *)source;

    self->inotify_fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    self->path = path ? absolute(path) : NULL;
    self->places = g_array_new(FALSE, FALSE, sizeof(Place));
    g_array_set_clear_func(self->places, place_clear);
    self->changed = changed;
    self->user = user;
    g_source_set_name(source, "path-watch");
    if (self->inotify_fd >= 0)
        g_source_add_unix_fd(source, self->inotify_fd, G_IO_IN);
    g_source_attach(source, context);
    look(self, RETRY_US);
    return self;
}

void
frost_path_watch_free(FrostPathWatch *self)
{
    if (!self)
        return;
    g_source_destroy(&self->base);
    g_source_unref(&self->base);
}

bool
frost_path_watch_is_silent(const FrostPathWatch *self)
{
    return g_source_get_ready_time((GSource *)&self->base) < 0;
}
