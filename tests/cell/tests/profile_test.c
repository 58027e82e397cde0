/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Profiles: every file of profiles/ loads, and a modem of it shows on its line what the file says.
 * The files say what is expected; this knows none of them by name.
 */
#include <dirent.h>

#include "tests/cell/quirks.h"
#include "tests/cell/tests/fixture.h"

#define DIRECTORY "tests/cell/profiles"
#define NAMES_MAX 128

/* ---- the modem of one profile */

static char names[NAMES_MAX][QUIRK_NAME_SIZE];
static size_t name_count;

static int is_profile(const struct dirent *entry)
{
	size_t size = strlen(entry->d_name);

	return size > 5 && strcmp(entry->d_name + size - 5, ".conf") == 0;
}

static int find_names(void **state)
{
	struct dirent **entries;
	int count = scandir(DIRECTORY, &entries, is_profile, alphasort);

	(void)state;
	assert_in_range(count, 1, NAMES_MAX);
	for (int i = 0; i < count; i++) {
		snprintf(names[i], sizeof(names[i]), "%.*s", (int)strlen(entries[i]->d_name) - 5,
			 entries[i]->d_name);
		free(entries[i]);
	}
	free(entries);
	name_count = (size_t)count;
	return 0;
}

static void load(const char *name, struct quirks *quirks)
{
	char why[PROFILE_WHY_SIZE];

	if (profile_load(DIRECTORY, name, quirks, why) < 0)
		fail_msg("%s", why);
}

static struct fixture *power_up(const char *name)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct cell_settings settings = { .centre.quarters = 32, .profiles = DIRECTORY };
	char why[MODEM_WHY_SIZE], modem[128];

	assert_non_null(f);
	print_message("# %s\n", name);
	strcpy(f->directory, "/tmp/footbridge-cell-XXXXXX");
	assert_non_null(mkdtemp(f->directory));
	settings.directory = f->directory;
	assert_true(sd_event_new(&f->event) >= 0);
	assert_int_equal(cell_new(f->event, &settings, &f->cell), 0);
	snprintf(modem, sizeof(modem), "north,number=" NORTH_NUMBER ",profile=%s", name);
	if (cell_add_modem(f->cell, modem, why) < 0)
		fail_msg("%s", why);
	f->tty[NORTH] = open_tty(f, "north");
	f->tty[SOUTH] = f->tty[ODD] = -1;
	return f;
}

static void power_down(struct fixture *f)
{
	void *state = f;

	fixture_down(&state);
}

/* A line that ends so. */
static void hear_line(struct fixture *f, const char *text)
{
	char end[2 * QUIRK_TEXT_SIZE + 4];

	snprintf(end, sizeof(end), "%s\r\n", text);
	hear(f, NORTH, end);
}

static void say_line(struct fixture *f, const char *command)
{
	char line[QUIRK_NAME_SIZE + 2];

	snprintf(line, sizeof(line), "%s\r", command);
	say(f, NORTH, line);
}

static void hear_boot(struct fixture *f, const struct quirks *quirks)
{
	for (size_t i = 0; i < quirks->boot_count; i++)
		hear_line(f, quirks->boot[i].text);
}

/* Past its boot lines and whatever it wants to hear first; errors come in digits. */
static struct fixture *settle(const char *name, const struct quirks *quirks)
{
	struct fixture *f = power_up(name);

	hear_boot(f, quirks);
	say_line(f, "AT+CPIN?");
	hear_line(f, "+CPIN: READY");
	say_line(f, "AT+CMEE=1");
	hear_line(f, "\r\nOK");
	return f;
}

/* A command that the pattern fits. */
static void example_of(const char *pattern, char command[static QUIRK_NAME_SIZE])
{
	size_t size = strlen(pattern);

	snprintf(command, QUIRK_NAME_SIZE, "%s", pattern);
	if (size > 0 && command[size - 1] == '*')
		snprintf(command + size - 1, QUIRK_NAME_SIZE - size + 1, "%s",
			 strcmp(pattern, "AT+*") == 0 ? "CSQ" : "1");
}

static bool fits(const char *pattern, const char *command)
{
	size_t size = strlen(pattern);

	return size > 0 && pattern[size - 1] == '*' ? strncmp(pattern, command, size - 1) == 0
						    : strcmp(pattern, command) == 0;
}

