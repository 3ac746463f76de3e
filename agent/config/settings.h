/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * settings.h - frost-ga's own settings, each a key of group [fsfreeze] and a long option
 *
 * One table has their names, how their values are parsed and how they are printed. The config file,
 * the command line and the dump all use it.
 */

#include "config.h"

#define FROST_SETTINGS_GROUP "fsfreeze"

typedef struct {
    const char *name;     /* the key, and the long option */
    bool is_list;         /* it may be given several times; in the file `;` separates the items */
    const char *expected; /* what a value has to be, for the error message */
    bool (*set)(FrostConfig *config, const char *text);
    /* Returns the value as in a config file, g_free() it; NULL: an empty list. */
    char *(*print)(const FrostConfig *config);
} FrostSetting;

/* The table, ended by a name of NULL. */
const FrostSetting *frost_settings(void);

/**
 * frost_setting_apply:
 * @place: put before the name in the error: "--" or "[fsfreeze] "
 *
 * Sets one value, or appends it to a list. Fails with FROST_CONFIG_ERROR_VALUE, which names the
 * setting, the value and what is expected.
 */
bool frost_setting_apply(const FrostSetting *setting, FrostConfig *config, const char *text,
                         const char *place, GError **error);
