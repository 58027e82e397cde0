/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * footbridge.conf: what is read, what is refused and in which words.  Runs from
 * the root of the source tree; files are written below $TMPDIR.
 */
#include <errno.h>
#include <fcntl.h>
#include <syslog.h>

#include "tests/unit/config_fixture.h"
#include "tests/unit/config_mistakes.h"

#define DEFAULT_FILE "config/footbridge.conf"

static void every_key_arrives_in_its_place(void **state)
{
	CLEANUP(cleanup_config) struct config *config = NULL;
	CLEANUP_FREE char *errors = NULL;
	char text[2048];

	(void)state;
	write_file("pin", 0400, "0042\n");
	snprintf(text, sizeof(text),
		 "state_directory = \"/srv/bridge\";\n"
		 "country_code = \"86\"; trunk_prefix = \"0\";\n"
		 "api: { socket = \"/srv/api.sock\"; };\n"
		 "modems: (\n"
		 "  { name = \"north\"; device = \"/dev/ttyUSB0\"; speed = 460800;\n"
		 "    number = \"0138-0000-0001\"; pin_file = \"%s\"; },\n"
		 "  { device = \"/dev/ttyUSB1\"; }\n"
		 ");\n"
		 "delivery: { ttl_hours = 10584; unknown_minutes = 1; on_unknown = \"hold\"; "
		 "max_parts = 255; };\n"
		 "retention: { text_days = 1; record_days = 36500; };\n"
		 "log: { level = \"debug\"; show_numbers = true; };\n",
		 path_of("pin"));
	assert_int_equal(load_text(text, &config, &errors), 0);
	assert_string_equal(errors, "");
	assert_string_equal(config->path, path_of("a.conf"));
	assert_string_equal(config->state_directory, "/srv/bridge");
	assert_string_equal(config->country_code, "86");
	assert_string_equal(config->trunk_prefix, "0");
	assert_string_equal(config->api.socket, "/srv/api.sock");
	assert_int_equal(config->delivery.ttl_hours, 10584);
	assert_int_equal(config->delivery.unknown_minutes, 1);
	assert_int_equal(config->delivery.max_parts, 255);
	assert_int_equal(config->delivery.on_unknown, CONFIG_ON_UNKNOWN_HOLD);
	assert_int_equal(config->retention.text_days, 1);
	assert_int_equal(config->retention.record_days, 36500);
	assert_int_equal(config->log.level, LOG_DEBUG);
	assert_true(config->log.show_numbers);

	assert_int_equal(config->modem_count, 2);
	assert_string_equal(config->modems[0].name, "north");
	assert_string_equal(config->modems[0].device, "/dev/ttyUSB0");
	assert_int_equal(config->modems[0].speed, 460800);
	assert_string_equal(config->modems[0].number, "+8613800000001");
	assert_string_equal(config->modems[0].pin, "0042");
	assert_int_equal(config->modems[0].line, 5);
	assert_string_equal(config->modems[1].name, "modem-2");
	assert_int_equal(config->modems[1].speed, 115200);
	assert_null(config->modems[1].number);
	assert_null(config->modems[1].pin);
	assert_int_equal(config->modems[1].line, 7);
}

