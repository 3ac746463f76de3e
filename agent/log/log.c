/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "held-lines.h"
#include "kept-lines.h"
#include "log-private.h"

/* These fields mark the lines of frost_slog() and of frost_notice() on their way through GLib. */
#define SLOG_FIELD "FROST_SLOG"
#define NOTICE_FIELD "FROST_NOTICE"

struct FrostLog {
    int fd;
    bool verbose;
    FrostSyslog *syslog;
    FrostHeldLines *held; /* NULL: not held */
    bool is_hold_logged;
    unsigned long missed; /* how many lines in a row could not be written */
    int missed_errno;
    bool is_torn; /* the last write ended in the middle of a line */
};

/* GLib accepts one writer function per process, once, and calls it from any thread. It is installed
 * with the first log, and uses the log that exists at the time. */
static struct {
    GMutex lock;
    bool is_installed;
    FrostLog *log;
} current;

static const char *
level_name(GLogLevelFlags level)
{
    if (level & G_LOG_LEVEL_ERROR)
        return "error";
    if (level & G_LOG_LEVEL_CRITICAL)
        return "critical";
    if (level & G_LOG_LEVEL_WARNING)
        return "warning";
    if (level & G_LOG_LEVEL_MESSAGE)
        return "message";
    if (level & G_LOG_LEVEL_INFO)
        return "info";
    return "debug";
}

/* A line is one write, so that the lines of several processes do not mix in a file. */
static bool
write_once(FrostLog *self, const char *text, size_t length)
{
    ssize_t r;

    do {
        r = write(self->fd, text, length);
    } while (r < 0 && errno == EINTR);

    if (r == (ssize_t)length) {
        self->is_torn = false;
        return true;
    }
    self->missed_errno = r < 0 ? errno : ENOSPC;
    if (r > 0)
        self->is_torn = true;
    return false;
}

static bool
write_formatted(FrostLog *self, const FrostLine *line)
{
    g_autofree char *text =
        g_strdup_printf("%s%" G_GINT64_FORMAT ".%06d: %s: %s\n", self->is_torn ? "\n" : "",
                        line->time_us / G_USEC_PER_SEC, (int)(line->time_us % G_USEC_PER_SEC),
                        level_name(line->level), line->text);

    return write_once(self, text, strlen(text));
}

/* Writes how many lines could not be written, before the first one that can be written again. */
static bool
write_missed(FrostLog *self)
{
    if (self->missed == 0)
        return true;

    g_autofree char *text = g_strdup_printf("%lu log lines could not be written: %s", self->missed,
                                            g_strerror(self->missed_errno));
    FrostLine line = {g_get_real_time(), G_LOG_LEVEL_WARNING, false, text};
    if (!write_formatted(self, &line))
        return false;
    self->missed = 0;
    return true;
}

static void
deliver(void *user, const FrostLine *line)
{
    FrostLog *self = user;

    if (line->to_syslog) {
        g_autofree char *text = g_strconcat("info: ", line->text, NULL);
        frost_syslog_send(self->syslog, line->time_us, text);
    } else if (!write_missed(self) || !write_formatted(self, line)) {
        self->missed++;
    }
}

static bool
is_wanted(const FrostLog *self, const FrostLine *line)
{
    return line->to_syslog || self->verbose ||
           (line->level & (G_LOG_LEVEL_ERROR | G_LOG_LEVEL_CRITICAL));
}

static void
take_line(FrostLog *self, const FrostLine *line)
{
    if (self->held)
        frost_held_lines_add(self->held, line);
    else
        deliver(self, line);
}

/* The length of the control character at the start of @text (ASCII, or U+0080 to U+009F); 0: none.
 */
static size_t
control_length(const char *text, size_t left)
{
    guchar first = (guchar)text[0];
    guchar second = left > 1 ? (guchar)text[1] : 0;

    if (first < 0x20 || first == 0x7f)
        return 1;
    return first == 0xc2 && second >= 0x80 && second <= 0x9f ? 2 : 0;
}

/* Replaces control characters, so that text from the host can neither forge a log line nor control
 * a terminal. */
static char *
clean(const char *message, size_t length)
{
    GString *text = g_string_new(NULL);

    while (length > 0 && message[length - 1] == '\n')
        length--;
    for (size_t i = 0; i < length;) {
        size_t control = control_length(message + i, length - i);

        if (control == 0)
            g_string_append_c(text, message[i++]);
        for (; control > 0; control--)
            g_string_append_printf(text, "\\x%02x", (guchar)message[i++]);
    }
    return g_string_free(text, FALSE);
}

static GLogWriterOutput
write_log(GLogLevelFlags level, const GLogField *fields, gsize n_fields, gpointer user)
{
    const GLogField *message = NULL;
    bool to_syslog = false;
    bool is_notice = false;

    for (gsize i = 0; i < n_fields; i++) {
        if (g_str_equal(fields[i].key, "MESSAGE"))
            message = &fields[i];
        else if (g_str_equal(fields[i].key, SLOG_FIELD))
            to_syslog = true;
        else if (g_str_equal(fields[i].key, NOTICE_FIELD))
            is_notice = true;
    }

    g_autofree char *text = NULL;
    if (message) {
        gssize length = message->length;

        text = clean(message->value, length < 0 ? strlen(message->value) : (size_t)length);
        if (frost_kept_lines_add(level, text))
            return G_LOG_WRITER_HANDLED;
    }
    g_mutex_lock(&current.lock);
    FrostLog *self = current.log;
    if (self && message) {
        FrostLine line = {g_get_real_time(), level, to_syslog, text};
        if (is_notice || is_wanted(self, &line))
            take_line(self, &line);
    }
    g_mutex_unlock(&current.lock);

    return self ? G_LOG_WRITER_HANDLED : g_log_writer_default(level, fields, n_fields, user);
}

