/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Journal records, as a real journald keeps them and as stderr shows them, and the catalogue that
 * explains them.  Where records go is found once per process: whatever logs, logs in a child.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <syslog.h>
#include <systemd/sd-id128.h>
#include <unistd.h>

#include "bridge/base/cleanup.h"
#include "bridge/base/log.h"
#include "bridge/base/utf8.h"
#include "tests/unit/journal_fixture.h"

#define CATALOGUE "contrib/footbridge.catalog"

/* ---- the table and the catalogue */

static void every_event_has_a_name_and_an_id_of_its_own(void **state)
{
	(void)state;
	for (int i = 0; i < LOG_EVENT_COUNT; i++) {
		const struct log_event_kind *kind = log_event_kind((enum log_event)i);
		sd_id128_t id;

		assert_non_null(kind->name);
		assert_int_equal(strlen(kind->message_id), 32);
		assert_int_equal(sd_id128_from_string(kind->message_id, &id), 0);
		assert_in_range(kind->priority, LOG_ERR, LOG_DEBUG);
		for (int j = 0; j < i; j++) {
			const struct log_event_kind *other = log_event_kind((enum log_event)j);
			assert_string_not_equal(kind->name, other->name);
			assert_string_not_equal(kind->message_id, other->message_id);
		}
	}
}

static int event_of_id(const char *id)
{
	for (int i = 0; i < LOG_EVENT_COUNT; i++)
		if (strcmp(id, log_event_kind((enum log_event)i)->message_id) == 0)
			return i;
	return -1;
}

static void the_catalogue_explains_every_event_once_and_nothing_else(void **state)
{
	CLEANUP_FCLOSE FILE *file = fopen(CATALOGUE, "re");
	int entries[LOG_EVENT_COUNT] = { 0 }, subjects[LOG_EVENT_COUNT] = { 0 };
	int lines_of_text[LOG_EVENT_COUNT] = { 0 }, now = -1;
	char line[512];
	bool in_text = false;

	(void)state;
	assert_non_null(file);
	while (fgets(line, sizeof(line), file)) {
		line[strcspn(line, "\n")] = '\0';
		if (strncmp(line, "-- ", 3) == 0) {
			now = event_of_id(line + 3);
			if (now < 0)
				fail_msg("no event has the id %s", line + 3);
			entries[now]++;
			in_text = false;
		} else if (now >= 0 && strncmp(line, "Subject: ", 9) == 0) {
			subjects[now] += line[9] != '\0';
		} else if (line[0] == '\0') {
			in_text = true;
		} else if (now >= 0 && in_text) {
			lines_of_text[now]++;
		}
	}
	for (int i = 0; i < LOG_EVENT_COUNT; i++) {
		if (entries[i] != 1 || subjects[i] != 1 || lines_of_text[i] < 2)
			fail_msg("%s has %d entries, %d subjects, %d lines of text",
				 log_event_kind((enum log_event)i)->name, entries[i], subjects[i],
				 lines_of_text[i]);
	}
}

/* ---- stderr */

enum { EXIT_NO_NAMESPACES = 77 };

