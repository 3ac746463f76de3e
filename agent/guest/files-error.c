/* SPDX-License-Identifier: MIT */
#include "files-error.h"

G_DEFINE_QUARK(frost_files_error, frost_files_error)