static void a_modem_has_its_identity_its_limits_and_its_price(void **state)
{
	CLEANUP(cleanup_config) struct config *config = NULL;
	CLEANUP_FREE char *errors = NULL;
	const struct config_modem *modem;

	(void)state;
	assert_int_equal(
		load_text(
			"modem_discovery = false; self_test: { every_hours = 744; };\n"
			"modems: ( { imei = \"490154203237518\"; prefixes = [\"+86\", \"+852\"];\n"
			" price = 7; quota: { parts_per_minute = 1; parts_per_hour = 2;\n"
			" parts_per_day = 3; parts_per_month = 4; recipients_per_month = 5;\n"
			" reset_day = 17; }; balance: { code = \"*100#\";\n"
			" pattern = \"([0-9.]+) EUR\"; every_hours = 6; decimals = 3; low = 2.5; }; },\n"
			"{ imsi = \"262011234567890\"; }, { iccid = \"8949020000000000001\"; },\n"
			"{ usb_path = \"1-2.3\"; } );",
			&config, &errors),
		0);
	assert_string_equal(errors, "");
	assert_false(config->modem_discovery);
	assert_int_equal(config->self_test_hours, 744);
	modem = &config->modems[0];
	assert_null(modem->device);
	assert_string_equal(modem->imei, "490154203237518");
	assert_string_equal(modem->prefixes[0], "+86");
	assert_string_equal(modem->prefixes[1], "+852");
	assert_null(modem->prefixes[2]);
	assert_int_equal(modem->price, 7);
	assert_int_equal(modem->quota.parts_per_minute, 1);
	assert_int_equal(modem->quota.parts_per_hour, 2);
	assert_int_equal(modem->quota.parts_per_day, 3);
	assert_int_equal(modem->quota.parts_per_month, 4);
	assert_int_equal(modem->quota.recipients_per_month, 5);
	assert_int_equal(modem->quota.reset_day, 17);
	assert_string_equal(modem->balance.code, "*100#");
	assert_string_equal(modem->balance.pattern, "([0-9.]+) EUR");
	assert_int_equal(modem->balance.every_hours, 6);
	assert_int_equal(modem->balance.decimals, 3);
	assert_true(modem->balance.low == 2.5);
	assert_string_equal(config->modems[1].imsi, "262011234567890");
	assert_null(config->modems[1].prefixes);
	assert_int_equal(config->modems[1].quota.reset_day, 1);
	assert_int_equal(config->modems[1].balance.every_hours, 24);
	assert_int_equal(config->modems[1].balance.decimals, 2);
	assert_string_equal(config->modems[2].iccid, "8949020000000000001");
	assert_string_equal(config->modems[3].usb_path, "1-2.3");
}

static void the_country_code_counts_wherever_it_stands(void **state)
{
	CLEANUP(cleanup_config) struct config *config = NULL;
	CLEANUP_FREE char *errors = NULL;

	(void)state;
	assert_int_equal(load_text("modems: ( { device = \"/dev/a\"; number = \"20123456\"; } );\n"
				   "country_code = \"45\"; trunk_prefix = \"\";\n",
				   &config, &errors),
			 0);
	assert_string_equal(config->modems[0].number, "+4520123456");
	assert_null(config->trunk_prefix);
}

static void an_empty_file_leaves_the_defaults(void **state)
{
	CLEANUP(cleanup_config) struct config *config = NULL;
	CLEANUP_FREE char *errors = NULL;

	(void)state;
	assert_int_equal(load_text("modems: ();\n", &config, &errors), 0);
	assert_int_equal(config->delivery.ttl_hours, 72);
	assert_int_equal(config->delivery.unknown_minutes, 30);
	assert_int_equal(config->delivery.max_parts, 10);
	assert_int_equal(config->delivery.on_unknown, CONFIG_ON_UNKNOWN_RESEND);
	assert_int_equal(config->retention.text_days, 90);
	assert_int_equal(config->retention.record_days, 400);
	assert_int_equal(config->log.level, LOG_INFO);
	assert_false(config->log.show_numbers);
	assert_int_equal(config->modem_count, 0);
	assert_null(config->country_code);
	assert_true(config->state_directory[0] == '/');
	assert_true(config->api.socket[0] == '/');
}

static void an_included_file_is_read_and_named_in_errors(void **state)
{
	CLEANUP(cleanup_config) struct config *config = NULL;
	CLEANUP_FREE char *errors = NULL, *more = NULL;

	(void)state;
	write_file("more.conf", 0644, "\ncountry_code = \"49\";\n");
	assert_int_equal(
		load_text("@include \"more.conf\"\ntrunk_prefix = \"0\";\n", &config, &errors), 0);
	assert_string_equal(config->country_code, "49");
	assert_string_equal(config->trunk_prefix, "0");

	config = config_free(config);
	write_file("more.conf", 0644, "\ncountry_codes = \"49\";\n");
	assert_int_equal(load_text("@include \"more.conf\"\n", &config, &more), -EINVAL);
	/* libconfig 1.5 names it as the @include does, later ones with its folder. */
	assert_non_null(strstr(more, "more.conf:2: unknown key country_codes; did you mean "
				     "country_code?\n"));
}

