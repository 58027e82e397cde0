/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Every dialogue of libgammu's and ours: undisturbed, byte by byte, and with every line that modems say
 * unasked at every kind of place in it.
 */
#include "tests/unasked_lines.h"
#include "tests/unit/line_dialogues.h"

static void step_play(struct line *line, const char *step, bool in_bytes)
{
	for (const char *at = step + 1; *at && in_bytes; at++) {
		if (step[0] == 'G')
			line_from_gammu(line, at, 1);
		else
			line_from_modem(line, at, 1);
	}
	if (!in_bytes && step[0] == 'G')
		from_gammu(line, step + 1);
	else if (!in_bytes)
		from_modem(line, step + 1);
}

static void each_dialogue_comes_out_as_libgammu_wants_it(void **state)
{
	struct log log;

	(void)state;
	for (size_t i = 0; i < 2 * ARRAY_SIZE(DIALOGUES); i++) {
		const struct dialogue *dialogue = &DIALOGUES[i / 2];
		struct line *line = dialogue_begin(dialogue, &log);

		for (size_t step = 0; dialogue->steps[step]; step++)
			step_play(line, dialogue->steps[step], i % 2);
		assert_null(line_free(line));
		dialogue_check(dialogue, &log);
		assert_string_equal(log.unasked, "");
	}
}

static const struct heard {
	const char *line, *unasked;
} HEARD_LINES[] = {
	{ "^SIMST: 255", "sim changed;" },
	{ "^SIMST:255,1", "sim changed;" },
	{ "+CPIN: NOT READY", "sim changed;" },
	{ "+CPIN: NOT INSERTED", "sim changed;" },
	{ "+QSIMSTAT: 1,0", "sim changed;" },
	{ "#QSS: 0", "sim changed;" },
	{ "+CUSD: 0,\"Your balance\",15", "ussd 0 15 \"Your balance\";" },
	{ "+CUSD: 1,\"Menu\n1. One\r\n2. Two\",72", "ussd 1 72 \"Menu\n1. One\n2. Two\";" },
	{ "+CUSD: 2", "ussd 2 -1 \"\";" },
	{ "+CMTI: \"SM\",0", "indicated SM 0;" },
	{ "+CMTI: \"ME\",255", "indicated ME 255;" },
	{ "+CDSI: \"SR\",50", "indicated SR 50;" },
	{ "+CREG: 5,\"2AF5\",\"0B88E350\",2", "registration 0 5;" },
	{ "+CREG: 1, 2AF5, B88", "registration 0 1;" },
	{ "+CREG: 1,\"2A\"F5,\"0B", "registration 0 1;" },
	{ "+CGREG: 0", "registration 1 0;" },
	{ "+CEREG: 2", "registration 2 2;" },
	{ "+CDS: 25\r\n" REPORT, "direct " REPORT_TPDU ";" },
	{ "+CMT: ,28\r\n" DELIVER, "direct " DELIVER_TPDU ";" },
	{ "+CMT: \"a, b\",28\r\n" DELIVER, "direct " DELIVER_TPDU ";" },
};

#define LINES (ARRAY_SIZE(UNKNOWN_LINES) + ARRAY_SIZE(BOOT_LINES) + ARRAY_SIZE(HEARD_LINES))

static struct heard heard_line(size_t index)
{
	if (index < ARRAY_SIZE(UNKNOWN_LINES))
		return (struct heard){ UNKNOWN_LINES[index], "" };
	index -= ARRAY_SIZE(UNKNOWN_LINES);
	if (index < ARRAY_SIZE(BOOT_LINES))
		return (struct heard){ BOOT_LINES[index], "restarted;" };
	return HEARD_LINES[index - ARRAY_SIZE(BOOT_LINES)];
}

static const char *command_of(const struct dialogue *dialogue)
{
	for (size_t step = 0; dialogue->steps[step]; step++)
		if (strncmp(dialogue->steps[step], "MAT", 3) == 0)
			return dialogue->steps[step] + 1;
	return "";
}

/* "+CREG: 5" while AT+CREG? is pending can't be told from its answer; nor a restart after AT+CFUN from
 * one that was ordered. */
static bool might_answer(const struct dialogue *dialogue, const char *unasked)
{
	struct answer_form form;

	answer_form(command_of(dialogue), &form);
	if (strcmp(form.prefix, "+CFUN:") == 0 && answer_is_boot(unasked))
		return true;
	return form.kind == ANSWER_NAMED && strncmp(unasked, form.prefix, strlen(form.prefix)) == 0;
}

static void unasked_say(struct line *line, const char *unasked)
{
	for (const char *at = unasked; *at; at++)
		line_from_modem(line, at, 1);
}

/* Before byte at of that step, which may be its end. */
static void play_disturbed(const struct dialogue *dialogue, size_t which, size_t at,
			   const char *unasked, struct log *log)
{
	struct line *line = dialogue_begin(dialogue, log);
	char said[256];

	snprintf(said, sizeof(said), "\r\n%s\r\n", unasked);
	for (size_t step = 0; dialogue->steps[step]; step++) {
		const char *bytes = dialogue->steps[step] + 1;

		if (step != which) {
			step_play(line, dialogue->steps[step], true);
			continue;
		}
		for (size_t i = 0; bytes[i]; i++) {
			if (i == at)
				unasked_say(line, said);
			if (bytes[-1] == 'G')
				line_from_gammu(line, bytes + i, 1);
			else
				line_from_modem(line, bytes + i, 1);
		}
		if (at == strlen(bytes))
			unasked_say(line, said);
	}
	assert_null(line_free(line));
}

/*
 * A line may stand between any two bytes of which one ends a line, and anywhere in an echo or in what
 * libgammu writes; in the midst of an answer's line no modem puts one.
 */
static bool may_stand(const char *step, size_t at)
{
	const char *bytes = step + 1;
	bool is_echo = strncmp(bytes, "AT", 2) == 0 || strncmp(bytes, SUBMIT_HEX, 10) == 0;

	if (at == 0 || step[0] == 'G' || is_echo)
		return true;
	return strchr("\r\n", bytes[at]) || strchr("\r\n", bytes[at - 1]);
}

static void disturb_everywhere(const struct dialogue *dialogue, struct heard heard)
{
	struct log log;

	for (size_t step = 0; dialogue->steps[step]; step++) {
		const char *text = dialogue->steps[step];

		for (size_t at = 0; at < strlen(text); at++) {
			if (!may_stand(text, at))
				continue;
			play_disturbed(dialogue, step, at, heard.line, &log);
			dialogue_check(dialogue, &log);
			assert_string_equal(log.unasked, heard.unasked);
		}
	}
}

static void an_unasked_line_anywhere_changes_nothing(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(DIALOGUES); i++)
		for (size_t j = 0; j < LINES; j++)
			if (!might_answer(&DIALOGUES[i], heard_line(j).line))
				disturb_everywhere(&DIALOGUES[i], heard_line(j));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_dialogue_comes_out_as_libgammu_wants_it),
		cmocka_unit_test(an_unasked_line_anywhere_changes_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
