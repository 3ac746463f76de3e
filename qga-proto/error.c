/* SPDX-License-Identifier: MIT */
#include "error.h"

G_DEFINE_QUARK(qga_error, qga_error)
