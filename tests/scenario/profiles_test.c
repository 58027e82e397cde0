/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Every family of modems that tests/cell/profiles describes, each in a world of its own with the
 * real daemon and the real worker: a text of two parts goes out and is reported, texts of every
 * kind come in, while the modem says by itself all that its family says.  A new file there is
 * tested without a word here.
 */
#include "tests/scenario/scenario.h"

#include <dirent.h>
#include <err.h>

#define PROFILES_MAX 128
#define PROFILES_DEFAULT "tests/cell/profiles"

/* Deadlines, delays between tries, and with them what a slow family takes to send. */
#define TIME_PERCENT 10

/* A line of chatter every so often: several between a command and its answer. */
#define CHATTER_MSEC "5"

struct profile {
	char name[64];
	int send_msec;   /* 0: as fast as the network */
	bool sends_only; /* it has no memory that could be read */
	struct world *world;
	pid_t worker;
	char id[65], phone[16];
};

static struct profile profiles[PROFILES_MAX];
static size_t profile_count;

/* ---------------------------------------------------------------- the files */

static const char *directory(void)
{
	const char *named = getenv("FOOTBRIDGE_PROFILES");

	return named ? named : PROFILES_DEFAULT;
}

static int is_profile(const struct dirent *entry)
{
	size_t size = strlen(entry->d_name);

	return size > 5 && strcmp(entry->d_name + size - 5, ".conf") == 0;
}

/* Of the file only what decides how to test. */
static void read_profile(const char *file_name, struct profile *profile)
{
	char path[512], line[512];
	FILE *file;

	snprintf(profile->name, sizeof(profile->name), "%.*s", (int)strlen(file_name) - 5,
		 file_name);
	snprintf(path, sizeof(path), "%s/%s", directory(), file_name);
	file = fopen(path, "re");
	if (!file)
		err(1, "%s", path);
	while (fgets(line, sizeof(line), file)) {
		if (strncmp(line, "send_ms = ", 10) == 0)
			profile->send_msec = (int)strtol(line + 10, NULL, 10);
		if (strstr(line, "+CPMS: (),(),()"))
			profile->sends_only = true;
	}
	fclose(file);
}

/* PROFILE=name,name… in the environment: only those. */
static bool is_chosen(const char *file)
{
	const char *chosen = getenv("PROFILE"), *at;
	size_t size = strlen(file) - 5;

	if (!chosen)
		return true;
	for (at = chosen; at; at = strchr(at, ',')) {
		at += *at == ',';
		if (strncmp(at, file, size) == 0 && (at[size] == ',' || at[size] == '\0'))
			return true;
	}
	return false;
}

static void find_profiles(void)
{
	struct dirent **entries;
	int count = scandir(directory(), &entries, is_profile, alphasort);

	if (count < 1 || count > PROFILES_MAX)
		errx(1, "%s holds no profiles, or too many", directory());
	for (int i = 0; i < count; i++) {
		if (is_chosen(entries[i]->d_name))
			read_profile(entries[i]->d_name, &profiles[profile_count++]);
		free(entries[i]);
	}
	free(entries);
}

/* ---------------------------------------------------------------- one profile */

static void begin(struct profile *profile)
{
	char modem[256], slow[32] = "";
	/* A slow family's network needs 6 s for a report. */
	const char *arguments[] = { "--profiles",  directory(),
				    "--log-lines", "--modem",
				    modem,         profile->send_msec ? "--report-seconds" : NULL,
				    "0.6",         NULL };

	if (profile->send_msec)
		snprintf(slow, sizeof(slow), ",send_ms=%d",
			 profile->send_msec * TIME_PERCENT / 100);
	snprintf(modem, sizeof(modem), "%s,number=%s,profile=%s,chatter_ms=%s%s", WORLD_MODEM,
		 WORLD_MODEM_NUMBER, profile->name, CHATTER_MSEC, slow);
	print_message("# %s\n", profile->name);
	profile->world = world_open(&(struct world_options){ .failed = scenario_failed,
							     .cell_arguments = arguments,
							     .time_percent = TIME_PERCENT });
	profile->worker = world_worker_pid(profile->world);
}

