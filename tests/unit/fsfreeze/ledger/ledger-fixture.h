/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * ledger-fixture.h - a state directory, and a plan whose freeze the ledger is for
 */

#include "fake-plan.h"
#include "fake-sys.h"
#include "ledger-entries.h"
#include "ledger.h"
#include "test-support.h"

typedef struct {
    char *dir;  /* the state directory */
    char *path; /* the ledger in it */
    FakeSys *sys;
    FrostPlan *plan;     /* freezes /srv and /, in this order; syncs /boot/efi; excludes /mnt */
    FrostLedger *ledger; /* NULL, unless a test sets it */
} Fixture;

#define FIXTURE_TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int set_up(void **state);
int tear_down(void **state);

FrostLedger *must_open(Fixture *f);
void must_begin(Fixture *f, FrostLedger *ledger);
/* Leaves an active ledger of this boot with "/srv" frozen. */
void leave_frozen(Fixture *f);

/* Writes into the file, and creates it if it is missing. */
void overwrite(Fixture *f, size_t offset, const void *bytes, size_t length);
/* The content of the file; g_free() it. */
char *content(Fixture *f, gsize *out_length);
