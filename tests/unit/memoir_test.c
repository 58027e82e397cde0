/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What a killed worker leaves behind: the last lines, whole, without secrets, whatever it did to the
 * file.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bridge/base/cleanup.h"
#include "modem/memoir.h"
#include "modem/memoir_mask.h"

/* ---------------------------------------------------------------- what is shown of a line */

static void check_line(struct mask *mask, enum memoir_side side, const char *line,
		       const char *expected)
{
	char masked[MASK_SIZE];
	size_t size = mask_line(mask, side, line, strlen(line), masked);

	if (strcmp(masked, expected) != 0)
		fail_msg("%s is shown as %s, not as %s", line, masked, expected);
	assert_int_equal(size, strlen(expected));
}

static void what_is_no_secret_is_shown_as_it_is(void **state)
{
	static const char *const LINES[] = {
		"OK",
		"ERROR",
		"+CME ERROR: 14",
		"+CMS ERROR: 38",
		"+CMGS: 17",
		"+CMTI: \"SM\",3",
		"+CDSI: \"SR\",50",
		"+CMGL: 17,3,,35",
		"+CPIN: SIM PIN",
		"^RSSILVL: 40",
		"RDY",
		"SMS Ready",
		"UNDER-VOLTAGE WARNNING",
		"COMMAND NOT SUPPORT",
		"Quectel EC25EFAR06A03M4G",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(LINES); i++)
		check_line(&(struct mask){ 0 }, MEMOIR_FROM_MODEM, LINES[i], LINES[i]);
	check_line(&(struct mask){ 0 }, MEMOIR_TO_MODEM, "AT+CMGS=23\r", "AT+CMGS=23");
	check_line(&(struct mask){ 0 }, MEMOIR_TO_MODEM, "AT+CNMI=2,1,0,2,0\r",
		   "AT+CNMI=2,1,0,2,0");
	check_line(&(struct mask){ 0 }, MEMOIR_TO_MODEM, "\r\n", "");
	check_line(&(struct mask){ 0 }, MEMOIR_TO_MODEM, "\x1b\r", "^[");
}

