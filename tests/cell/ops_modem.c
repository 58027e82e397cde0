/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Ops of the control socket upon one modem.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tests/cell/cell.h"
#include "tests/cell/ops.h"

json_t *op_raw(struct op *op)
{
	struct modem *modem = op_need_modem(op);
	json_t *data = json_object_get(op->request, "data");

	if (!modem)
		return NULL;
	if (!json_is_string(data))
		return op_refuse(op, "the field \"data\" (a string) is missing");
	modem_raw(modem, json_string_value(data), json_string_length(data));
	return json_object();
}

json_t *op_set(struct op *op)
{
	struct modem *modem = op_need_modem(op);
	const char *key = modem ? op_need_text(op, "key") : NULL;
	json_t *value = json_object_get(op->request, "value");
	char *dumped = NULL, why[MODEM_WHY_SIZE];
	int r;

	if (!key)
		return NULL;
	if (json_is_string(value) && !op_text_field(op, "value"))
		return op_refuse(op, "a value has no NUL");
	if (!json_is_string(value))
		dumped = json_dumps(value, JSON_ENCODE_ANY);
	if (!json_is_string(value) && !dumped)
		return op_refuse(op, "the field \"value\" is missing");
	r = modem_set(modem, key, dumped ? dumped : json_string_value(value), why);
	free(dumped);
	return r < 0 ? op_refuse(op, why) : json_object();
}

json_t *op_hold(struct op *op)
{
	struct modem *modem = op_need_modem(op);
	const char *at = modem ? op_need_text(op, "at") : NULL;

	if (!at)
		return NULL;
	return modem_hold(modem, at) < 0 ? op_refuse(op, "there is no such point to hold at")
					 : json_object();
}

json_t *op_resume(struct op *op)
{
	struct modem *modem = op_need_modem(op);

	if (!modem)
		return NULL;
	return modem_resume(modem) ? json_object() : op_refuse(op, "the modem is not held");
}

json_t *op_unplug(struct op *op)
{
	struct modem *modem = op_need_modem(op);

	if (!modem)
		return NULL;
	return modem_unplug(modem) < 0 ? op_refuse(op, "the modem is unplugged already")
				       : json_object();
}

json_t *op_plug(struct op *op)
{
	struct modem *modem = op_need_modem(op);
	int r;

	if (!modem)
		return NULL;
	r = modem_plug(modem);
	if (r == -EALREADY)
		return op_refuse(op, "the modem is plugged in already");
	return r < 0 ? op_refuse(op, strerror(-r)) : json_object();
}

json_t *op_restart(struct op *op)
{
	struct modem *modem = op_need_modem(op);

	if (!modem)
		return NULL;
	if (!modem_plugged(modem))
		return op_refuse(op, "the modem is unplugged");
	modem_restart(modem);
	return json_object();
}

/* A missing text is a mistake, null one says that the network never answers. */
json_t *op_ussd(struct op *op)
{
	struct modem *modem = op_need_modem(op);
	const char *code = modem ? op_need_text(op, "code") : NULL;
	json_t *text = json_object_get(op->request, "text");
	bool menu = json_is_true(json_object_get(op->request, "menu"));
	char why[MODEM_WHY_SIZE];

	if (!code || (!json_is_null(text) && !op_need_text(op, "text")))
		return NULL;
	return modem_ussd(modem, code, json_string_value(text), menu, why) < 0 ? op_refuse(op, why)
									       : json_object();
}

json_t *op_ussd_say(struct op *op)
{
	struct modem *modem = op_need_modem(op);
	bool menu = json_is_true(json_object_get(op->request, "menu"));
	const char *text = op_text_field(op, "text");
	int64_t status = menu;

	if (!modem || !op_int_field(op, "status", 0, 5, &status))
		return NULL;
	if (text && strlen(text) >= USSD_SIZE)
		return op_refuse(op, "\"text\" is too long");
	modem_ussd_say(modem, (int)status, text);
	return json_object();
}
