/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * request-log.h - logs each request of the host as one line
 *
 * More people may read the log than should see the requests. So a line has only the arguments that
 * the schema allows (schema.h): no password, no key, no content of a file, and no argument,
 * environment or input of a program.
 */

#include "dispatch.h"

/* The longest line, in bytes. */
#define FROST_REQUEST_LINE_MAX 1024

/**
 * frost_request_describe:
 * @request: NULL: what came was not a request
 *
 * Returns one line, such as `guest-file-open path="/etc/motd" mode="r"`, of at most
 * FROST_REQUEST_LINE_MAX bytes of ASCII; g_free() it. Control characters are escaped as in JSON.
 * The end says how many arguments are not shown.
 */
char *frost_request_describe(const QgaRequest *request);

/* From now on, logs each request of @dispatch at level debug. */
void frost_request_log_follow(QgaDispatch *dispatch);