static void each_mistake_is_named_with_its_line_and_what_to_do(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(config_mistakes); i++) {
		const char *expected = config_mistakes[i].errors;
		struct config *config = NULL;
		CLEANUP_FREE char *errors = NULL;
		int r = load_text(config_mistakes[i].text, &config, &errors);

		if (config || r != -EINVAL || strcmp(errors, expected) != 0)
			fail_msg("case %zu: %d\n%s\ninstead of\n%s", i, r, errors, expected);
	}
}

static void all_mistakes_are_named_at_once(void **state)
{
	static const char text[] = "country_cod = \"86\";\n"
				   "modems: (\n"
				   "  { name = \"n\"; device = \"a\"; speed = 1; },\n"
				   "  { name = \"n\"; device = \"/dev/b\"; sped = 1; }\n"
				   ");\n"
				   "hooks: { };\n"
				   "log: { level = 6; show_numbers = \"no\"; };\n";
	/* The modems come after all else: their numbers need the country code. */
	static const unsigned lines[] = { 1, 6, 7, 7, 3, 3, 4, 4 };
	struct config *config = NULL;
	CLEANUP_FREE char *errors = NULL;
	const char *at;

	(void)state;
	assert_int_equal(load_text(text, &config, &errors), -EINVAL);
	at = errors;
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		char start[32];
		snprintf(start, sizeof(start), "F/a.conf:%u: ", lines[i]);
		if (strncmp(at, start, strlen(start)) != 0)
			fail_msg("not from %s: %s", start, at);
		at += strcspn(at, "\n") + 1;
	}
	assert_string_equal(at, "");
}

static void more_modems_than_one_bridge_drives_are_refused(void **state)
{
	struct config *config = NULL;
	CLEANUP_FREE char *errors = NULL, *text = NULL;
	size_t size;
	FILE *file = open_memstream(&text, &size);

	(void)state;
	fputs("modems: (", file);
	for (int i = 0; i < 65; i++)
		fprintf(file, "%s{ device = \"/dev/%d\"; }", i ? ", " : "", i);
	fputs(");", file);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(load_text(text, &config, &errors), -EINVAL);
	assert_string_equal(errors,
			    "F/a.conf:1: There are 65 modems, one bridge drives at most 64.\n");
}

static void a_pin_file_must_be_private_and_hold_a_pin(void **state)
{
	static const struct {
		mode_t mode;
		const char *content, *error; /* error NULL: taken */
	} cases[] = {
		{ 0600, "1234", NULL },
		{ 0400, "12345678\r\n\n", NULL },
		{ 0600, "123", "must hold the SIM's PIN, 4 to 8 digits, and nothing else." },
		{ 0600, "123456789", "must hold the SIM's PIN, 4 to 8 digits, and nothing else." },
		{ 0600, "12a4", "must hold the SIM's PIN, 4 to 8 digits, and nothing else." },
		{ 0600, "1234\n5678\n",
		  "must hold the SIM's PIN, 4 to 8 digits, and nothing else." },
		{ 0600, "", "must hold the SIM's PIN, 4 to 8 digits, and nothing else." },
		{ 0640, "1234", "may be read or written by others: run chmod 600 'F/pin'." },
		{ 0604, "1234", "may be read or written by others: run chmod 600 'F/pin'." },
		{ 0620, "1234", "may be read or written by others: run chmod 600 'F/pin'." },
	};
	char text[700];

	(void)state;
	snprintf(text, sizeof(text), "modems: ( { device = \"/dev/a\"; pin_file = \"%s\"; } );",
		 path_of("pin"));
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(cleanup_config) struct config *config = NULL;
		CLEANUP_FREE char *errors = NULL;
		char expected[256] = "";
		int r;

		unlink(path_of("pin"));
		write_file("pin", cases[i].mode, cases[i].content);
		r = load_text(text, &config, &errors);
		if (cases[i].error)
			snprintf(expected, sizeof(expected), "F/a.conf:1: pin_file F/pin %s\n",
				 cases[i].error);
		assert_string_equal(errors, expected);
		assert_int_equal(r, cases[i].error ? -EINVAL : 0);
		/* What was tried is nobody's business. */
		assert_null(strstr(errors, "1234"));
	}
}

