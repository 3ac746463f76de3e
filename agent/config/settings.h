/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * settings.h - frost-ga's own settings, each a key of group [fsfreeze] and a long option
 *
 * One table says what they are called, what they may be and how they are printed; the config
 * file, the command line and the dump all follow it.
 */

#include "config.h"

#define FROST_SETTINGS_GROUP "fsfreeze"

typedef struct {
    const char *name;     /* the key; the long option is the same */
    bool is_list;         /* may be given several times; `;` between the items in the file */
    const char *expected; /* what a value has to be, for the error message */
    bool (*set)(FrostConfig *config, const char *text);
    /* The value as the config file would have it, or NULL for the empty list; g_free() it. */
    char *(*print)(const FrostConfig *config);
} FrostSetting;

/* The table, ended by a name of NULL. */
const FrostSetting *frost_settings(void);

/**
 * frost_setting_apply:
 * @place: what stands before the name where the value was found: "--" or "[fsfreeze] "
 *
 * Sets, or for a list appends, one value. The error names the setting, the value and what was
 * expected (FROST_CONFIG_ERROR_VALUE).
 */
bool frost_setting_apply(const FrostSetting *setting, FrostConfig *config, const char *text,
                         const char *place, GError **error);
