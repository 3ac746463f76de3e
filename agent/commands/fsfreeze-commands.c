/* SPDX-License-Identifier: MIT */

/*
 * guest-fsfreeze-*; what hosts expect of them is in agent/README.md, "What a freeze does"
 */
#include <string.h>

#include "families.h"

#include "log.h"
#include "vendor.h"

static void
answer_count(void *user, unsigned count, const GError *error)
{
    QgaCall *call = user;

    if (error)
        qga_call_fail(call, g_error_copy(error));
    else
        qga_call_return(call, qga_value_new_int(count));
}

static void
status(QgaCall *call, void *user)
{
    FrostCommandContext *context = user;

    if (!frost_call_takes_nothing(call))
        return;
    bool frozen = frost_transaction_is_frozen(context->transaction);
    qga_call_return(call, qga_value_new_string(frozen ? "frozen" : "thawed"));
}

/* True if @id is one short word: it is written to logs and to the environment of hooks. */
static bool
is_id(const char *id)
{
    return id[0] != '\0' && strlen(id) <= FROST_LEDGER_ID_LENGTH &&
           id[strspn(id, G_CSET_a_2_z G_CSET_A_2_Z G_CSET_DIGITS "._:+@-")] == '\0';
}

/* (nullable): the name that the host gives the freeze. */
static bool
get_id(const QgaArgs *args, const char **out, GError **error)
{
    *out = NULL;
    if (!qga_args_string_optional(args, FROST_VENDOR_ID, out, error))
        return false;
    if (*out && !is_id(*out)) {
        g_set_error_literal(error, QGA_ERROR, QGA_ERROR_GENERIC,
                            "Parameter '" FROST_VENDOR_ID "' expects 1 to 64 letters, digits or "
                            "of ._:+@-");
        return false;
    }
    return true;
}

/* A thaw that waits behind a freeze means that the host has given up the freeze, unless the thaw
 * names another one. */
static bool
on_thaw_waits(void *user, const QgaValue *arguments)
{
    FrostTransaction *transaction = user;
    const QgaValue *id = arguments ? qga_value_get(arguments, FROST_VENDOR_ID) : NULL;

    if (id && (qga_value_kind(id) != QGA_KIND_STRING ||
               !frost_transaction_is_called(transaction, qga_value_get_string(id))))
        return false;
    frost_transaction_give_up_freeze(transaction);
    return true;
}

static void
start(QgaCall *call, FrostTransaction *transaction, const char *const *mount_points, const char *id)
{
    frost_slog("guest-fsfreeze called%s%s", id ? ", id: " : "", id ? id : "");
    qga_call_give_way(call, "guest-fsfreeze-thaw", on_thaw_waits, transaction);
    frost_transaction_freeze(transaction, mount_points, id, answer_count, call);
}

static void
freeze(QgaCall *call, void *user)
{
    FrostCommandContext *context = user;
    const QgaArgs *args = qga_call_args(call);
    GError *error = NULL;
    const char *id;

    if (get_id(args, &id, &error) && qga_args_end(args, &error))
        start(call, context->transaction, NULL, id);
    else
        qga_call_fail(call, error);
}

static void
freeze_list(QgaCall *call, void *user)
{
    FrostCommandContext *context = user;
    const QgaArgs *args = qga_call_args(call);
    g_auto(GStrv) mount_points = NULL;
    GError *error = NULL;
    const char *id;

    if (qga_args_strings_optional(args, "mountpoints", &mount_points, &error) &&
        get_id(args, &id, &error) && qga_args_end(args, &error))
        start(call, context->transaction, (const char *const *)mount_points, id);
    else
        qga_call_fail(call, error);
}

/* A thaw that names a freeze ends only that one, and its answer is only about that one. */
static void
thaw(QgaCall *call, void *user)
{
    FrostCommandContext *context = user;
    const QgaArgs *args = qga_call_args(call);
    GError *error = NULL;
    const char *id;

    if (get_id(args, &id, &error) && qga_args_end(args, &error) && id &&
        !frost_transaction_is_called(context->transaction, id))
        g_set_error(&error, QGA_ERROR, QGA_ERROR_GENERIC,
                    "freeze '%s' is neither held nor the last one: nothing was thawed", id);
    if (error) {
        qga_call_fail(call, error);
        return;
    }
    frost_slog("guest-fsthaw called%s%s", id ? ", id: " : "", id ? id : "");
    frost_transaction_thaw(context->transaction, answer_count, call);
}

static void
receipt(QgaCall *call, void *user)
{
    const FrostCommandContext *context = user;
    const FrostLedgerData *ledger = frost_transaction_ledger(context->transaction);
    const QgaArgs *args = qga_call_args(call);
    const char *id = NULL;
    int64_t last = 1;
    GError *error = NULL;

    if (!qga_args_string_optional(args, "id", &id, &error) ||
        !qga_args_int_optional(args, "last", &last, &error) || !qga_args_end(args, &error)) {
        qga_call_fail(call, error);
        return;
    }
    g_autoptr(FrostSnapshot) now = frost_snapshot_of_ledger(ledger);
    g_autoptr(FrostRecord) held = frost_transaction_record(context->transaction);
    const FrostReceiptQuestion question = {.now = now,
                                           .now_us = frost_sys_now_us(context->sys),
                                           .held = held,
                                           .is_frozen =
                                               frost_transaction_is_frozen(context->transaction),
                                           .id = id,
                                           .last = (unsigned)CLAMP(last, 0, G_MAXINT)};
    qga_call_return(call, frost_receipts_answer(context->receipts, &question));
}

static const QgaCommand commands[] = {
    {"guest-fsfreeze-status", QGA_COMMAND_WHILE_FROZEN, status},
    {"guest-fsfreeze-freeze", QGA_COMMAND_PLAIN, freeze},
    {"guest-fsfreeze-freeze-list", QGA_COMMAND_PLAIN, freeze_list},
    {"guest-fsfreeze-thaw", QGA_COMMAND_WHILE_FROZEN, thaw},
    {FROST_VENDOR_RECEIPT, QGA_COMMAND_WHILE_FROZEN, receipt},
};

const FrostFamily frost_fsfreeze_family = {.commands = commands, .count = G_N_ELEMENTS(commands)};
