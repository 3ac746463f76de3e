/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * args.h - the constructor of QgaArgs, for request.c; the getters are in request.h
 */

#include "request.h"

/**
 * qga_args_new:
 * @object: (nullable): the arguments; borrowed, and has to outlive the result
 * @path: put before names in errors, such as "vcpus[0]."
 */
QgaArgs *qga_args_new(const QgaValue *object, const char *path);
void qga_args_free(QgaArgs *self);