static void
install(FrostLog *self)
{
    g_mutex_lock(&current.lock);
    if (!current.is_installed)
        g_log_set_writer_func(write_log, NULL, NULL);
    current.is_installed = true;
    current.log = self;
    g_mutex_unlock(&current.lock);
}

static int
open_file(const char *path)
{
    /* O_NONBLOCK: do not wait for the reader of a fifo. */
    const int flags = O_WRONLY | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;

    /* On a frozen filesystem O_CREAT waits for the thaw, even if the file exists. */
    int fd = open(path, flags);
    if (fd < 0 && errno == ENOENT)
        /* Verbose lines contain what the host sent, so not everybody may read the file. */
        fd = open(path, flags | O_CREAT, 0640);
    return fd < 0 ? -errno : fd;
}

FrostLog *
frost_log_new_with_syslog(const char *path, bool verbose, bool held, FrostSyslog *syslog,
                          GError **error)
{
    int fd = path ? open_file(path) : STDERR_FILENO;

    if (fd < 0) {
        frost_syslog_free(syslog);
        g_set_error(error, G_FILE_ERROR, (int)g_file_error_from_errno(-fd),
                    "unable to open specified log file: %s: %s", path, g_strerror(-fd));
        return NULL;
    }

    FrostLog *self = g_new0(FrostLog, 1);
    self->fd = fd;
    self->verbose = verbose;
    self->syslog = syslog;
    if (held)
        self->held = frost_held_lines_new();
    install(self);
    return self;
}

FrostLog *
frost_log_new(const char *path, bool verbose, const char *ident, GError **error)
{
    return frost_log_new_with_syslog(path, verbose, false, frost_syslog_new("/dev/log", ident),
                                     error);
}

FrostLog *
frost_log_new_held(const char *path, bool verbose, const char *ident, GError **error)
{
    return frost_log_new_with_syslog(path, verbose, true, frost_syslog_new("/dev/log", ident),
                                     error);
}

static void
say(FrostLog *self, const char *text)
{
    FrostLine line = {g_get_real_time(), G_LOG_LEVEL_WARNING, false, text};

    if (is_wanted(self, &line))
        take_line(self, &line);
}

static void
hold(FrostLog *self)
{
    g_mutex_lock(&current.lock);
    if (!self->is_hold_logged) {
        say(self, "disabling logging due to filesystem freeze");
        self->is_hold_logged = true;
    }
    if (!self->held)
        self->held = frost_held_lines_new();
    g_mutex_unlock(&current.lock);
}

/* Logged at any level. */
static void
log_lost(FrostLog *self, unsigned lost)
{
    if (lost == 0)
        return;

    g_autofree char *text =
        g_strdup_printf("%u log lines were lost while filesystems were frozen", lost);
    FrostLine line = {g_get_real_time(), G_LOG_LEVEL_WARNING, false, text};
    deliver(self, &line);
}

static void
release(FrostLog *self)
{
    g_mutex_lock(&current.lock);
    if (self->held) {
        g_autoptr(FrostHeldLines) held = g_steal_pointer(&self->held);

        frost_held_lines_foreach(held, deliver, self);
        log_lost(self, frost_held_lines_lost(held));
        if (self->is_hold_logged)
            say(self, "logging re-enabled due to filesystem unfreeze");
        self->is_hold_logged = false;
    }
    g_mutex_unlock(&current.lock);
}

void
frost_log_free(FrostLog *self)
{
    if (!self)
        return;
    release(self);

    g_mutex_lock(&current.lock);
    if (current.log == self)
        current.log = NULL;
    g_mutex_unlock(&current.lock);

    if (self->fd != STDERR_FILENO)
        close(self->fd);
    frost_syslog_free(self->syslog);
    g_free(self);
}

void
frost_log_set_held(FrostLog *self, bool held)
{
    if (held)
        hold(self);
    else
        release(self);
}

void
frost_notice(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    g_autofree char *text = g_strdup_vprintf(format, args);
    va_end(args);

    const GLogField fields[] = {
        {"PRIORITY", "4", -1},
        {"MESSAGE", text, -1},
        {NOTICE_FIELD, "1", -1},
    };
    g_log_structured_array(G_LOG_LEVEL_WARNING, fields, G_N_ELEMENTS(fields));
}

void
frost_slog(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    g_autofree char *text = g_strdup_vprintf(format, args);
    va_end(args);

    const GLogField fields[] = {
        {"PRIORITY", "6", -1},
        {"MESSAGE", text, -1},
        {SLOG_FIELD, "1", -1},
    };
    g_log_structured_array(G_LOG_LEVEL_INFO, fields, G_N_ELEMENTS(fields));
}