static void a_pin_file_that_is_no_plain_file_is_refused(void **state)
{
	struct config *config = NULL;
	CLEANUP_FREE char *missing = NULL, *fifo = NULL;
	char text[700];

	(void)state;
	unlink(path_of("pin"));
	snprintf(text, sizeof(text), "modems: ( { device = \"/dev/a\"; pin_file = \"%s\"; } );",
		 path_of("pin"));
	assert_int_equal(load_text(text, &config, &missing), -EINVAL);
	assert_string_equal(missing, "F/a.conf:1: pin_file F/pin can't be opened (No such file or "
				     "directory): write the PIN into it, and run chmod 600.\n");
	assert_int_equal(mkfifo(path_of("pin"), 0600), 0);
	assert_int_equal(load_text(text, &config, &fifo), -EINVAL);
	assert_string_equal(fifo, "F/a.conf:1: pin_file F/pin is not a plain file: write the PIN "
				  "into one.\n");
}

static void a_file_that_others_may_write_is_refused(void **state)
{
	static const mode_t modes[] = { 0620, 0602, 0666, 0660 };

	(void)state;
	write_file("a.conf", 0600, "");
	for (size_t i = 0; i < ARRAY_SIZE(modes); i++) {
		struct config *config = NULL;
		CLEANUP_FREE char *errors = NULL;

		assert_int_equal(chmod(path_of("a.conf"), modes[i]), 0);
		assert_int_equal(load_path(path_of("a.conf"), &config, &errors), -EPERM);
		assert_string_equal(errors, "F/a.conf: may be written by others: run chmod go-w "
					    "'F/a.conf'.\n");
	}
	assert_int_equal(chmod(path_of("a.conf"), 0600), 0);
}

static void an_included_file_that_others_may_write_is_refused(void **state)
{
	struct config *config = NULL;
	CLEANUP_FREE char *errors = NULL, *errors_of_folder = NULL;

	(void)state;
	write_file("inner.conf", 0666, "country_code = \"86\";\n");
	write_file("outer.conf", 0644, "  @include \"inner.conf\"\n");
	assert_int_equal(load_text("@include \"outer.conf\"\n", &config, &errors), -EPERM);
	assert_string_equal(errors, "F/inner.conf: may be written by others: run chmod go-w "
				    "'F/inner.conf'.\n");
	assert_int_equal(load_text("@include \".\"\n", &config, &errors_of_folder), -EINVAL);
	assert_string_equal(errors_of_folder,
			    "F/.: not a plain file of at most 1 MiB: name another one.\n");
}

static void a_file_that_includes_itself_ends_in_an_error(void **state)
{
	struct config *config = NULL;
	CLEANUP_FREE char *errors = NULL;

	(void)state;
	assert_int_equal(load_text("@include \"a.conf\"\n", &config, &errors), -EINVAL);
	assert_non_null(strstr(errors, "a.conf:1: include file nesting too deep: a file must not "
				       "include itself.\n"));
}

static void a_file_of_another_user_is_refused(void **state)
{
	struct config *config = NULL;
	CLEANUP_FREE char *errors = NULL;

	(void)state;
	if (geteuid() != 0) {
		print_message("Only root can give a file away.\n");
		skip();
	}
	write_file("other.conf", 0644, "");
	assert_int_equal(chown(path_of("other.conf"), 4711, 4711), 0);
	assert_int_equal(load_path(path_of("other.conf"), &config, &errors), -EPERM);
	assert_string_equal(errors, "F/other.conf: belongs to user 4711, who could change it: run "
				    "chown 0 'F/other.conf'.\n");
}

static void a_file_that_can_not_be_opened_is_named(void **state)
{
	struct config *config = NULL;
	CLEANUP_FREE char *missing = NULL, *not_a_folder = NULL, *a_folder = NULL;

	(void)state;
	assert_int_equal(load_path(path_of("none.conf"), &config, &missing), -ENOENT);
	assert_string_equal(missing, "F/none.conf: can't be opened (No such file or directory): "
				     "check the path.\n");
	write_file("a.conf", 0600, "");
	assert_int_equal(load_path(path_of("a.conf/b"), &config, &not_a_folder), -EINVAL);
	assert_string_equal(not_a_folder,
			    "F/a.conf/b: can't be opened (Not a directory): check the path.\n");
	assert_int_equal(load_path(folder, &config, &a_folder), -EINVAL);
	assert_string_equal(a_folder, "F: not a plain file of at most 1 MiB: name another one.\n");
}