static void secrets_are_left_out(void **state)
{
	static const struct {
		enum memoir_side side;
		const char *line, *shown;
	} LINES[] = {
		{ MEMOIR_TO_MODEM, "AT+CPIN=\"1234\"\r", "AT+CPIN=[6]" },
		{ MEMOIR_TO_MODEM, "at+cpin=12345678,0000\r", "at+cpin=[13]" },
		{ MEMOIR_TO_MODEM, "AT+CMEE=1;+CPIN=1234\r", "AT+CMEE=1;+CPIN=[4]" },
		{ MEMOIR_TO_MODEM, "AT^CPIN=\"1234\"", "AT^CPIN=[6]" },
		{ MEMOIR_TO_MODEM, "AT+CLCK=\"SC\",0,\"1234\"", "AT+CLCK=[13]" },
		{ MEMOIR_TO_MODEM, "AT+CPWD=\"SC\",\"1234\",\"4321\"", "AT+CPWD=[18]" },
		{ MEMOIR_TO_MODEM, "AT+CMGS=\"+8613900000001\"", "AT+CMGS=\"[14]\"" },
		{ MEMOIR_TO_MODEM, "ATD*100#;", "ATD[6]" },
		{ MEMOIR_TO_MODEM, "AT+CUSD=1,\"*100#\",15", "AT+CUSD=1[11]" },
		{ MEMOIR_TO_MODEM, "0011000D91683109000000F1\x1a", "[24]^Z" },
		{ MEMOIR_TO_MODEM, "good morning\x1a", "[12]^Z" },
		{ MEMOIR_FROM_MODEM, "AT+CPIN=\"1234\"\r\r\n", "AT+CPIN=[6]" },
		{ MEMOIR_FROM_MODEM, "0011000D91683109000000F1", "[24]" },
		{ MEMOIR_FROM_MODEM, "+CUSD: 0,\"Your balance is 12.50\",15", "+CUSD: 0[27]" },
		{ MEMOIR_FROM_MODEM, "+CUSD: 0,Balance 12.50,15", "+CUSD: 0[17]" },
		{ MEMOIR_FROM_MODEM, "+CLIP: \"13900000001\",129", "+CLIP: \"[11]\",129" },
		{ MEMOIR_FROM_MODEM, "+CSCA: \"+8613800100500\",145", "+CSCA: \"[14]\",145" },
		{ MEMOIR_FROM_MODEM, "+CCID: 89860012345678901234", "+CCID: [16]1234" },
		{ MEMOIR_FROM_MODEM, "+ICCID: 8986001234567890123F", "+ICCID: [15]0123F" },
		{ MEMOIR_FROM_MODEM, "+CCID: \"89860012345678901234\"", "+CCID: \"[16]1234\"" },
		{ MEMOIR_FROM_MODEM, "460001234567890", "[11]7890" },
		{ MEMOIR_FROM_MODEM, "13900000001", "[11]" },
		{ MEMOIR_FROM_MODEM, "x13900000001y", "x[11]y" },
		{ MEMOIR_FROM_MODEM, "1234", "[4]" },
		{ MEMOIR_FROM_MODEM, "00480065006C006C006F", "[20]" },
		{ MEMOIR_FROM_MODEM, "^MSG: \xe4\xbd\xa0\xe5\xa5\xbd", "[12]" },
		{ MEMOIR_FROM_MODEM, "\x01\x7f", "^A[1]" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(LINES); i++)
		check_line(&(struct mask){ 0 }, LINES[i].side, LINES[i].line, LINES[i].shown);
}

static void a_body_after_its_header_is_left_out_be_it_pdu_or_text(void **state)
{
	struct mask mask = { 0 };

	(void)state;
	check_line(&mask, MEMOIR_FROM_MODEM, "+CMT: ,23", "+CMT: ,23");
	check_line(&mask, MEMOIR_FROM_MODEM, "07913108200105F0", "[16]");
	check_line(&mask, MEMOIR_FROM_MODEM, "^BOOT:1,0,0", "^BOOT:1,0,0");
	check_line(&mask, MEMOIR_FROM_MODEM, "+CMT: \"+8613900000001\",,\"26/11/21\"",
		   "+CMT: \"[14]\",,\"[8]\"");
	check_line(&mask, MEMOIR_FROM_MODEM, "come home", "[9]");
	check_line(&mask, MEMOIR_FROM_MODEM, "the well is dry", "[15]");
	check_line(&mask, MEMOIR_FROM_MODEM, "OK", "OK");
	check_line(&mask, MEMOIR_FROM_MODEM, "RING", "RING");
}

static void a_menu_of_several_lines_is_left_out_to_its_end(void **state)
{
	struct mask mask = { 0 };

	(void)state;
	check_line(&mask, MEMOIR_FROM_MODEM, "+CUSD: 1,\"Welcome", "+CUSD: 1[9]");
	check_line(&mask, MEMOIR_FROM_MODEM, "1. Balance", "[10]");
	check_line(&mask, MEMOIR_FROM_MODEM, "2. Top up\",15", "[13]");
	check_line(&mask, MEMOIR_FROM_MODEM, "RING", "RING");
}

static void a_pin_that_is_echoed_in_pieces_is_left_out(void **state)
{
	struct mask mask = { 0 };

	(void)state;
	check_line(&mask, MEMOIR_TO_MODEM, "AT+CPIN=1234\r", "AT+CPIN=[4]");
	check_line(&mask, MEMOIR_FROM_MODEM, "AT+CP", "[5]");
	check_line(&mask, MEMOIR_FROM_MODEM, "IN=1", "[4]");
	check_line(&mask, MEMOIR_FROM_MODEM, "23", "[2]");
	check_line(&mask, MEMOIR_FROM_MODEM, "4", "[1]");
	check_line(&mask, MEMOIR_FROM_MODEM, "OK", "OK");
	check_line(&mask, MEMOIR_FROM_MODEM, "RDY", "RDY");
}

/* ---------------------------------------------------------------- the file */

static void memoir_done(struct memoir **memoir)
{
	memoir_close(*memoir);
}
#define OPENED __attribute__((cleanup(memoir_done)))

static void note(struct memoir *memoir, enum memoir_side side, const char *line)
{
	memoir_note(memoir, side, line, strlen(line));
}

static void lines_are_read_with_their_side_and_second(void **state)
{
	CLEANUP_CLOSE int fd = memoir_create();
	OPENED struct memoir *memoir = memoir_open(fd);
	char text[MEMOIR_SIZE];
	unsigned seconds, msec;
	int read = 0;

	(void)state;
	assert_non_null(memoir);
	memoir_read(fd, text);
	assert_string_equal(text, "");
	note(memoir, MEMOIR_TO_MODEM, "AT+CSQ\r");
	note(memoir, MEMOIR_FROM_MODEM, "+CSQ: 21,99\r\n");
	note(memoir, MEMOIR_FROM_MODEM, "\r\n");
	memoir_read(fd, text);
	assert_int_equal(sscanf(text, "%u.%3u > AT+CSQ\n%n", &seconds, &msec, &read), 2);
	assert_true(read > 0);
	assert_int_equal(sscanf(text + read, "%u.%3u < +CSQ: 21,99", &seconds, &msec), 2);
	assert_int_equal(strlen(text), strchr(strchr(text, '\n') + 1, '\n') + 1 - text);
	memoir_clear(fd);
	memoir_read(fd, text);
	assert_string_equal(text, "");
}

static void the_newest_lines_stay_when_the_ring_comes_round(void **state)
{
	CLEANUP_CLOSE int fd = memoir_create();
	OPENED struct memoir *memoir = memoir_open(fd);
	char text[MEMOIR_SIZE], line[32];
	int first = -1;

	(void)state;
	for (int i = 0; i < 1000; i++) {
		snprintf(line, sizeof(line), "^RSSI:%d", i);
		note(memoir, MEMOIR_FROM_MODEM, line);
		memoir_read(fd, text);
		/* Whole lines, none missing between the oldest that is there and the newest. */
		assert_true(strlen(text) < MEMOIR_SIZE);
		assert_int_equal(sscanf(text, "%*u.%*3u < ^RSSI:%d\n", &first), 1);
		assert_non_null(strstr(text, line));
		assert_int_equal(text[strlen(text) - 1], '\n');
		for (const char *at = text; *at; at = strchr(at, '\n') + 1) {
			int number = -1;

			assert_int_equal(sscanf(at, "%*u.%*3u < ^RSSI:%d\n", &number), 1);
			assert_int_equal(number, first++);
		}
		assert_int_equal(first, i + 1);
	}
	assert_true(strlen(text) > MEMOIR_SIZE - 64);
}

static void a_line_without_end_is_cut(void **state)
{
	CLEANUP_CLOSE int fd = memoir_create();
	OPENED struct memoir *memoir = memoir_open(fd);
	char text[MEMOIR_SIZE], line[20000];

	(void)state;
	memset(line, 'z', sizeof(line));
	memoir_note(memoir, MEMOIR_FROM_MODEM, line, sizeof(line));
	memoir_read(fd, text);
	assert_true(strlen(text) > 100 && strlen(text) < MASK_SIZE + 32);
}

static void nobody_can_change_its_size(void **state)
{
	CLEANUP_CLOSE int fd = memoir_create();

	(void)state;
	assert_int_equal(ftruncate(fd, 0), -1);
	assert_int_equal(errno, EPERM);
	assert_int_equal(ftruncate(fd, 1 << 20), -1);
	assert_int_equal(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE), -1);
}