static bool answers(const struct quirks *quirks, const char *command)
{
	for (size_t i = 0; i < quirks->reply_count; i++)
		if (fits(quirks->replies[i].command, command) && !quirks->replies[i].until[0] &&
		    !quirks->replies[i].after[0])
			return true;
	return false;
}

/* ---- all profiles */

static void every_profile_chatters(void **state)
{
	(void)state;
	for (size_t i = 0; i < name_count; i++) {
		struct quirks quirks;
		struct fixture *f = power_up(names[i]);

		load(names[i], &quirks);
		op(f,
		   "{\"op\":\"set\",\"modem\":\"north\",\"key\":\"chatter_ms\",\"value\":\"1\"}");
		for (size_t j = 0; j < quirks.chatter_count; j++)
			hear_line(f, quirks.chatter[j].text);
		power_down(f);
	}
}

static void hear_reply(struct fixture *f, const struct quirk_reply *reply)
{
	char lines[sizeof(reply->lines)], *save = NULL;

	memcpy(lines, reply->lines, sizeof(lines));
	for (char *line = strtok_r(lines, "\r\n", &save); line;
	     line = strtok_r(NULL, "\r\n", &save))
		hear_line(f, line);
	if (!reply->final[0])
		hear_line(f, "\r\nOK");
	else if (strcmp(reply->final, "-") != 0)
		hear_line(f, reply->final);
}

/* What stands before this reply in the file, and would be given in its place, is used up. */
static void clear_way(struct fixture *f, const struct quirks *quirks, size_t index,
		      const char *command)
{
	const struct quirk_reply *own = &quirks->replies[index];

	for (size_t i = 0; i < index; i++) {
		const struct quirk_reply *other = &quirks->replies[i];

		if (!fits(other->command, command) || other->after[0])
			continue;
		if (strncmp(other->until, "AT", 2) == 0 && strcmp(other->until, own->until) != 0) {
			say_line(f, other->until);
			hear_line(f, "\r\nOK");
			continue;
		}
		for (unsigned n = 0; n < other->times; n++) {
			say_line(f, command);
			hear_reply(f, other);
		}
	}
	if (own->after[0]) {
		char first[QUIRK_NAME_SIZE];

		example_of(own->after, first);
		say_line(f, first);
		hear_line(f, "\r\nOK");
	}
}

static void every_profile_gives_its_replies(void **state)
{
	(void)state;
	for (size_t i = 0; i < name_count; i++) {
		struct quirks quirks;

		load(names[i], &quirks);
		for (size_t j = 0; j < quirks.reply_count; j++) {
			const struct quirk_reply *reply = &quirks.replies[j];
			struct fixture *f = power_up(names[i]);
			char command[QUIRK_NAME_SIZE];

			example_of(reply->command, command);
			clear_way(f, &quirks, j, command);
			for (unsigned n = 0; n < (reply->times ? reply->times : 1); n++) {
				say_line(f, command);
				hear_reply(f, reply);
			}
			power_down(f);
		}
	}
}

static void check_names(struct fixture *f, const struct quirks *quirks)
{
	say_line(f, "AT+CGMI");
	hear_line(f, quirks->manufacturer);
	say_line(f, "AT+CGMM");
	hear_line(f, quirks->model);
	say_line(f, "AT+CGMR");
	hear_line(f, quirks->firmware);
	say_line(f, "AT+NEVERHEARD");
	hear_line(f, quirks->unknown[0] ? quirks->unknown : "ERROR");
}

static void check_echo(struct fixture *f, const struct quirks *quirks)
{
	say(f, NORTH, "ATE1\r");
	hear_line(f, "\r\nOK");
	say(f, NORTH, "ATE0\r");
	assert_int_equal(strncmp(hear(f, NORTH, "\r\nOK\r\n"), "ATE0", 4) == 0,
			 quirks->echo != QUIRK_ECHO_NEVER);
	say(f, NORTH, "AT\r");
	assert_int_equal(strncmp(hear(f, NORTH, "\r\nOK\r\n"), "AT", 2) == 0,
			 quirks->echo == QUIRK_ECHO_ALWAYS);
}

