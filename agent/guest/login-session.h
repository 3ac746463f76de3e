/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * login-session.h - reads a session file of logind or elogind, in /run/systemd/sessions
 *
 * For systems that have no utmp any more: Debian since 13, Fedora, openSUSE.
 */

#include <glib.h>
#include <stdbool.h>

typedef struct {
    char *user;
    double login_time_s; /* since the epoch */
} FrostLoginSession;

/**
 * frost_login_session_parse:
 * @text: the file; may be any bytes
 *
 * False: nobody is logged in with this session. It is that of a greeter, a manager or a background
 * program, it is closing, it has neither a terminal nor a remote end, or the file is damaged.
 */
bool frost_login_session_parse(const char *text, FrostLoginSession *out);
void frost_login_session_clear(FrostLoginSession *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(FrostLoginSession, frost_login_session_clear)

/* True if @name is a name that logind gives to a session, such as "12" or "c3". There are other
 * files in that folder, too. */
bool frost_login_session_is_name(const char *name);
