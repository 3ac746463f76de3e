/* SPDX-License-Identifier: MIT */
#include "child-setting.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fork.h"

#define OOM_FILE "/proc/self/oom_score_adj"

FrostChildSetting
frost_child_setting_usual(void)
{
    return (FrostChildSetting){.umask = FROST_CHILD_UMASK};
}

int32_t
frost_child_setting_own_oom_score_adj(void)
{
    char text[16] = "";
    int fd = open(OOM_FILE, O_RDONLY | O_CLOEXEC);

    if (fd < 0)
        return 0;
    ssize_t length = read(fd, text, sizeof text - 1);
    close(fd);
    return length > 0 ? atoi(text) : 0;
}

/* Writes only a different value: lowering it needs a privilege. */
static void
set_oom_score_adj(int32_t wanted)
{
    char text[16];

    if (frost_child_setting_own_oom_score_adj() == wanted)
        return;
    int fd = open(OOM_FILE, O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return;
    snprintf(text, sizeof text, "%d", (int)wanted);
    ssize_t ignored = write(fd, text, strlen(text));
    (void)ignored;
    close(fd);
}

static void
set_open_files(uint64_t wanted)
{
    struct rlimit limit;

    if (wanted == 0 || getrlimit(RLIMIT_NOFILE, &limit) < 0)
        return;
    limit.rlim_cur = wanted < limit.rlim_max ? (rlim_t)wanted : limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

void
frost_child_settle(const FrostChildSetting *setting)
{
    const FrostChildSetting usual = frost_child_setting_usual();

    if (!setting)
        setting = &usual;
    setsid();
    frost_default_signals();
    umask((mode_t)setting->umask & 0777);
    set_oom_score_adj(setting->oom_score_adj);
    set_open_files(setting->open_files);
}
