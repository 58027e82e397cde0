/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The deliveries that are not final yet are kept as the keys of an object; events take them out one
 * by one, so that a message to a thousand people costs no thousand look-ups.
 */
#include "bridge/cli/wait.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "bridge/base/clock.h"
#include "bridge/cli/follow.h"

struct waiting {
	const char *message;
	json_t *open; /* the ids of deliveries under way, as keys */
};

static bool is_end(const char *state)
{
	static const char *const ends[] = { "delivered", "read", "failed", "expired", "cancelled" };

	for (size_t i = 0; state && i < sizeof(ends) / sizeof(ends[0]); i++)
		if (!strcmp(state, ends[i]))
			return true;
	return false;
}

static bool is_delivered(const char *state)
{
	return state && (!strcmp(state, "delivered") || !strcmp(state, "read"));
}

/* The deliveries of a message that are not final, by id. */
static json_t *list_open(const json_t *message)
{
	json_t *open = json_object(), *recipient;
	size_t i;

	json_array_foreach(json_object_get(message, "recipients"), i, recipient) {
		const char *id = cli_text(recipient, "id");

		if (id && !json_is_true(json_object_get(recipient, "final")))
			json_object_set_new(open, id, json_true());
	}
	return open;
}

static int on_event(const json_t *event, void *userdata)
{
	struct waiting *waiting = userdata;
	const char *message = cli_text(event, "message"), *id = cli_text(event, "delivery");

	if (!message || strcmp(message, waiting->message) != 0)
		return 0;
	/* "sent" is the last word as well when the network never reports. */
	if (id &&
	    (is_end(cli_text(event, "state")) || json_is_true(json_object_get(event, "final"))))
		json_object_del(waiting->open, id);
	return json_object_size(waiting->open) ? 0 : 1;
}

static enum cli_exit judge(const json_t *message, int64_t span_usec)
{
	const char *id = cli_text(message, "id"), *worst = NULL, *reason = NULL, *to = NULL;
	size_t i, open = 0, count = 0;
	json_t *recipient;

	json_array_foreach(json_object_get(message, "recipients"), i, recipient) {
		const char *state = cli_text(recipient, "state");

		count++;
		if (!json_is_true(json_object_get(recipient, "final"))) {
			open++;
		} else if (!is_delivered(state) && !worst) {
			worst = state;
			to = cli_text(recipient, "to");
			reason = cli_text(recipient, "reason");
		}
	}
	if (open) {
		cli_error("message %s is still under way to %zu of %zu after %" PRId64
			  " s; it goes on, see `footbridge message show %s`",
			  id, open, count, span_usec / USEC_PER_SEC, id);
		return CLI_UNDER_WAY;
	}
	if (worst && (!strcmp(worst, "sent") || !strcmp(worst, "unknown"))) {
		cli_error("message %s went to %s, and the network never reported on it: nobody "
			  "knows whether it arrived",
			  id, to ? to : "?");
		return CLI_UNDELIVERED;
	}
	if (worst) {
		cli_error("message %s did not reach %s (%s): %s", id, to ? to : "?", worst,
			  reason && *reason ? reason : "no reason is known");
		return CLI_UNDELIVERED;
	}
	return CLI_DONE;
}

enum cli_exit wait_for_message(struct cli *cli, const json_t *message, const char *after,
			       int64_t span_usec, json_t **ret_message)
{
	struct waiting waiting = { .message = cli_text(message, "id"), .open = list_open(message) };
	struct follow follow = {
		.cli = cli,
		.after = after,
		.deadline_usec = clock_monotonic_usec() + span_usec,
		.done = on_event,
		.userdata = &waiting,
	};
	enum cli_exit done;
	int r = 1;

	if (json_object_size(waiting.open))
		r = follow_run(&follow);
	json_decref(waiting.open);
	if (r < 0 && r != -ETIMEDOUT)
		return CLI_REFUSED;
	done = cli_call_named(cli, "GET", "/v1/messages", waiting.message, NULL, NULL, ret_message);
	return done == CLI_DONE ? judge(*ret_message, span_usec) : done;
}
