/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * `footbridge send`: from words, standard input and a CSV file to one request.  What is a good
 * number or text is the daemon's judgement; here only the shape is checked.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "bridge/base/cleanup.h"
#include "bridge/base/clock.h"
#include "bridge/base/utf8.h"
#include "bridge/cli/cli.h"
#include "bridge/cli/csv.h"
#include "bridge/cli/follow.h"
#include "bridge/cli/message.h"
#include "bridge/cli/times.h"
#include "bridge/cli/wait.h"

#define TEXT_MAX ((size_t)64 * 1024)
#define FILE_MAX ((size_t)8 * 1024 * 1024)
#define WAIT_DEFAULT_USEC (120 * USEC_PER_SEC)
#define WAIT_MAX_USEC (7 * USEC_PER_DAY)

enum send_option {
	SEND_TO_FILE,
	SEND_FROM,
	SEND_AT,
	SEND_TTL,
	SEND_CHANNEL,
	SEND_ID,
	SEND_PRIORITY,
	SEND_SMS_TEXT,
	SEND_CONFIDENTIAL,
	SEND_WAIT,
	SEND_DRY_RUN,
	SEND_ALLOW_PARTIAL,
	SEND_OPTION_COUNT,
};

static const struct args_option options[SEND_OPTION_COUNT] = {
	[SEND_TO_FILE] = { "to-file", ARGS_VALUE },
	[SEND_FROM] = { "from", ARGS_VALUE },
	[SEND_AT] = { "at", ARGS_VALUE },
	[SEND_TTL] = { "ttl", ARGS_VALUE },
	[SEND_CHANNEL] = { "channel", ARGS_VALUE },
	[SEND_ID] = { "id", ARGS_VALUE },
	[SEND_PRIORITY] = { "priority", ARGS_VALUE },
	[SEND_SMS_TEXT] = { "sms-text", ARGS_VALUE },
	[SEND_CONFIDENTIAL] = { "confidential", ARGS_FLAG },
	[SEND_WAIT] = { "wait", ARGS_MAYBE_SPAN },
	[SEND_DRY_RUN] = { "dry-run", ARGS_FLAG },
	[SEND_ALLOW_PARTIAL] = { "allow-partial", ARGS_FLAG },
};

/* Reads all of a file, at most most bytes.  NULL has been told. */
static char *read_all(FILE *file, const char *name, size_t most, size_t *ret_size)
{
	char *text = malloc(most + 1);
	size_t size = text ? fread(text, 1, most + 1, file) : 0;

	if (text && !ferror(file) && size <= most) {
		*ret_size = size;
		return text;
	}
	if (!text)
		cli_error("out of memory");
	else if (ferror(file))
		cli_error("%s cannot be read: %m", name);
	else
		cli_error("%s is too long (more than %zu KiB)", name, most / 1024);
	free(text);
	return NULL;
}

static json_t *make_text(const char *text, size_t size, const char *what)
{
	uint32_t scalar;
	size_t at = 0;
	int used = 0;

	for (; at < size && used >= 0; at += (size_t)(used > 0 ? used : 0))
		used = utf8_next(text + at, size - at, &scalar);
	if (used < 0) {
		cli_error("%s is not UTF-8 (at byte %zu); convert it, for instance with iconv -f "
			  "LATIN1 -t UTF-8",
			  what, at + 1);
		return NULL;
	}
	return json_stringn(text, size);
}

/* TEXT, or all of standard input without its last newline.  NULL has been told. */
static json_t *read_text(const char *word)
{
	CLEANUP_FREE char *text = NULL;
	size_t size;

	if (strcmp(word, "-") != 0)
		return make_text(word, strlen(word), "the text");
	text = read_all(stdin, "standard input", TEXT_MAX, &size);
	if (!text)
		return NULL;
	if (size && text[size - 1] == '\n')
		size--;
	return make_text(text, size, "standard input");
}

/* -EILSEQ: not UTF-8. */
static int append_name(json_t *to, const char *name, size_t size)
{
	json_t *string = json_stringn(name, size);

	if (!string)
		return -EILSEQ;
	return json_array_append_new(to, string) < 0 ? -ENOMEM : 0;
}

static int add_recipient(const char *recipient, void *userdata)
{
	return append_name(userdata, recipient, strlen(recipient));
}

