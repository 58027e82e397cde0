/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What the control socket can ask for, one function an op, as README.md tells.  A wrong request
 * changes nothing and is told what is wrong.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/cell/cell.h"
#include "tests/cell/events.h"
#include "tests/cell/ops.h"

#define FAILURES_MAX 1000000
#define DELAY_MS_MAX INT64_C(31536000000) /* a year */

json_t *op_refuse(struct op *op, const char *why)
{
	snprintf(op->why, sizeof(op->why), "%s", why);
	return NULL;
}

const char *op_text_field(const struct op *op, const char *name)
{
	json_t *value = json_object_get(op->request, name);
	const char *text = json_string_value(value);

	/* A text with a NUL inside is no name of anything. */
	return text && strlen(text) == json_string_length(value) ? text : NULL;
}

const char *op_need_text(struct op *op, const char *name)
{
	const char *text = op_text_field(op, name);

	if (!text)
		snprintf(op->why, sizeof(op->why), "the field \"%s\" (a string) is missing", name);
	return text;
}

bool op_int_field(struct op *op, const char *name, int64_t least, int64_t most, int64_t *value)
{
	json_t *field = json_object_get(op->request, name);
	json_int_t number = json_integer_value(field);

	if (!field)
		return true;
	if (!json_is_integer(field) || number < least || number > most) {
		snprintf(op->why, sizeof(op->why), "\"%s\" is a number from %lld to %lld", name,
			 (long long)least, (long long)most);
		return false;
	}
	*value = number;
	return true;
}

struct modem *op_need_modem(struct op *op)
{
	const char *name = op_need_text(op, "modem");
	struct modem *modem = name ? cell_modem(op->cell, name) : NULL;

	if (name && !modem)
		snprintf(op->why, sizeof(op->why), "there is no modem \"%.60s\"", name);
	return modem;
}

/* A number that can be written in a TPDU, or (names) a name. */
static const char *need_address(struct op *op, const char *field, bool names)
{
	const char *text = op_need_text(op, field);
	uint8_t octets[ADDRESS_OCTETS_MAX];

	if (!text)
		return NULL;
	if (address_write(text, octets) < 0 || (!names && (octets[1] & 0x70) == 0x50)) {
		snprintf(op->why, sizeof(op->why), "\"%.60s\" is no phone number", text);
		return NULL;
	}
	return text;
}

struct phone *op_need_number(struct op *op, const char *field)
{
	const char *number = need_address(op, field, false);
	struct phone *phone =
		number ? phonebook_get(centre_phones(cell_centre(op->cell)), number) : NULL;

	if (number && !phone)
		op_refuse(op, "there are too many phones");
	return phone;
}

static int compose(struct op *op, const struct compose *how, struct user_data **ret_parts)
{
	json_t *text = json_object_get(op->request, "text");
	const char *why = NULL;
	int count;

	if (!json_is_string(text)) {
		op_refuse(op, "the field \"text\" (a string) is missing");
		return -1;
	}
	count = compose_parts(json_string_value(text), json_string_length(text), how, ret_parts,
			      &why);
	if (count < 0)
		op_refuse(op, why);
	return count;
}

static json_t *op_type(struct op *op)
{
	struct phone *phone = op_need_number(op, "phone");
	const char *to = phone ? need_address(op, "to", false) : NULL;
	struct compose how = { .message_class = -1 };
	struct user_data *parts = NULL;
	int count, posted = 0;

	if (!to)
		return NULL;
	how.reference = (uint8_t)(phone->last_reference + 1);
	count = compose(op, &how, &parts);
	if (count < 0)
		return NULL;
	if (count > 1)
		phone->last_reference = how.reference;
	while (posted < count &&
	       centre_post(cell_centre(op->cell), phone->number, to, NULL, &parts[posted]) == 0)
		posted++;
	free(parts);
	return posted == count ? json_pack("{s:i}", "parts", count)
			       : op_refuse(op, "the service centre is full");
}

