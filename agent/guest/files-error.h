/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * files-error.h - the errors of files.h
 */

#include <glib.h>

#define FROST_FILES_ERROR (frost_files_error_quark())

typedef enum {
    FROST_FILES_ERROR_MODE,     /* there is no such mode */
    FROST_FILES_ERROR_OPEN,     /* the file could not be opened */
    FROST_FILES_ERROR_TOO_MANY, /* all handles are in use */
    FROST_FILES_ERROR_HANDLE,   /* there is no such handle */
    FROST_FILES_ERROR_COUNT,    /* the count is out of range */
    FROST_FILES_ERROR_IO,       /* reading, writing or seeking failed */
} FrostFilesError;

GQuark frost_files_error_quark(void);