/* "+86…,alice": false has been told. */
static bool add_recipients(json_t *to, const char *word)
{
	for (const char *name = word; name; name = *name ? name + 1 : NULL) {
		size_t size;

		name += strspn(name, " ");
		size = strcspn(name, ",");
		if (!size) {
			cli_error("a recipient in '%s' is empty; write TO or TO,TO", word);
			return false;
		}
		if (append_name(to, name, size) < 0) {
			cli_error("recipient '%.*s' is not UTF-8", (int)size, name);
			return false;
		}
		name += size;
	}
	return true;
}

static bool add_file(json_t *to, const char *name)
{
	CLEANUP_FCLOSE FILE *file = fopen(name, "re");
	CLEANUP_FREE char *text = NULL;
	char error[256] = "a recipient is not UTF-8";
	size_t size;

	if (!file) {
		cli_error("%s cannot be opened: %m", name);
		return false;
	}
	text = read_all(file, name, FILE_MAX, &size);
	if (!text)
		return false;
	if (csv_read_recipients(text, size, add_recipient, to, error, sizeof(error)) != 0) {
		cli_error("%s, %s", name, error);
		return false;
	}
	return true;
}

static bool put_moment(json_t *body, const char *typed)
{
	char text[CLOCK_TEXT_SIZE];
	int64_t at;
	int r = times_parse(typed, clock_realtime_usec(), &at);

	if (r == -ERANGE)
		cli_error("--at '%s': clocks are put forward then, this moment does not exist here",
			  typed);
	else if (r < 0)
		cli_error("--at '%s' is no moment; write '2026-12-01 09:00', "
			  "2026-12-01T09:00:00+08:00 or +10m",
			  typed);
	else
		json_object_set_new(body, "scheduleAt", json_string(clock_format(at, text)));
	return r == 0;
}

static bool put_ttl(json_t *body, const char *typed)
{
	int64_t span;

	if (clock_parse_span(typed, &span) < 0 || span <= 0) {
		cli_error("--ttl '%s' is no duration; write 90s, 10m, 2h or 3d", typed);
		return false;
	}
	json_object_set_new(body, "ttl", json_integer(span / USEC_PER_SEC));
	return true;
}

static bool put_channel(json_t *body, const char *typed)
{
	if (strcmp(typed, "ip") != 0 && strcmp(typed, "sms") != 0 && strcmp(typed, "auto") != 0) {
		cli_error("--channel '%s' is unknown; it is ip, sms or auto", typed);
		return false;
	}
	json_object_set_new(body, "channel", json_string(typed));
	return true;
}

static bool put_options(json_t *body, const struct args *args)
{
	const char *const *value = args->value;
	int64_t priority;
	json_t *text;

	if (value[SEND_AT] && !put_moment(body, value[SEND_AT]))
		return false;
	if (value[SEND_TTL] && !put_ttl(body, value[SEND_TTL]))
		return false;
	if (value[SEND_CHANNEL] && !put_channel(body, value[SEND_CHANNEL]))
		return false;
	if (value[SEND_PRIORITY]) {
		if (!cli_number("priority", value[SEND_PRIORITY], -128, 127, &priority))
			return false;
		json_object_set_new(body, "priority", json_integer(priority));
	}
	if (value[SEND_FROM]) {
		text = make_text(value[SEND_FROM], strlen(value[SEND_FROM]), "--from");
		if (!text || json_object_set_new(body, "from", text) < 0)
			return false;
	}
	if (value[SEND_ID]) {
		text = make_text(value[SEND_ID], strlen(value[SEND_ID]), "--id");
		if (!text || json_object_set_new(body, "id", text) < 0)
			return false;
	}
	if (value[SEND_SMS_TEXT]) {
		text = make_text(value[SEND_SMS_TEXT], strlen(value[SEND_SMS_TEXT]), "--sms-text");
		if (!text || json_object_set_new(body, "smsText", text) < 0)
			return false;
	}
	if (args->given[SEND_CONFIDENTIAL])
		json_object_set_new(body, "confidential", json_true());
	if (args->given[SEND_DRY_RUN])
		json_object_set_new(body, "dryRun", json_true());
	if (args->given[SEND_ALLOW_PARTIAL])
		json_object_set_new(body, "allowPartial", json_true());
	return true;
}