static void check_stores(struct fixture *f, const struct quirks *quirks)
{
	unsigned both = 0;

	for (size_t i = 0; i < quirks->store_count; i++)
		if (strcmp(quirks->stores[i].name, "SM") == 0 ||
		    strcmp(quirks->stores[i].name, "ME") == 0)
			both += quirks->stores[i].size;
	for (size_t i = 0; i < quirks->store_count; i++) {
		const struct quirk_store *store = &quirks->stores[i];
		bool joined = strcmp(store->name, "MT") == 0;
		char command[64], answer[64];

		snprintf(command, sizeof(command), "AT+CPMS=\"%s\"", store->name);
		snprintf(answer, sizeof(answer), "+CPMS: 0,%u,", joined ? both : store->size);
		if (answers(quirks, command))
			continue;
		say_line(f, command);
		hear(f, NORTH, answer);
		hear_line(f, "\r\nOK");
	}
}

static void check_centre(struct fixture *f, const struct quirks *quirks)
{
	if (!quirks->centre_form[0])
		return;
	say_line(f, "AT+CSCA?");
	hear(f, NORTH, strcmp(quirks->centre_form, "ucs2") == 0 ? "+CSCA: \"002B" : "+CSCA: \"\"");
	hear_line(f, "\r\nOK");
}

/* Each domain of registration answers under its name, and knows what it knows. */
static void check_domains(struct fixture *f, const struct quirks *quirks)
{
	static const char *const domains[] = { "CREG", "CGREG", "CEREG" };

	for (size_t i = 0; i < 3; i++) {
		const char *name = quirks->domain_name[i];
		char command[64], answer[128];

		snprintf(command, sizeof(command), "AT+%s=2", domains[i]);
		say_line(f, command);
		hear_line(f, "\r\nOK");
		snprintf(command, sizeof(command), "AT+%s?", domains[i]);
		if (answers(quirks, command))
			continue;
		snprintf(answer, sizeof(answer), "%s%s: 2,%d%s", name[0] ? "" : "+",
			 name[0] ? name : domains[i], quirks->silent_domain[i] ? 0 : 1,
			 quirks->silent_domain[i] ? "" : quirks->domain_tail);
		say_line(f, command);
		hear(f, NORTH, answer);
		hear_line(f, "\r\nOK");
	}
}

/* A digit of +CNMI that is taken, and of those the one that serves best. */
static int indication_of(const struct quirks *quirks, size_t index)
{
	static const char wanted[] = "11020";
	const char *values = quirks->indications[index];

	return !values[0] || strchr(values, wanted[index]) ? wanted[index] : values[0];
}

static void check_indications(struct fixture *f, const struct quirks *quirks)
{
	char error[32], command[32];

	snprintf(error, sizeof(error), "+CMS ERROR: %d",
		 quirks->indications_error ? quirks->indications_error : 303);
	for (size_t i = 0; i < 5; i++) {
		for (int digit = '0'; quirks->indications[i][0] && digit <= '2'; digit++) {
			int d[5];

			if (strchr(quirks->indications[i], digit))
				continue;
			for (size_t j = 0; j < 5; j++)
				d[j] = j == i ? digit : indication_of(quirks, j);
			snprintf(command, sizeof(command), "AT+CNMI=%c,%c,%c,%c,%c", d[0], d[1],
				 d[2], d[3], d[4]);
			say_line(f, command);
			hear_line(f, error);
		}
	}
}

/* Where a text is stored, how that is said, and what its heading looks like. */
static void check_text(struct fixture *f, const struct quirks *quirks)
{
	static const char *const headings[] = { "+CMGR: 0,,", "+CMGR: 0,", "+CMGR: 0,\"\"," };
	const char *first = quirks->store_count ? quirks->stores[0].name : "SM";
	const char *store = quirks->incoming[0] ? quirks->incoming : first;
	char command[64], answer[64];
	size_t size;

	if (answers(quirks, "AT+CNMI=1"))
		return;
	snprintf(command, sizeof(command), "AT+CNMI=%c,%c,%c,%c,%c", indication_of(quirks, 0),
		 indication_of(quirks, 1), indication_of(quirks, 2),
		 quirks->direct_reports ? '1' : indication_of(quirks, 3), indication_of(quirks, 4));
	say_line(f, command);
	hear_line(f, "\r\nOK");
	op(f,
	   "{\"op\":\"incoming\",\"modem\":\"north\",\"from\":\"+8613900009999\",\"text\":\"a\"}");
	snprintf(answer, sizeof(answer), "+CMTI: \"%s\",%u", store, quirks->first_index);
	hear_line(f, answer);
	snprintf(command, sizeof(command), "AT+CPMS=\"%s\"", store);
	say_line(f, command);
	hear_line(f, "\r\nOK");
	snprintf(command, sizeof(command), "AT+CMGR=%u", quirks->first_index);
	say_line(f, command);
	hear(f, NORTH, headings[quirks->read_header]);
	size = strlen(hear(f, NORTH, "\r\n")) - 2;
	assert_int_equal(strspn(f->heard, "0123456789"), size);
	hear_line(f, "\r\nOK");
	snprintf(command, sizeof(command), "AT+CMGR=%u", quirks->first_index + 1);
	say_line(f, command);
	hear_line(f, quirks->empty_ok          ? "\r\nOK"
		     : quirks->errors_in_words ? "+CMS ERROR: invalid memory index"
					       : "+CMS ERROR: 321");
}

