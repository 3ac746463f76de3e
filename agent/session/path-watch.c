/* SPDX-License-Identifier: MIT */
#include "path-watch.h"

#include <errno.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "path-walk.h"

#define RETRY_US (5 * G_USEC_PER_SEC)
/* The kernel reports a close before the driver has released the device. */
#define RETRY_SOON_US (G_USEC_PER_SEC / 10)

#define DIRECTORY_EVENTS                                                                \
    (IN_CREATE | IN_MOVED_TO | IN_DELETE | IN_MOVED_FROM | IN_ATTRIB | IN_DELETE_SELF | \
     IN_MOVE_SELF)
#define NODE_EVENTS (IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF)

#define READS_A_TURN 16

/* One name in one directory of the path; without a name, the directory or node itself. */
typedef struct {
    int wd;
    char *name;
} Place;

struct FrostPathWatch {
    GSource base;
    int inotify_fd; /* -1: not available */
    char *path;
    GArray *places; /* of Place */
    FrostPathChanged changed;
    void *user;
};

typedef enum {
    WAY_FOUND,     /* the path exists */
    WAY_MISSING,   /* it does not; inotify reports any change */
    WAY_UNWATCHED, /* changes would not be reported */
} Way;

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

/* Walks to the next name, and watches it. WAY_FOUND: the path exists up to here. */
static Way
walk_on(FrostPathWatch *self, FrostPathWalk *walk, const char *name)
{
    struct stat st;

    /* The watch is added before the check, so that a change after the check is reported. */
    int r = add_watch(self, frost_path_walk_here(walk), name, DIRECTORY_EVENTS | IN_ONLYDIR);
    if (r == -ENOENT || r == -ENOTDIR)
        return WAY_MISSING; /* it has just changed, which the watch before this one reports */
    if (r < 0)
        return WAY_UNWATCHED;

    r = frost_path_walk_enter(walk, name, &st);
    if (r < 0)
        return r == -ENOENT ? WAY_MISSING : WAY_UNWATCHED;
    if (S_ISLNK(st.st_mode))
        return frost_path_walk_follow(walk) ? WAY_FOUND : WAY_UNWATCHED;
    if (!S_ISDIR(st.st_mode) && frost_path_walk_has_more(walk))
        return WAY_MISSING; /* until it is replaced by a directory */
    return WAY_FOUND;
}

static void
watch_node(FrostPathWatch *self, const char *path)
{
    struct stat st;

    if (lstat(path, &st) < 0)
        return;
    /* For a directory, IN_CLOSE would report every file in it. */
    uint32_t events = NODE_EVENTS | (S_ISDIR(st.st_mode) ? 0 : (uint32_t)IN_CLOSE);
    add_watch(self, path, NULL, events);
}

static Way
watch_way(FrostPathWatch *self)
{
    g_array_set_size(self->places, 0);
    if (!self->path || self->inotify_fd < 0)
        return WAY_UNWATCHED;

    g_autoptr(FrostPathWalk) walk = frost_path_walk_new(self->path);
    Way way = WAY_FOUND;
    for (char *name; way == WAY_FOUND && (name = frost_path_walk_next(walk)); g_free(name))
        way = walk_on(self, walk, name);
    if (way == WAY_FOUND)
        watch_node(self, frost_path_walk_here(walk));
    return way;
}

static void
watch_anew(FrostPathWatch *self, gint64 retry_us)
{
    bool told = watch_way(self) == WAY_MISSING;

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

/* True if an event is about our path. Most events in /dev are not. */
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
        watch_anew(self, concerned ? RETRY_SOON_US : RETRY_US);
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

/* Keeps "..", as after a symbolic link it does not lead to the folder that the text shows. */
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
    watch_anew(self, RETRY_US);
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
