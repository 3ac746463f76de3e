/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * args.h - how request.c makes the arguments whose getters are in request.h
 */

#include "request.h"

/**
 * qga_args_new:
 * @object: (nullable): the arguments; borrowed, outlives
 * @path: what stands before a name in errors, such as "vcpus[0]."
 */
QgaArgs *qga_args_new(const QgaValue *object, const char *path);
void qga_args_free(QgaArgs *self);