static bool incoming_options(struct op *op, struct compose *how)
{
	static uint16_t last_reference;
	const char *alphabet = op_text_field(op, "alphabet");
	int64_t class = -1, reference;

	how->wide = json_is_true(json_object_get(op->request, "wide"));
	reference = how->wide ? ++last_reference : (uint8_t)++last_reference;
	if (!op_int_field(op, "class", 0, 3, &class) ||
	    !op_int_field(op, "reference", 0, how->wide ? 65535 : 255, &reference))
		return false;
	how->message_class = (int)class;
	how->reference = (uint16_t)reference;
	how->alphabet_forced = alphabet;
	if (alphabet && !alphabet_named(alphabet, &how->alphabet)) {
		op_refuse(op, "\"alphabet\" is gsm7, ucs2 or 8bit");
		return false;
	}
	return true;
}

static bool omitted(const json_t *omit, json_int_t sequence)
{
	for (size_t i = 0; i < json_array_size(omit); i++)
		if (json_integer_value(json_array_get(omit, i)) == sequence)
			return true;
	return false;
}

/* In the order asked for, or 1, 2, 3 …; a part may come twice, or never. */
static int post_parts(struct op *op, struct modem *modem, const char *from,
		      const struct user_data *parts, int count)
{
	const json_t *order = json_object_get(op->request, "order");
	const json_t *omit = json_object_get(op->request, "omit");
	size_t total = order ? json_array_size(order) : (size_t)count;
	int posted = 0;

	for (size_t i = 0; i < total; i++) {
		json_int_t sequence =
			order ? json_integer_value(json_array_get(order, i)) : (json_int_t)i + 1;

		if (sequence < 1 || sequence > count) {
			op_refuse(op, "\"order\" names a part that there is not");
			return -1;
		}
		if (omitted(omit, sequence))
			continue;
		if (centre_post(cell_centre(op->cell), from, NULL, modem_recipient(modem),
				&parts[sequence - 1]) < 0) {
			op_refuse(op, "the service centre is full");
			return -1;
		}
		posted++;
	}
	return posted;
}

static json_t *op_incoming(struct op *op)
{
	struct modem *modem = op_need_modem(op);
	const char *from = modem ? need_address(op, "from", true) : NULL;
	struct user_data *parts = NULL;
	struct compose how = { 0 };
	int count, posted;

	if (!from || !incoming_options(op, &how))
		return NULL;
	count = compose(op, &how, &parts);
	if (count < 0)
		return NULL;
	posted = post_parts(op, modem, from, parts, count);
	free(parts);
	return posted < 0 ? NULL
			  : json_pack("{s:i,s:i,s:i}", "parts", count, "delivered", posted,
				      "reference", how.reference);
}

static json_t *op_tpdu(struct op *op)
{
	struct modem *modem = op_need_modem(op);
	const char *hex = modem ? op_need_text(op, "hex") : NULL;
	uint8_t octets[TPDU_OCTETS_MAX];
	int size;

	if (!hex)
		return NULL;
	size = hex_read(hex, strlen(hex), octets, sizeof(octets));
	if (size < 1)
		return op_refuse(op, "\"hex\" is 1 to 255 octets in hex");
	if (centre_post_raw(cell_centre(op->cell), modem_recipient(modem), octets, (size_t)size) <
	    0)
		return op_refuse(op, "the service centre is full");
	return json_object();
}

static bool failure_valid(const char *error)
{
	int code, end = 0;

	if (strcmp(error, "ERROR") == 0 || strcmp(error, "SILENT") == 0 ||
	    strcmp(error, "DROP") == 0)
		return true;
	return strlen(error) < sizeof(((struct failure *)0)->error) &&
	       (sscanf(error, "CMS:%3d%n", &code, &end) == 1 ||
		sscanf(error, "CME:%3d%n", &code, &end) == 1) &&
	       code >= 0 && !error[end];
}

static json_t *op_fail(struct op *op)
{
	bool by_number = json_object_get(op->request, "number");
	struct phone *phone = by_number ? op_need_number(op, "number") : NULL;
	struct modem *modem = by_number ? NULL : op_need_modem(op);
	const char *error = phone || modem ? op_need_text(op, "error") : NULL;
	int64_t count = 1;
	struct failure *failure;

	if (!error || !op_int_field(op, "count", 0, FAILURES_MAX, &count))
		return NULL;
	if (!failure_valid(error))
		return op_refuse(op, "\"error\" is CMS:n, CME:n, ERROR, SILENT or DROP");
	failure = phone ? &phone->failure : modem_failure(modem);
	failure->count = (unsigned)count;
	text_copy(failure->error, sizeof(failure->error), error);
	return json_object();
}