/* NULL has been told. */
static json_t *make_body(const struct args *args)
{
	json_t *body = json_object(), *to = json_array(), *text = NULL;
	const char *file = args->value[SEND_TO_FILE];
	bool good;

	json_object_set_new(body, "to", to);
	good = (args->word_count < 2 || add_recipients(to, args->words[0])) &&
	       (!file || add_file(to, file)) && put_options(body, args);
	if (good)
		text = read_text(args->words[args->word_count - 1]);
	if (text && json_object_set_new(body, "text", text) == 0)
		return body;
	json_decref(body);
	return NULL;
}

static bool find_wait(const struct args *args, int64_t *ret_usec)
{
	const char *typed = args->value[SEND_WAIT];

	*ret_usec = WAIT_DEFAULT_USEC;
	if (!typed || (clock_parse_span(typed, ret_usec) == 0 && *ret_usec >= 0 &&
		       *ret_usec <= WAIT_MAX_USEC))
		return true;
	cli_error("--wait '%s' must be a number of seconds, or 10m, 2h; 7 days at most", typed);
	return false;
}

static enum cli_exit check_words(struct args *args)
{
	size_t least = args->value[SEND_TO_FILE] ? 1 : 2;

	/* "send --wait 10086 hello": the number was the recipient. */
	if (args->word_count < least)
		args_untake(args, SEND_WAIT);
	if (args->word_count < least)
		return cli_usage(&command_send, "missing: ",
				 args->word_count < 1 && least > 1 ? "TO TEXT" : "TEXT");
	if (args->given[SEND_WAIT] && args->given[SEND_DRY_RUN])
		return cli_usage(&command_send, "--wait and --dry-run do not go together", "");
	return CLI_DONE;
}

static enum cli_exit send_and_wait(struct cli *cli, const json_t *body, int64_t span_usec,
				   json_t **ret_message)
{
	char newest[FOLLOW_ID_SIZE];
	enum cli_exit done = follow_newest(cli, newest);
	json_t *accepted = NULL;

	if (done == CLI_DONE)
		done = cli_call(cli, "POST", "/v1/messages", body, &accepted);
	if (done == CLI_DONE)
		done = wait_for_message(cli, accepted, newest, span_usec, ret_message);
	json_decref(accepted);
	return done;
}

static enum cli_exit run(struct cli *cli, struct args *args)
{
	enum cli_exit done = check_words(args);
	json_t *body, *answer = NULL;
	int64_t span_usec;

	if (done != CLI_DONE)
		return done;
	if (!find_wait(args, &span_usec))
		return CLI_REFUSED;
	body = make_body(args);
	if (!body)
		return CLI_REFUSED;
	if (args->given[SEND_WAIT])
		done = send_and_wait(cli, body, span_usec, &answer);
	else
		done = cli_call(cli, "POST", "/v1/messages", body, &answer);
	json_decref(body);
	if (answer && cli->json)
		cli_print_json(answer);
	else if (answer && args->given[SEND_DRY_RUN])
		message_print_plan(answer, stdout);
	else if (answer)
		message_print_brief(answer, stdout);
	json_decref(answer);
	return done;
}

const struct command command_send = {
	.name = "send",
	.arguments = "TO[,TO…] TEXT|- [options]",
	.help = "Sends a text to one or more phone numbers.  TEXT '-' is read from standard input, "
		"without\nits last newline (better: arguments can be seen by others in ps).\n\n"
		"  --to-file CSV      more recipients: the column 'to', 'phone' or 'number', or else "
		"the first;\n                     TO may then be left out\n"
		"  --from USER        on behalf of this user\n"
		"  --at TIME          not before: '2026-12-01 09:00', 2026-12-01T09:00:00+08:00, +10m\n"
		"  --ttl DURATION     give up after: 90s, 10m, 2h, 3d\n"
		"  --channel CHANNEL  ip, sms or auto\n"
		"  --id KEY           the message's id; the same id again sends nothing twice\n"
		"  --priority N       -128 … 127\n"
		"  --sms-text TEXT    what goes by SMS instead\n"
		"  --confidential     never by SMS\n"
		"  --wait [SECONDS]   until all is delivered, 120 s at most unless told; ends with 4 "
		"if something\n                     was not delivered, 5 if it is still under way\n"
		"  --allow-partial    also if quotas don't let all of it out in time; what is late "
		"expires\n"
		"  --dry-run          only says what would be sent: parts, alphabet, modem, moment\n",
	.options = options,
	.option_count = SEND_OPTION_COUNT,
	.least = 0,
	.most = 2,
	.run = run,
};
