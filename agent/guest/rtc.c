/* SPDX-License-Identifier: MIT */
#include "rtc.h"

#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <linux/rtc.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

/* The third line of /etc/adjtime is LOCAL or UTC. Without that file the clock runs in UTC. */
static bool
is_local(void)
{
    g_autofree char *text = NULL;

    if (!g_file_get_contents("/etc/adjtime", &text, NULL, NULL))
        return false;
    g_auto(GStrv) lines = g_strsplit(text, "\n", 4);
    return g_strv_length(lines) > 2 && g_str_has_prefix(lines[2], "LOCAL");
}

bool
frost_rtc_exists(void)
{
    g_autoptr(GDir) known = g_dir_open("/sys/class/rtc", 0, NULL);

    return (known && g_dir_read_name(known)) || access("/dev/rtc", F_OK) == 0;
}

static int
open_clock(int flags)
{
    int fd = open("/dev/rtc", flags | O_CLOEXEC);

    if (fd < 0 && errno == ENOENT)
        fd = open("/dev/rtc0", flags | O_CLOEXEC);
    return fd < 0 ? -errno : fd;
}

/* struct rtc_time has the fields of struct tm that the kernel uses. */
static int
talk(int flags, unsigned long request, struct rtc_time *time)
{
    int fd = open_clock(flags);

    if (fd < 0)
        return fd;
    int r = ioctl(fd, request, time) < 0 ? -errno : 0;
    close(fd);
    return r;
}

int
frost_rtc_read(int64_t *out_s)
{
    struct rtc_time now = {0};
    int r = talk(O_RDONLY, RTC_RD_TIME, &now);

    if (r < 0)
        return r;
    struct tm fields = {.tm_year = now.tm_year,
                        .tm_mon = now.tm_mon,
                        .tm_mday = now.tm_mday,
                        .tm_hour = now.tm_hour,
                        .tm_min = now.tm_min,
                        .tm_sec = now.tm_sec,
                        .tm_isdst = -1};
    *out_s = is_local() ? mktime(&fields) : timegm(&fields);
    return 0;
}

int
frost_rtc_write(int64_t s)
{
    time_t when = (time_t)s;
    struct tm fields;

    if (!(is_local() ? localtime_r(&when, &fields) : gmtime_r(&when, &fields)))
        return -EOVERFLOW;

    struct rtc_time wanted = {.tm_year = fields.tm_year,
                              .tm_mon = fields.tm_mon,
                              .tm_mday = fields.tm_mday,
                              .tm_hour = fields.tm_hour,
                              .tm_min = fields.tm_min,
                              .tm_sec = fields.tm_sec,
                              .tm_isdst = -1};
    return talk(O_WRONLY, RTC_SET_TIME, &wanted);
}
