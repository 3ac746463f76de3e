/* SPDX-License-Identifier: MIT */
#include "history-error.h"

G_DEFINE_QUARK(frost_history_error, frost_history_error)