#define LONG_TEXT                                                                                  \
	"The nurse comes on Thursday at nine.  Bring the yellow booklet, the last prescription "   \
	"and, if you have one, the letter of the clinic.  Those who can't come are visited at "    \
	"home on Friday."

static void send(struct profile *profile)
{
	world_number(profile->world, profile->phone);
	world_send(profile->world, profile->phone, LONG_TEXT, strlen(LONG_TEXT), profile->id);
}

static void text_of_two_parts_goes_out(struct profile *profile)
{
	struct world *world = profile->world;
	WORLD_JSON *messages = world_screen_wait(world, profile->phone, 1);
	WORLD_JSON *message =
		world_message_wait(world, profile->id, profile->sends_only ? "sent" : "delivered");

	assert_string_equal(world_text(messages, "0.text"), LONG_TEXT);
	assert_string_equal(world_text(messages, "0.from"), WORLD_MODEM_NUMBER);
	assert_int_equal(json_array_size(messages), 1);
	assert_int_equal(world_integer(message, "recipients.0.parts"), 2);
	if (!profile->sends_only)
		assert_int_equal(world_integer(message, "recipients.0.partsDelivered"), 2);
	assert_int_equal(world_cell_count(world, 0, "submit", NULL), 2);
}

static void text_comes_in(struct profile *profile, const char *text, int class)
{
	struct world *world = profile->world;
	char phone[16];

	world_number(world, phone);
	if (class >= 0)
		world_cell_do(world, "{s:s,s:s,s:s,s:s,s:i}", "op", "incoming", "modem",
			      WORLD_MODEM, "from", phone, "text", text, "class", class);
	else
		world_type(world, phone, text, strlen(text));
	WORLD_JSON *items = world_inbox_wait(world, phone, 1);
	assert_int_equal(json_array_size(items), 1);
	assert_string_equal(world_text(items, "0.text"), text);
	assert_string_equal(world_text(items, "0.state"), "received");
	assert_string_equal(world_text(items, "0.modem"), WORLD_MODEM);
}

static void texts_of_every_kind_come_in(struct profile *profile)
{
	text_comes_in(profile, "Yes, I'll be there.", -1);
	text_comes_in(profile, "Grüße an alle: süße Äpfel, Öl und Mehl.", -1);
	text_comes_in(profile, "Merci 🚑, bis später — 明天见 👋", -1);
	text_comes_in(profile, LONG_TEXT "  " LONG_TEXT, -1);
	text_comes_in(profile, "Übrigens 🌧: " LONG_TEXT, -1);
	text_comes_in(profile, "A flash: the road is closed.", 0);
}

static void network_answers(struct world *world, const char *code, const char *text, bool menu)
{
	WORLD_JSON *body = json_pack("{s:s}", "code", code);
	int status;
	WORLD_JSON *answer =
		world_http(world, "POST", "/v1/modems/" WORLD_MODEM "/ussd", body, &status);

	if (status != 200)
		world_fail(world, "USSD %s: %d %s", code, status, world_text(answer, "message"));
	assert_string_equal(world_text(answer, "text"), text);
	assert_int_equal(json_is_true(world_at(answer, "menu")), menu);
}

/* Request and answer are in the family's own code. */
static void menu_of_the_network_is_walked(struct world *world)
{
	static const char menu[] = "Balance: 12.50\n1 Offers\n2 [more]",
			  offers[] = "No offers @ all";

	world_cell_do(world, "{s:s,s:s,s:s,s:s,s:b}", "op", "ussd", "modem", WORLD_MODEM, "code",
		      "*100#", "text", menu, "menu", 1);
	world_cell_do(world, "{s:s,s:s,s:s,s:s}", "op", "ussd", "modem", WORLD_MODEM, "code",
		      "*100#>1", "text", offers);
	network_answers(world, "*100#", menu, true);
	network_answers(world, "1", offers, false);
}

