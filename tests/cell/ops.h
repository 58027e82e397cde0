/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * One request of the control socket on its way: its fields, and the functions of the ops that have
 * files of their own.  Each returns the answer, the caller's, or NULL and says why in op->why.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

struct cell;
struct modem;
struct phone;

struct op {
	struct cell *cell;
	json_t *request;
	char why[256];
};

/* NULL, always. */
json_t *op_refuse(struct op *op, const char *why);

/* A string without NUL; NULL: it is none, or missing (need: and the op is refused). */
const char *op_text_field(const struct op *op, const char *name);
const char *op_need_text(struct op *op, const char *name);

/* Leaves the value alone when there is no such field; false: refused. */
bool op_int_field(struct op *op, const char *name, int64_t least, int64_t most, int64_t *value);
struct modem *op_need_modem(struct op *op);
struct phone *op_need_number(struct op *op, const char *field);

/* ---- ops_modem.c ---- */
json_t *op_raw(struct op *op);
json_t *op_set(struct op *op);
json_t *op_hold(struct op *op);
json_t *op_resume(struct op *op);
json_t *op_unplug(struct op *op);
json_t *op_plug(struct op *op);
json_t *op_restart(struct op *op);
json_t *op_ussd(struct op *op);
json_t *op_ussd_say(struct op *op);

/* ---- ops_show.c ---- */
json_t *op_screen(struct op *op);
json_t *op_store(struct op *op);
json_t *op_modems(struct op *op);
json_t *op_phones(struct op *op);
