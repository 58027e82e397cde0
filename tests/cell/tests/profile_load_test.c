/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The loader of profiles: what arrives in struct quirks, and what is said of a mistake.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/cell/quirks.h"

#define DIRECTORY "tests/cell/profiles"

/* Loads a file with this behind the three keys that are needed. */
static int load_text(const char *text, struct quirks *quirks, char why[static PROFILE_WHY_SIZE])
{
	char directory[] = "/tmp/footbridge-cell-XXXXXX", path[64];
	FILE *file;
	int r;

	assert_non_null(mkdtemp(directory));
	snprintf(path, sizeof(path), "%s/own.conf", directory);
	file = fopen(path, "we");
	assert_non_null(file);
	fprintf(file, "family = \"F\"; manufacturer = \"M\"; model = \"O\";\n%s\n", text);
	fclose(file);
	r = profile_load(directory, "own", quirks, why);
	unlink(path);
	rmdir(directory);
	return r;
}

static void a_file_of_names_alone_is_the_strict_modem(void **state)
{
	struct quirks quirks, none = QUIRKS_NONE;
	char why[PROFILE_WHY_SIZE];

	(void)state;
	assert_int_equal(load_text("", &quirks, why), 0);
	assert_string_equal(quirks.family, "F");
	memset(quirks.family, 0, sizeof(quirks.family));
	memset(quirks.manufacturer, 0, sizeof(quirks.manufacturer));
	memset(quirks.model, 0, sizeof(quirks.model));
	assert_memory_equal(&quirks, &none, sizeof(none));
}

static void values_of_every_kind_arrive(void **state)
{
	static const char text[] =
		"echo = \"always\"; glue = true; first_index = 0; report_index = 7;\n"
		"chatter = ( \"A\", { after_ms = 5; text = \"B\"; } );\n"
		"replies = ( { command = \"AT+X\"; lines = [ \"a\", \"b\" ]; final = \"-\"; } );\n"
		"stores = ( { name = \"SM\"; size = 9; } ); reports = \"SM\";\n"
		"indications = [ \"01\", \"2\", \"\", \"0\", \"1\" ];\n"
		"silent_domain = { CGREG = true; }; domain_name = { CEREG = \"+CGREG\"; };\n";
	struct quirks quirks;
	char why[PROFILE_WHY_SIZE] = "";

	(void)state;
	if (load_text(text, &quirks, why) < 0)
		fail_msg("%s", why);
	assert_int_equal(quirks.echo, QUIRK_ECHO_ALWAYS);
	assert_true(quirks.glue);
	assert_int_equal(quirks.first_index, 0);
	assert_int_equal(quirks.report_index, 7);
	assert_int_equal(quirks.chatter_count, 2);
	assert_string_equal(quirks.chatter[0].text, "A");
	assert_string_equal(quirks.chatter[1].text, "B");
	assert_int_equal(quirks.chatter[1].after_ms, 5);
	assert_int_equal(quirks.reply_count, 1);
	assert_string_equal(quirks.replies[0].lines, "a\r\nb");
	assert_string_equal(quirks.replies[0].final, "-");
	assert_int_equal(quirks.stores[0].size, 9);
	assert_string_equal(quirks.indications[1], "2");
	assert_false(quirks.silent_domain[0]);
	assert_true(quirks.silent_domain[1]);
	assert_string_equal(quirks.domain_name[2], "+CGREG");
}

struct mistake {
	const char *text, *why;
};

static void a_mistake_is_told_with_its_line(void **state)
{
	static const struct mistake mistakes[] = {
		{ "\n\necko = 1;", "own.conf:4: there is no key \"ecko\"" },
		{ "glue = 1;", "own.conf:2: \"glue\" must be true or false" },
		{ "firmware = 1;", "own.conf:2: \"firmware\" must be a text in quotes" },
		{ "echo = \"loud\";", "own.conf:2: \"echo\" can't be \"loud\"" },
		{ "first_index = 2;", "own.conf:2: \"first_index\" must be a number from 0 to 1" },
		{ "prompt = \"12345678\";", "own.conf:2: \"prompt\" is longer than 7 bytes" },
		{ "boot = \"RDY\";", "own.conf:2: \"boot\" must be a list of at most 64" },
		{ "boot = (\n{ txt = \"a\"; } );", "own.conf:3: there is no key \"txt\"" },
		{ "replies = ( { command = \"CPMS\"; } );",
		  "own.conf:2: \"command\" must begin with AT" },
		{ "stores = ( { name = \"XX\"; size = 1; } );",
		  "own.conf:2: \"name\" can't be \"XX\"" },
		{ "indications = [ \"0\" ];",
		  "own.conf:2: \"indications\" must be a list of five" },
		{ "domain_name = \"a\";", "own.conf:2: \"domain_name\" must be a group in { }" },
		{ "echo = ;", "own.conf:2: syntax error" },
	};
	struct quirks quirks;

	(void)state;
	for (size_t i = 0; i < sizeof(mistakes) / sizeof(mistakes[0]); i++) {
		char why[PROFILE_WHY_SIZE] = "";

		assert_int_equal(load_text(mistakes[i].text, &quirks, why), -1);
		assert_string_equal(why, mistakes[i].why);
	}
}

static void what_does_not_fit_together_is_refused(void **state)
{
	static const char *const texts[] = {
		"incoming = \"ME\";",
		"stores = ( { name = \"ME\"; size = 3; } ); reports = \"SM\";",
		"stores = ( { name = \"ME\"; } );",
		"replies = ( { final = \"OK\"; } );",
		"replies = ( { command = \"AT+X\"; until = \"never said\"; } );",
	};
	char why[PROFILE_WHY_SIZE];
	struct quirks quirks;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_int_equal(load_text(texts[i], &quirks, why), -1);
	assert_int_equal(profile_load(DIRECTORY, "../profiles/wavecom", &quirks, why), -1);
	assert_int_equal(profile_load(DIRECTORY, "", &quirks, why), -1);
	assert_int_equal(profile_load(DIRECTORY, "no-such-modem", &quirks, why), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_of_names_alone_is_the_strict_modem),
		cmocka_unit_test(values_of_every_kind_arrive),
		cmocka_unit_test(a_mistake_is_told_with_its_line),
		cmocka_unit_test(what_does_not_fit_together_is_refused),
	};

	return cmocka_run_group_tests_name("profile_load", tests, NULL, NULL);
}