static json_t *op_phone(struct op *op)
{
	struct phone *phone = op_need_number(op, "number");
	json_t *reachable = json_object_get(op->request, "reachable");

	if (!phone)
		return NULL;
	if (!json_is_boolean(reachable))
		return op_refuse(op, "the field \"reachable\" (true or false) is missing");
	phone->reachable = json_is_true(reachable);
	if (phone->reachable)
		centre_wake(cell_centre(op->cell), phone->line);
	return json_object();
}

static json_t *op_report(struct op *op)
{
	static const char *const modes[] = { "normal", "withhold", "fail" };
	struct phone *phone = op_need_number(op, "number");
	const char *mode = op_text_field(op, "mode");
	int64_t status = -1, delay_ms = 0;
	int found = mode ? -1 : REPORT_NORMAL;

	if (!phone || !op_int_field(op, "status", 0, 255, &status) ||
	    !op_int_field(op, "delay_ms", 0, DELAY_MS_MAX, &delay_ms))
		return NULL;
	for (int i = REPORT_NORMAL; mode && i <= REPORT_FAIL; i++)
		if (strcmp(mode, modes[i]) == 0)
			found = i;
	if (found < 0)
		return op_refuse(op, "\"mode\" is normal, withhold or fail");
	phone->report_mode = (enum report_mode)found;
	phone->report_status = (int)status;
	phone->report_delay_usec = delay_ms * 1000;
	return json_object();
}

static json_t *op_release(struct op *op)
{
	struct phone *phone = op_need_number(op, "number");

	if (!phone)
		return NULL;
	return json_pack("{s:I}", "released",
			 (json_int_t)centre_release(cell_centre(op->cell), phone));
}

static json_t *op_advance(struct op *op)
{
	int64_t ms = -1;

	if (!op_int_field(op, "ms", 0, DELAY_MS_MAX, &ms))
		return NULL;
	if (ms < 0)
		return op_refuse(op, "the field \"ms\" (a number) is missing");
	centre_advance(cell_centre(op->cell), ms * 1000);
	return json_object();
}

static const struct {
	const char *name;
	json_t *(*run)(struct op *op);
	bool logged; /* it makes something misbehave, or behave again */
} ops_table[] = {
	{ "type", op_type, false },       { "incoming", op_incoming, false },
	{ "tpdu", op_tpdu, false },       { "raw", op_raw, false },
	{ "set", op_set, true },          { "fail", op_fail, true },
	{ "phone", op_phone, true },      { "report", op_report, true },
	{ "release", op_release, false }, { "hold", op_hold, false },
	{ "resume", op_resume, false },   { "unplug", op_unplug, false },
	{ "plug", op_plug, false },       { "restart", op_restart, false },
	{ "ussd", op_ussd, false },       { "ussd_say", op_ussd_say, false },
	{ "advance", op_advance, false }, { "screen", op_screen, false },
	{ "store", op_store, false },     { "modems", op_modems, false },
	{ "phones", op_phones, false },
};

json_t *ops_run(struct cell *cell, json_t *request)
{
	struct op op = { .cell = cell, .request = request, .why = "there is no such op" };
	const char *name = op_text_field(&op, "op");
	json_t *answer = NULL;

	if (!json_is_object(request))
		op_refuse(&op, "a request is a JSON object on a line of its own");
	else if (!name)
		op_refuse(&op, "the field \"op\" is missing");
	for (size_t i = 0; name && i < sizeof(ops_table) / sizeof(ops_table[0]); i++)
		if (strcmp(name, ops_table[i].name) == 0) {
			answer = ops_table[i].run(&op);
			if (answer && ops_table[i].logged)
				events_log(cell_events(cell), "op", "O", request);
			break;
		}
	if (!answer)
		return json_pack("{s:b,s:s}", "ok", 0, "error", op.why);
	json_object_set_new(answer, "ok", json_true());
	return answer;
}