/* Copies it to where its mode is ours to set; with_examples: "#key" is switched on. */
static void copy_default_file(bool with_examples)
{
	CLEANUP_FCLOSE FILE *in = fopen(DEFAULT_FILE, "re");
	CLEANUP_FREE char *text = NULL;
	char line[256];
	size_t size;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(in);
	while (fgets(line, sizeof(line), in)) {
		bool example = line[0] == '#' && line[1] != ' ' && line[1] != '\n';
		fputs(line + (with_examples && example), out);
	}
	assert_int_equal(fclose(out), 0);
	write_file("default.conf", 0644, text);
}

static void check_shipped_values(const struct config *config)
{
	assert_int_equal(config->delivery.ttl_hours, 72);
	assert_int_equal(config->delivery.unknown_minutes, 30);
	assert_int_equal(config->delivery.on_unknown, CONFIG_ON_UNKNOWN_RESEND);
	assert_int_equal(config->delivery.max_parts, 10);
	assert_int_equal(config->log.level, LOG_INFO);
	assert_false(config->log.show_numbers);
}

static void the_shipped_file_is_valid_and_shows_the_defaults(void **state)
{
	CLEANUP(cleanup_config) struct config *as_it_is = NULL, *switched_on = NULL;
	CLEANUP_FREE char *errors = NULL, *more = NULL;

	(void)state;
	copy_default_file(false);
	assert_int_equal(load_path(path_of("default.conf"), &as_it_is, &errors), 0);
	assert_string_equal(errors, "");
	assert_int_equal(as_it_is->modem_count, 0);
	check_shipped_values(as_it_is);

	copy_default_file(true);
	assert_int_equal(load_path(path_of("default.conf"), &switched_on, &more), 0);
	assert_string_equal(more, "");
	assert_string_equal(switched_on->state_directory, "/var/lib/footbridge");
	assert_string_equal(switched_on->api.socket, "/run/footbridge/api.sock");
	assert_string_equal(switched_on->country_code, "86");
	assert_int_equal(switched_on->modem_count, 1);
	assert_string_equal(switched_on->modems[0].number, "+8613800000001");
	check_shipped_values(switched_on);
}

static void without_any_file_there_are_defaults(void **state)
{
	CLEANUP(cleanup_config) struct config *config = NULL;
	CLEANUP_FREE char *errors = NULL;

	(void)state;
	if (access("/etc/footbridge/footbridge.conf", F_OK) == 0) {
		print_message("This machine has a configuration of its own.\n");
		skip();
	}
	setenv("HOME", "/home/li", 1);
	assert_int_equal(load_path(NULL, &config, &errors), 0);
	assert_string_equal(errors, "");
	assert_null(config->path);
	assert_non_null(config->state_directory);
	assert_non_null(config->api.socket);
	check_shipped_values(config);
	assert_null(config_free(NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_key_arrives_in_its_place),
		cmocka_unit_test(a_modem_has_its_identity_its_limits_and_its_price),
		cmocka_unit_test(the_country_code_counts_wherever_it_stands),
		cmocka_unit_test(an_empty_file_leaves_the_defaults),
		cmocka_unit_test(an_included_file_is_read_and_named_in_errors),
		cmocka_unit_test(each_mistake_is_named_with_its_line_and_what_to_do),
		cmocka_unit_test(all_mistakes_are_named_at_once),
		cmocka_unit_test(more_modems_than_one_bridge_drives_are_refused),
		cmocka_unit_test(a_pin_file_must_be_private_and_hold_a_pin),
		cmocka_unit_test(a_pin_file_that_is_no_plain_file_is_refused),
		cmocka_unit_test(a_file_that_others_may_write_is_refused),
		cmocka_unit_test(an_included_file_that_others_may_write_is_refused),
		cmocka_unit_test(a_file_that_includes_itself_ends_in_an_error),
		cmocka_unit_test(a_file_of_another_user_is_refused),
		cmocka_unit_test(a_file_that_can_not_be_opened_is_named),
		cmocka_unit_test(the_shipped_file_is_valid_and_shows_the_defaults),
		cmocka_unit_test(without_any_file_there_are_defaults),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