/* The child's stderr; skips the test where a journal answers and can't be hidden. */
static void run_with_stderr(void (*body)(void), char *output, size_t size)
{
	int ends[2], status;
	size_t used = 0;
	ssize_t got;
	pid_t pid;

	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	fflush(NULL);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		dup2(ends[1], STDERR_FILENO);
		if (access("/run/systemd/journal", F_OK) == 0 && journal_fixture_hide() < 0)
			_exit(EXIT_NO_NAMESPACES);
		body();
		_exit(0);
	}
	close(ends[1]);
	while (used < size - 1 && (got = read(ends[0], output + used, size - 1 - used)) > 0)
		used += (size_t)got;
	output[used] = '\0';
	close(ends[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (WIFEXITED(status) && WEXITSTATUS(status) == EXIT_NO_NAMESPACES) {
		print_message("A journal answers, and namespaces to hide it are forbidden.\n");
		skip();
	}
	assert_int_equal(status, 0);
}

static void write_one_of_everything(void)
{
	log_configure(LOG_INFO, false);
	log_record(LOG_DELIVERY_STATE,
		   &(struct log_fields){ .message = "m-1",
					 .delivery = "m-1.1",
					 .modem = "north",
					 .state_from = "sending",
					 .state_to = "failed",
					 .reason = "The network said \"no\".\nTwice \\ \x01\xff.",
					 .error = "CMS/38" },
		   "The delivery to %s failed; 短信.", "+86138****0001");
}

static void without_a_journal_a_record_is_one_line_on_stderr(void **state)
{
	char output[4096], *rest;

	(void)state;
	run_with_stderr(write_one_of_everything, output, sizeof(output));
	assert_memory_equal(output, "TIME=20", 7);
	rest = strchr(output, ' ');
	assert_string_equal(rest,
			    " SYSLOG_IDENTIFIER=log_test PRIORITY=6 FOOTBRIDGE_EVENT=delivery.state"
			    " MESSAGE=\"The delivery to +86138****0001 failed; 短信.\""
			    " FOOTBRIDGE_MESSAGE=m-1 FOOTBRIDGE_DELIVERY=m-1.1"
			    " FOOTBRIDGE_MODEM=north FOOTBRIDGE_STATE_FROM=sending"
			    " FOOTBRIDGE_STATE_TO=failed"
			    " FOOTBRIDGE_REASON=\"The network said \\\"no\\\".\\x0aTwice \\\\ "
			    "\\x01\\xff.\""
			    " FOOTBRIDGE_ERROR=CMS/38"
			    " MESSAGE_ID=18d5f7b03ce9426aa7e4905cb86d2f31\n");
}

static void write_at_two_levels(void)
{
	log_record(LOG_DETAIL, NULL, "Hidden, as level is info from the beginning.");
	log_configure(LOG_WARNING, false);
	log_record(LOG_MESSAGE_ACCEPTED, NULL, "Hidden.");
	log_record(LOG_MODEM_KILLED, NULL, "Shown at warning.");
	log_configure(LOG_DEBUG, false);
	log_record(LOG_DETAIL, NULL, "Shown at debug.");
}

static void what_is_less_urgent_than_the_level_is_left_out(void **state)
{
	char output[4096];

	(void)state;
	run_with_stderr(write_at_two_levels, output, sizeof(output));
	assert_null(strstr(output, "Hidden"));
	assert_non_null(strstr(output, "Shown at warning."));
	assert_non_null(strstr(output, "Shown at debug."));
}

static void write_far_too_much(void)
{
	static char much[5000];

	/* "x" first, so that the cut falls into the middle of a character. */
	much[0] = 'x';
	for (size_t i = 1; i + 4 < sizeof(much); i += 2)
		utf8_put(0xfc, much + i);
	log_record(LOG_MODEM_NOTE, &(struct log_fields){ .reason = much + 1 }, "%s", much);
}

static void what_is_too_long_is_cut_between_characters(void **state)
{
	char output[8192];
	const char *sentence, *reason;

	(void)state;
	run_with_stderr(write_far_too_much, output, sizeof(output));
	assert_null(strstr(output, "\\x"));
	sentence = strstr(output, " MESSAGE=\"x");
	reason = strstr(output, " FOOTBRIDGE_REASON=\"\xc3\xbc");
	assert_non_null(sentence);
	assert_non_null(reason);
	/* 1023 bytes are the most: x and 511 times two bytes, and without the x 511 times two. */
	assert_int_equal(strcspn(sentence + strlen(" MESSAGE=\""), "\""), 1023);
	assert_int_equal(strcspn(reason + strlen(" FOOTBRIDGE_REASON=\""), "\""), 1022);
	assert_non_null(strstr(output, " MESSAGE_ID="));
}

/* ---- numbers */

static void show_numbers_both_ways(void)
{
	char buffer[32];

	log_configure(LOG_INFO, false);
	log_record(LOG_MODEM_NOTE, NULL, "%s.",
		   log_number("+8613800000001", buffer, sizeof(buffer)));
	log_configure(LOG_INFO, true);
	log_record(LOG_MODEM_NOTE, NULL, "%s.",
		   log_number("+8613800000001", buffer, sizeof(buffer)));
}

static void numbers_are_masked_unless_they_are_to_be_shown(void **state)
{
	char output[4096], *masked, *whole;

	(void)state;
	run_with_stderr(show_numbers_both_ways, output, sizeof(output));
	masked = strstr(output, "MESSAGE=+86138****0001.");
	whole = strstr(output, "MESSAGE=+8613800000001.");
	assert_non_null(masked);
	assert_non_null(whole);
	assert_true(masked < whole);
}

/* ---- a real journald */

static void write_to_the_journal(void *userdata)
{
	(void)userdata;
	write_one_of_everything();
	log_record(LOG_DAEMON_FAILED, NULL, "The socket is in use.");
	log_record(LOG_DETAIL, NULL, "Not let through.");
}

static const char *text_of(json_t *record, const char *field)
{
	return json_string_value(json_object_get(record, field));
}

/* The record of an event among JSON lines; the caller's to json_decref. */
static json_t *find_record(const char *lines, const char *event, int *ret_count)
{
	json_t *found = NULL;

	*ret_count = 0;
	for (const char *at = lines; *at != '\0';) {
		size_t size = strcspn(at, "\n");
		json_t *record = json_loadb(at, size, 0, NULL);
		const char *name = record ? text_of(record, "FOOTBRIDGE_EVENT") : NULL;

		assert_non_null(record);
		if (name && strcmp(name, event) == 0 && (*ret_count)++ == 0)
			found = json_incref(record);
		json_decref(record);
		at += size + (at[size] == '\n');
	}
	return found;
}

static void check_delivery_record(const char *lines)
{
	static const char *const expected[][2] = {
		{ "MESSAGE", "The delivery to +86138****0001 failed; 短信." },
		{ "MESSAGE_ID", "18d5f7b03ce9426aa7e4905cb86d2f31" },
		{ "PRIORITY", "6" },
		{ "SYSLOG_IDENTIFIER", "log_test" },
		{ "FOOTBRIDGE_MESSAGE", "m-1" },
		{ "FOOTBRIDGE_DELIVERY", "m-1.1" },
		{ "FOOTBRIDGE_MODEM", "north" },
		{ "FOOTBRIDGE_STATE_FROM", "sending" },
		{ "FOOTBRIDGE_STATE_TO", "failed" },
		{ "FOOTBRIDGE_ERROR", "CMS/38" },
	};
	static const char reason[] = "The network said \"no\".\nTwice \\ \x01\xff.";
	int count;
	json_t *record = find_record(lines, "delivery.state", &count);
	json_t *bytes;

	assert_int_equal(count, 1);
	for (size_t i = 0; i < ARRAY_SIZE(expected); i++) {
		const char *value = text_of(record, expected[i][0]);
		if (!value || strcmp(value, expected[i][1]) != 0)
			fail_msg("%s is %s", expected[i][0], value ? value : "missing");
	}
	/* What is not printable comes out as an array of bytes, none lost. */
	bytes = json_object_get(record, "FOOTBRIDGE_REASON");
	assert_int_equal(json_array_size(bytes), sizeof(reason) - 1);
	for (size_t i = 0; i < sizeof(reason) - 1; i++)
		assert_int_equal(json_integer_value(json_array_get(bytes, i)),
				 (unsigned char)reason[i]);
	assert_null(json_object_get(record, "CODE_FILE"));
	json_decref(record);
}

static void a_real_journald_keeps_every_field(void **state)
{
	CLEANUP_FREE char *lines = NULL;
	char why[512];
	int count, r;
	json_t *record;

	(void)state;
	r = journal_fixture_run(write_to_the_journal, NULL, &lines, why, sizeof(why));
	if (r == -ENOTSUP) {
		print_message("No journald for this test: %s.\n", why);
		skip();
	}
	if (r < 0 || !lines) {
		fail_msg("%s", why);
		return;
	}
	check_delivery_record(lines);
	record = find_record(lines, "daemon.failed", &count);
	assert_int_equal(count, 1);
	assert_string_equal(text_of(record, "PRIORITY"), "3");
	assert_string_equal(text_of(record, "MESSAGE"), "The socket is in use.");
	assert_null(json_object_get(record, "FOOTBRIDGE_MODEM"));
	json_decref(record);
	assert_null(find_record(lines, "debug", &count));
	assert_int_equal(count, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_event_has_a_name_and_an_id_of_its_own),
		cmocka_unit_test(the_catalogue_explains_every_event_once_and_nothing_else),
		cmocka_unit_test(without_a_journal_a_record_is_one_line_on_stderr),
		cmocka_unit_test(what_is_less_urgent_than_the_level_is_left_out),
		cmocka_unit_test(what_is_too_long_is_cut_between_characters),
		cmocka_unit_test(numbers_are_masked_unless_they_are_to_be_shown),
		cmocka_unit_test(a_real_journald_keeps_every_field),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