/* Whatever domain of the network the family knows about. */
static void modem_is_registered(struct world *world)
{
	int status;
	WORLD_JSON *modem = world_http(world, "GET", "/v1/modems/" WORLD_MODEM, NULL, &status);

	assert_int_equal(status, 200);
	assert_true(json_is_true(world_at(modem, "registered")));
	assert_string_equal(world_text(modem, "registration"), "home");
}

/* It is found in a listing of the store, among what the modem has said meanwhile. */
static void text_waits_while_the_daemon_is_away(struct world *world)
{
	static const char text[] = "Were you away?";
	char phone[16];

	world_number(world, phone);
	assert_int_equal(world_daemon_stop(world), 0);
	world_type(world, phone, text, strlen(text));
	world_daemon_start(world);
	WORLD_JSON *items = world_inbox_wait(world, phone, 1);
	assert_string_equal(world_text(items, "0.text"), text);
	assert_int_equal(json_array_size(items), 1);
}

/* What was taken over is deleted, wherever the modem had put it, so that it never fills up. */
static void nothing_is_left_in_the_modem(struct world *world)
{
	for (int patience = 300; patience > 0; patience--) {
		WORLD_JSON *store =
			world_cell(world, "{s:s,s:s}", "op", "store", "modem", WORLD_MODEM);

		if (json_array_size(json_object_get(store, "slots")) == 0)
			return;
		world_sleep(world, -1, 100);
	}
	world_fail(world, "the modem still keeps what was received");
}

static void end(struct profile *profile)
{
	text_of_two_parts_goes_out(profile);
	if (!profile->sends_only)
		texts_of_every_kind_come_in(profile);
	menu_of_the_network_is_walked(profile->world);
	modem_is_registered(profile->world);
	assert_int_equal(world_worker_pid(profile->world), profile->worker);
	if (!profile->sends_only) {
		text_waits_while_the_daemon_is_away(profile->world);
		nothing_is_left_in_the_modem(profile->world);
	}
	assert_true(world_is_clean(profile->world));
	profile->world = world_close(profile->world);
}

/* ---------------------------------------------------------------- the tests, one a profile */

static void a_text_is_on_its_way(void **state)
{
	begin(*state);
	send(*state);
}

static void texts_cross(void **state)
{
	struct profile *profile = *state;

	if (!profile->send_msec)
		a_text_is_on_its_way(state);
	assert_non_null(profile->world);
	end(profile);
}

static int close_world(void **state)
{
	struct profile *profile = *state;

	profile->world = world_close(profile->world);
	return 0;
}

/* The slow ones begin first and end last, so that all others cross meanwhile. */
static size_t list_tests(struct CMUnitTest *tests)
{
	size_t count = 0;

	for (int slow = 0; slow <= 1; slow++) {
		for (size_t i = 0; i < profile_count; i++) {
			if ((profiles[i].send_msec != 0) != slow)
				continue;
			tests[count++] = (struct CMUnitTest){ .name = profiles[i].name,
							      .test_func = texts_cross,
							      .teardown_func = close_world,
							      .initial_state = &profiles[i] };
		}
	}
	return count;
}

static int begin_slow_ones(void **state)
{
	(void)state;
	for (size_t i = 0; i < profile_count; i++) {
		void *profile = &profiles[i];

		if (profiles[i].send_msec)
			a_text_is_on_its_way(&profile);
	}
	return 0;
}

int main(void)
{
	struct CMUnitTest tests[PROFILES_MAX];

	find_profiles();
	return _cmocka_run_group_tests("texts_cross_on_every_family_of_modems", tests,
				       list_tests(tests), begin_slow_ones, NULL);
}