static void whatever_a_worker_writes_there_is_read_as_harmless_text(void **state)
{
	static const uint64_t COUNTS[] = { 0, 1, 4087, 4088, 4089, UINT64_MAX, UINT64_MAX / 2 };
	CLEANUP_CLOSE int fd = memoir_create();
	unsigned char image[MEMOIR_SIZE];
	char text[MEMOIR_SIZE];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(COUNTS); i++) {
		for (int lines = 0; lines < 2; lines++) {
			memset(image, lines ? '\n' : 0, sizeof(image));
			for (size_t j = 0; j < sizeof(image); j += 2)
				image[j] = (unsigned char)(j / 2);
			memcpy(image, &COUNTS[i], sizeof(COUNTS[i]));
			assert_int_equal(pwrite(fd, image, sizeof(image), 0), sizeof(image));
			memset(text, 0xee, sizeof(text));
			memoir_read(fd, text);
			assert_non_null(memchr(text, '\0', sizeof(text)));
			for (const char *c = text; *c; c++)
				assert_true(*c == '\n' || (*c >= ' ' && *c <= '~'));
		}
	}
}

static void what_is_no_memoir_is_not_written_to(void **state)
{
	CLEANUP_CLOSE int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	CLEANUP_CLOSE int plain = memfd_create("plain", MFD_CLOEXEC);
	char text[MEMOIR_SIZE];

	(void)state;
	assert_null(memoir_open(null));
	assert_null(memoir_open(plain));
	assert_null(memoir_open(4711));
	note(NULL, MEMOIR_TO_MODEM, "AT");
	memoir_read(null, text);
	assert_string_equal(text, "");
	memoir_clear(null);
}

/* The file outlives the process that was killed. */
static void what_a_killed_process_noted_is_there(void **state)
{
	CLEANUP_CLOSE int fd = memoir_create();
	char text[MEMOIR_SIZE];
	int status;
	pid_t child = fork();

	(void)state;
	assert_true(child >= 0);
	if (child == 0) {
		note(memoir_open(fd), MEMOIR_TO_MODEM, "AT+CMGS=23\r");
		abort();
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status));
	memoir_read(fd, text);
	assert_non_null(strstr(text, "> AT+CMGS=23\n"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_no_secret_is_shown_as_it_is),
		cmocka_unit_test(secrets_are_left_out),
		cmocka_unit_test(a_body_after_its_header_is_left_out_be_it_pdu_or_text),
		cmocka_unit_test(a_menu_of_several_lines_is_left_out_to_its_end),
		cmocka_unit_test(a_pin_that_is_echoed_in_pieces_is_left_out),
		cmocka_unit_test(lines_are_read_with_their_side_and_second),
		cmocka_unit_test(the_newest_lines_stay_when_the_ring_comes_round),
		cmocka_unit_test(a_line_without_end_is_cut),
		cmocka_unit_test(nobody_can_change_its_size),
		cmocka_unit_test(whatever_a_worker_writes_there_is_read_as_harmless_text),
		cmocka_unit_test(what_is_no_memoir_is_not_written_to),
		cmocka_unit_test(what_a_killed_process_noted_is_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