static void check_prompt(struct fixture *f, const struct quirks *quirks)
{
	for (size_t i = 0; i < quirks->reply_count; i++) {
		const struct quirk_reply *reply = &quirks->replies[i];

		if (reply->after[0] || !fits(reply->command, "AT+CMGS=20"))
			continue;
		for (unsigned n = 0; n < reply->times; n++) {
			say_line(f, "AT+CMGS=20");
			hear_reply(f, reply);
		}
	}
	say(f, NORTH, HELLO_CMGS);
	hear(f, NORTH, quirks->prompt[0] ? quirks->prompt : "\r\n> ");
	say(f, NORTH, "\x1b");
	hear_line(f, "\r\nOK");
}

static void every_profile_behaves_as_its_file_says(void **state)
{
	(void)state;
	for (size_t i = 0; i < name_count; i++) {
		struct quirks quirks;
		struct fixture *f;

		load(names[i], &quirks);
		f = settle(names[i], &quirks);
		check_names(f, &quirks);
		check_echo(f, &quirks);
		check_stores(f, &quirks);
		check_centre(f, &quirks);
		check_domains(f, &quirks);
		check_indications(f, &quirks);
		check_text(f, &quirks);
		check_prompt(f, &quirks);
		power_down(f);
	}
}

/* A quirk that no family has is one that nobody needs. */
static void every_quirk_is_that_of_some_family(void **state)
{
#define FIELD(name)                                                                                \
	{                                                                                          \
#name, offsetof(struct quirks, name), sizeof(((struct quirks *)NULL)->name)        \
	}
	static const struct {
		const char *name;
		size_t offset, size;
	} fields[] = {
		FIELD(firmware),
		FIELD(echo),
		FIELD(blank_lines),
		FIELD(prompt),
		FIELD(unknown),
		FIELD(errors_in_words),
		FIELD(glue),
		FIELD(boot_count),
		FIELD(chatter_count),
		FIELD(reply_count),
		FIELD(store_count),
		FIELD(incoming),
		FIELD(reports),
		FIELD(first_index),
		FIELD(report_memory),
		FIELD(report_index),
		FIELD(read_header),
		FIELD(list_header),
		FIELD(length_excess),
		FIELD(empty_ok),
		FIELD(centre_form),
		FIELD(indications),
		FIELD(indications_error),
		FIELD(direct_reports),
		FIELD(shown_twice),
		FIELD(silent_domain),
		FIELD(domain_name),
		FIELD(domain_tail),
		FIELD(ussd),
		FIELD(ussd_before),
		FIELD(send_ms),
		FIELD(stuck_prompt),
	};
#undef FIELD
	const struct quirks none = QUIRKS_NONE;

	(void)state;
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		bool found = false;

		for (size_t j = 0; j < name_count && !found; j++) {
			struct quirks quirks;

			load(names[j], &quirks);
			found = memcmp((const char *)&quirks + fields[i].offset,
				       (const char *)&none + fields[i].offset, fields[i].size) != 0;
		}
		if (!found)
			fail_msg("no profile has the quirk \"%s\"", fields[i].name);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_quirk_is_that_of_some_family),
		cmocka_unit_test(every_profile_chatters),
		cmocka_unit_test(every_profile_gives_its_replies),
		cmocka_unit_test(every_profile_behaves_as_its_file_says),
	};

	return cmocka_run_group_tests_name("profile", tests, find_names, NULL);
}
