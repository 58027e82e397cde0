/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What the talking side makes good, quirk by quirk: each test has a modem that departs from the
 * standard in one thing, written here as a profile of the cell, in a world of its own.
 */
#include "tests/scenario/scenario.h"

#include <unistd.h>

#define OPERATOR "FOOTBRIDGE" /* of the cell */
#define DAY_PERCENT 20        /* a sweep every twelve seconds */

static char directory[] = "/tmp/rough-test-XXXXXX";
static char profile_path[64];

/* A world whose only modem is so. */
static struct world *begin_so(bool without_daemon, const char *profile, unsigned time_percent)
{
	static char modem[128];
	const char *arguments[] = {
		"--log-lines", "--profiles", directory, "--modem", modem, NULL
	};
	FILE *file = fopen(profile_path, "we");

	assert_non_null(file);
	fprintf(file, "family = \"Rough\"; manufacturer = \"Nobody\"; model = \"R1\";\n%s",
		profile);
	fclose(file);
	snprintf(modem, sizeof(modem), "%s,number=%s,profile=rough", WORLD_MODEM,
		 WORLD_MODEM_NUMBER);
	return world_open(&(struct world_options){ .failed = scenario_failed,
						   .cell_arguments = arguments,
						   .time_percent = time_percent,
						   .without_daemon = without_daemon });
}

static struct world *begin(const char *profile, unsigned time_percent)
{
	return begin_so(false, profile, time_percent);
}

static void end(struct world *world, pid_t worker)
{
	assert_int_equal(world_worker_pid(world), worker);
	assert_true(world_is_clean(world));
	world_close(world);
}

static void comes_in(struct world *world, const char *text)
{
	char phone[16];

	world_number(world, phone);
	world_type(world, phone, text, strlen(text));
	json_decref(world_inbox_wait(world, phone, 1));
}

/* One that can't be deleted, for it came before the SIM was known, is "old" for ever. */
static void comes_in_as(struct world *world, const char *text, const char *phone, const char *state)
{
	WORLD_JSON *items = world_inbox_wait(world, phone, 1);

	assert_string_equal(world_text(items, "0.text"), text);
	assert_string_equal(world_text(items, "0.state"), state);
}

static void comes_in_as_new(struct world *world, const char *text)
{
	char phone[16];
	size_t mark = world_cell_mark(world);

	world_number(world, phone);
	world_type(world, phone, text, strlen(text));
	comes_in_as(world, text, phone, "received");
	world_cell_wait(world, mark, "deleted", NULL);
}

static void goes_out(struct world *world, const char *text)
{
	char phone[16], id[65];

	world_number(world, phone);
	world_send(world, phone, text, strlen(text), id);
	json_decref(world_message_wait(world, id, "delivered"));
}

static void ask(struct world *world, const char *code, const char *text)
{
	WORLD_JSON *body = json_pack("{s:s}", "code", code);
	int status;

	world_cell_do(world, "{s:s,s:s,s:s,s:s}", "op", "ussd", "modem", WORLD_MODEM, "code", code,
		      "text", text);
	WORLD_JSON *answer =
		world_http(world, "POST", "/v1/modems/" WORLD_MODEM "/ussd", body, &status);
	assert_int_equal(status, 200);
	assert_string_equal(world_text(answer, "text"), text);
}

static size_t times_said(struct world *world, const char *command)
{
	return world_cell_count(world, 0, "line", "direction=in", command, NULL);
}

/* EC25: +CDSI: "SM",0, AT+CMGR=0 is an empty OK, and the report lies in SR. */
static void a_report_that_is_announced_elsewhere_is_found_at_once(void **state)
{
	struct world *world = begin("stores = ( { name = \"SM\"; size = 50; },\n"
				    "\t{ name = \"SR\"; size = 10; } );\n"
				    "reports = \"SR\"; report_memory = \"SM\"; report_index = 0;\n"
				    "first_index = 0; empty_ok = true;\n",
				    100);
	pid_t worker = world_worker_pid(world);
	int64_t begun = now_msec();

	(void)state;
	goes_out(world, "Where is the receipt?");
	/* The next sweep would be a minute away. */
	assert_in_range(now_msec() - begun, 0, 20000);
	end(world, worker);
}

static void a_memory_beyond_libgammu_s_is_read_and_emptied(void **state)
{
	struct world *world = begin("stores = ( { name = \"SM\"; size = 50; },\n"
				    "\t{ name = \"SR\"; size = 2; } ); reports = \"SR\";\n",
				    DAY_PERCENT);
	pid_t worker = world_worker_pid(world);

	(void)state;
	/* More than it holds: each has to be deleted there. */
	for (int i = 0; i < 5; i++) {
		goes_out(world, "Confirmed?");
		comes_in(world, "Meanwhile, in another store.");
	}
	end(world, worker);
}

/* Nokia's and others' refuse AT+CNMI in every form. */
static void what_is_never_announced_is_found_by_sweeps(void **state)
{
	struct world *world = begin(
		"replies = ( { command = \"AT+CNMI*\"; final = \"ERROR\"; } );\n", DAY_PERCENT);
	pid_t worker = world_worker_pid(world);
	int64_t begun = now_msec();

	(void)state;
	for (int i = 0; i < 3; i++)
		comes_in(world, "Nobody rang.");
	/* Ten seconds each at most, in the world's time; sweeps of a minute would take 36. */
	assert_in_range(now_msec() - begun, 0, 18000);
	end(world, worker);
}

/* Cinterion: the fifth value must be 1.  M6280: mode 2 is advertised, and refused. */
static void another_form_of_the_announcement_is_found(void **state)
{
	static const char *const PROFILES[] = {
		"indications = [ \"0123\", \"01\", \"023\", \"02\", \"1\" ];\n"
		"indications_error = 538;\n",
		"indications = [ \"01\", \"01\", \"0\", \"012\", \"0\" ];\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(PROFILES) / sizeof(PROFILES[0]); i++) {
		struct world *world = begin(PROFILES[i], 100);
		pid_t worker = world_worker_pid(world);
		int64_t begun = now_msec();

		comes_in(world, "A knock at the door.");
		goes_out(world, "Come in.");
		/* By sweeps it would take ten seconds each. */
		assert_in_range(now_msec() - begun, 0, 8000);
		end(world, worker);
	}
}

/* libgammu would now try slot after slot, up to a hundred thousand. */
static void a_store_that_refuses_its_list_is_read_slot_by_slot(void **state)
{
	struct world *world =
		begin("replies = ( { command = \"AT+CMGL*\"; final = \"+CMS ERROR: 500\"; },\n"
		      "\t{ command = \"AT+CNMI*\"; final = \"ERROR\"; } );\n",
		      DAY_PERCENT);
	pid_t worker = world_worker_pid(world);

	(void)state;
	comes_in(world, "One.");
	comes_in(world, "Two.");
	end(world, worker);
}

/* A SIM without storage for messages is listed, and refused. */
static void a_memory_that_is_refused_does_not_keep_the_others_from_being_known(void **state)
{
	struct world *world = begin("stores = ( { name = \"ME\"; size = 20; },\n"
				    "\t{ name = \"SM\"; size = 20; } );\n"
				    "replies = ( { command = \"AT+CPMS=\\\"SM\\\"*\";\n"
				    "\tfinal = \"+CMS ERROR: 302\"; } );\n",
				    DAY_PERCENT);
	pid_t worker = world_worker_pid(world);

	(void)state;
	comes_in_as_new(world, "Kept in the modem.");
	comes_in_as_new(world, "And another one.");
	end(world, worker);
}

/* Motorola's list the union of both memories only; what is not announced is found there. */
static void a_modem_that_lists_the_union_only_is_swept_there(void **state)
{
	static const char *const PROFILES[] = {
		"stores = ( { name = \"MT\"; size = 20; }, { name = \"SR\"; size = 9; } );\n",
		"stores = ( { name = \"MT\"; size = 20; } );\n"
		"replies = ( { command = \"AT+CNMI*\"; final = \"ERROR\"; } );\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(PROFILES) / sizeof(PROFILES[0]); i++) {
		struct world *world = begin(PROFILES[i], DAY_PERCENT);
		pid_t worker = world_worker_pid(world);

		comes_in_as_new(world, "In either of them.");
		comes_in_as_new(world, "Where, nobody says.");
		end(world, worker);
	}
}

/* Serial sticks without flow control lose octets now and then: what is told is deleted next. */
static void a_message_that_was_cut_on_the_line_is_read_once_more(void **state)
{
	static const char *const CUT[] = {
		"\"07911326040000F0040B91134661008\"",
		"\"07911326040000F0040B911346610089F600\", \"00208062917314080AE8329BFD4697D9EC37\"",
		"\"07911326040000F0040B911346610089+CMTI: \\\"SM\\\",9\"",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(CUT) / sizeof(CUT[0]); i++) {
		char profile[256];
		struct world *world;
		pid_t worker;

		snprintf(profile, sizeof(profile),
			 "replies = ( { command = \"AT+CMGR=1\"; final = \"OK\"; times = 1;\n"
			 "\tlines = [ \"+CMGR: 0,,28\", %s ]; } );\n",
			 CUT[i]);
		world = begin(profile, 100);
		worker = world_worker_pid(world);
		comes_in_as_new(world, "All of it.");
		end(world, worker);
	}
}

/* Nor does it say how much it holds: all slots are looked at before the SIM is known. */
static void a_store_that_says_nothing_of_itself_is_read_slot_by_slot(void **state)
{
	struct world *world =
		begin_so(true,
			 "replies = ( { command = \"AT+CMGL*\"; final = \"+CMS ERROR: 500\"; },\n"
			 "\t{ command = \"AT+CPMS=\\\"*\"; final = \"OK\"; },\n"
			 "\t{ command = \"AT+CNMI*\"; final = \"ERROR\"; } );\n",
			 DAY_PERCENT);
	char phone[16];

	(void)state;
	world_number(world, phone);
	world_type(world, phone, "From years ago.", 15);
	world_cell_wait(world, 0, "deliver", NULL);
	world_daemon_start(world);
	world_modem_wait(world, WORLD_MODEM, "ready");
	comes_in_as(world, "From years ago.", phone, "old");
	comes_in_as_new(world, "Slot by slot.");
	end(world, world_worker_pid(world));
}

/* A SIM that stays busy for longer than is waited for: it is told, and what waits is free to go. */
static void a_sim_that_stays_busy_is_told_and_waited_for(void **state)
{
	struct world *world = begin("replies = ( { command = \"AT+CPIN?\"; times = 21;\n"
				    "\tafter = \"AT+CUSD=1*\"; final = \"+CME ERROR: 14\"; } );\n",
				    DAY_PERCENT);
	pid_t worker = world_worker_pid(world);
	int status;

	(void)state;
	ask(world, "*100#", "Your credit is 12.40.");
	world_modem_wait(world, WORLD_MODEM, "failed");
	WORLD_JSON *modem = world_http(world, "GET", "/v1/modems/" WORLD_MODEM, NULL, &status);
	assert_non_null(strstr(world_text(modem, "reason"), "the SIM is busy"));
	goes_out(world, "After all.");
	end(world, worker);
}

/* A command may be left without any answer for ever: it is done without. */
static void a_command_that_is_never_answered_is_done_without(void **state)
{
	struct world *world = begin("replies = ( { command = \"AT+CCLK?\"; final = \"-\"; },\n"
				    "\t{ command = \"AT+CREG=1\"; final = \"-\"; },\n"
				    "\t{ command = \"AT+CGREG=1\"; final = \"-\"; },\n"
				    "\t{ command = \"AT+CEREG=1\"; final = \"-\"; } );\n",
				    DAY_PERCENT);
	pid_t worker = world_worker_pid(world);

	(void)state;
	/* The first worker has come through, and goes on so. */
	assert_int_equal(times_said(world, "text=ATE1"), 1);
	goes_out(world, "Still there?");
	comes_in(world, "Yes.");
	end(world, worker);
}

/* A start, or a look at all settings, then takes longer than a modem may be silent. */
static void a_modem_that_is_slow_with_everything_works(void **state)
{
	/* In the world's time it takes 1.8 seconds over each command. */
	struct world *world = begin_so(true, "", 10);
	size_t mark;

	(void)state;
	world_modem_set(world, "answer_ms", "180");
	world_daemon_start(world);
	world_modem_wait(world, WORLD_MODEM, "ready");
	mark = world_cell_mark(world);
	world_cell_wait(world, mark, "line", "direction=in", "text=AT+CMGL=4", NULL);
	goes_out(world, "No hurry.");
	assert_int_equal(times_said(world, "text=AT+CFUN=1"), 1);
	end(world, world_worker_pid(world));
}

/* Wavecom: "+CPIN: READY", and no OK behind it, or not even that. */
static void a_sim_that_does_not_say_that_it_is_open_is_known_by_its_imsi(void **state)
{
	struct world *world =
		begin("replies = ( { command = \"AT+CPIN?\"; final = \"-\"; } );\n", DAY_PERCENT);
	pid_t worker = world_worker_pid(world);

	(void)state;
	comes_in(world, "Open enough.");
	end(world, worker);
}

/* SIMCom refuses PDU mode, and much else, until it has read the SIM. */
static void a_modem_that_is_not_ready_for_messages_is_waited_for(void **state)
{
	struct world *world =
		begin("replies = ( { command = \"AT+CMGF=0\"; final = \"ERROR\"; times = 3; } );\n",
		      DAY_PERCENT);
	pid_t worker = world_worker_pid(world);

	(void)state;
	assert_true(times_said(world, "text=AT+CMGF=0") >= 4);
	/* By the first worker: libgammu says this once. */
	assert_int_equal(times_said(world, "text=AT+CFUN=1"), 1);
	comes_in(world, "In time.");
	end(world, worker);
}

/* Most have one of two commands for it; all can read files of the SIM. */
static void an_iccid_that_no_command_tells_is_read_from_its_file(void **state)
{
	struct world *world =
		begin("replies = ( { command = \"AT+CCID\"; final = \"ERROR\"; },\n"
		      "\t{ command = \"AT+ICCID\"; final = \"ERROR\"; },\n"
		      "\t{ command = \"AT+CRSM=176,12258,0,0,10\"; final = \"OK\";\n"
		      "\tlines = [ \"+CRSM: 144,0,\\\"98680000000000000010\\\"\" ]; } );\n",
		      100);
	int status;

	(void)state;
	WORLD_JSON *modem = world_http(world, "GET", "/v1/modems/" WORLD_MODEM, NULL, &status);

	assert_string_equal(world_text(modem, "iccid"), "89860000000000000001");
	end(world, world_worker_pid(world));
}

/* M6280: the service centre is asked for too early, and again. */
static void a_service_centre_that_comes_late_is_asked_for_again(void **state)
{
	struct world *world = begin(
		"replies = ( { command = \"AT+CSCA?\"; final = \"+CME ERROR: 14\"; times = 1; } );\n",
		DAY_PERCENT);
	pid_t worker = world_worker_pid(world);

	(void)state;
	scenario_wait(world, times_said(world, "text=AT+CSCA?") >= 2);
	assert_int_equal(times_said(world, "text=AT+CSCA?"), 2);
	goes_out(world, "By way of the right centre.");
	end(world, worker);
}

/* A brown-out: the modem says that it begins, and has forgotten all that it was told. */
static void a_modem_that_restarts_is_told_all_again_at_once(void **state)
{
	struct world *world = begin("boot = ( \"RDY\" );\n", 100);
	pid_t worker = world_worker_pid(world);
	size_t mark = world_cell_mark(world);
	int64_t begun = now_msec();

	(void)state;
	world_cell_do(world, "{s:s,s:s}", "op", "restart", "modem", WORLD_MODEM);
	world_cell_wait(world, mark, "line", "direction=in", "text=AT+CNMI=2,1,0,2,0", NULL);
	comes_in(world, "It rings again.");
	assert_in_range(now_msec() - begun, 0, 8000);
	end(world, worker);
}

/* Quectel's and Telit's keep the network's time from their clock until they are told otherwise. */
static void the_modem_s_clock_follows_the_network(void **state)
{
	struct world *world =
		begin("replies = ( { command = \"AT+CTZU=1\"; final = \"OK\"; } );\n", DAY_PERCENT);
	pid_t worker = world_worker_pid(world);
	size_t mark = world_cell_mark(world);

	(void)state;
	world_cell_wait(world, mark, "line", "direction=in", "text=AT+CREG=1", NULL);
	/* Once: they write it down, and memory for that wears out. */
	assert_int_equal(times_said(world, "text=AT+CTZU=1"), 1);
	end(world, worker);
}

static bool operator_is_shown(struct world *world, char name[static 64])
{
	int status;
	WORLD_JSON *modem = world_http(world, "GET", "/v1/modems/" WORLD_MODEM, NULL, &status);

	snprintf(name, 64, "%s", world_text(modem, "operator"));
	return name[0] != '\0';
}

/* Some show the operator's number until they are asked for the name. */
static void an_operator_in_digits_is_asked_for_its_name(void **state)
{
	struct world *world =
		begin("replies = ( { command = \"AT+COPS?\"; final = \"OK\"; times = 1;\n"
		      "\tlines = [ \"+COPS: 0,2,\\\"46000\\\"\" ]; } );\n",
		      100);
	pid_t worker = world_worker_pid(world);
	char name[64];

	(void)state;
	scenario_wait(world, operator_is_shown(world, name));
	assert_string_equal(name, OPERATOR);
	assert_int_equal(times_said(world, "text=AT+COPS?"), 2);
	end(world, worker);
}

/* Huawei: packed septets in hex, and nothing at all before AT^USSDMODE. */
static void a_ussd_code_is_given_in_the_form_that_the_modem_takes(void **state)
{
	static const char *const PROFILES[] = {
		"ussd = \"text\";\n",
		"ussd = \"ucs2\";\n",
		"ussd = \"hex\";\n",
		"ussd = \"packed\";\n",
		"ussd = \"packed\"; ussd_before = \"AT^USSDMODE=0\";\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(PROFILES) / sizeof(PROFILES[0]); i++) {
		struct world *world = begin(PROFILES[i], DAY_PERCENT);
		pid_t worker = world_worker_pid(world);

		ask(world, "*100#", "Your credit is 12.40.\nThank you!");
		ask(world, "*101#", "Bonus: none");
		end(world, worker);
	}
}

static int open_directory(void **state)
{
	(void)state;
	if (!mkdtemp(directory))
		return -1;
	snprintf(profile_path, sizeof(profile_path), "%s/rough.conf", directory);
	return 0;
}

static int remove_directory(void **state)
{
	(void)state;
	unlink(profile_path);
	return rmdir(directory);
}

/* In whatever form. */
static size_t codes_sent(struct world *world)
{
	const json_t *event;
	size_t count = 0;

	for (size_t i = 0; (event = world_cell_event(world, i)); i++)
		count += strcmp(world_text(event, "direction"), "in") == 0 &&
			 strncmp(world_text(event, "text"), "AT+CUSD=1,", 10) == 0;
	return count;
}

static void ask_in_vain(struct world *world, const char *message)
{
	WORLD_JSON *body = json_pack("{s:s}", "code", "*104*1234#");
	int status;
	WORLD_JSON *answer =
		world_http(world, "POST", "/v1/modems/" WORLD_MODEM "/ussd", body, &status);

	assert_int_equal(status, 409);
	if (!strstr(world_text(answer, "message"), message))
		fail_msg("it says: %s", world_text(answer, "message"));
}

/* Some end the command with what the network thinks of the code. */
static void a_ussd_code_that_the_network_answered_is_sent_once(void **state)
{
	struct world *world = begin("replies = ( { command = \"AT+CUSD=1,*\";\n"
				    "\tlines = [ \"+CUSD: 4\" ]; final = \"ERROR\"; } );\n",
				    100);
	pid_t worker = world_worker_pid(world);

	(void)state;
	ask_in_vain(world, "not support");
	assert_int_equal(codes_sent(world), 1);
	end(world, worker);
}

static void a_ussd_code_that_is_refused_late_is_sent_once(void **state)
{
	struct world *world = begin("replies = ( { command = \"AT+CUSD=1,*\"; delay_ms = 2500;\n"
				    "\tfinal = \"+CME ERROR: 100\"; } );\n",
				    100);
	pid_t worker = world_worker_pid(world);

	(void)state;
	ask_in_vain(world, "refused");
	assert_int_equal(codes_sent(world), 1);
	end(world, worker);
}

/* Some say OK only when the network has answered: the modem is there, it is the network that is silent. */
static void a_network_that_is_silent_is_not_the_modem_s_fault(void **state)
{
	struct world *world =
		begin("replies = ( { command = \"AT+CUSD=1,*\"; final = \"-\"; } );\n", 10);
	pid_t worker = world_worker_pid(world);

	(void)state;
	ask_in_vain(world, "the network did not answer in time");
	assert_int_equal(codes_sent(world), 1);
	goes_out(world, "Still there?");
	end(world, worker);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_report_that_is_announced_elsewhere_is_found_at_once),
		cmocka_unit_test(a_memory_beyond_libgammu_s_is_read_and_emptied),
		cmocka_unit_test(what_is_never_announced_is_found_by_sweeps),
		cmocka_unit_test(another_form_of_the_announcement_is_found),
		cmocka_unit_test(a_store_that_refuses_its_list_is_read_slot_by_slot),
		cmocka_unit_test(
			a_memory_that_is_refused_does_not_keep_the_others_from_being_known),
		cmocka_unit_test(a_modem_that_lists_the_union_only_is_swept_there),
		cmocka_unit_test(a_message_that_was_cut_on_the_line_is_read_once_more),
		cmocka_unit_test(a_store_that_says_nothing_of_itself_is_read_slot_by_slot),
		cmocka_unit_test(a_sim_that_stays_busy_is_told_and_waited_for),
		cmocka_unit_test(a_command_that_is_never_answered_is_done_without),
		cmocka_unit_test(a_modem_that_is_slow_with_everything_works),
		cmocka_unit_test(a_sim_that_does_not_say_that_it_is_open_is_known_by_its_imsi),
		cmocka_unit_test(a_modem_that_is_not_ready_for_messages_is_waited_for),
		cmocka_unit_test(an_iccid_that_no_command_tells_is_read_from_its_file),
		cmocka_unit_test(a_service_centre_that_comes_late_is_asked_for_again),
		cmocka_unit_test(a_modem_that_restarts_is_told_all_again_at_once),
		cmocka_unit_test(the_modem_s_clock_follows_the_network),
		cmocka_unit_test(an_operator_in_digits_is_asked_for_its_name),
		cmocka_unit_test(a_ussd_code_is_given_in_the_form_that_the_modem_takes),
		cmocka_unit_test(a_ussd_code_that_the_network_answered_is_sent_once),
		cmocka_unit_test(a_ussd_code_that_is_refused_late_is_sent_once),
		cmocka_unit_test(a_network_that_is_silent_is_not_the_modem_s_fault),
	};

	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests(tests, open_directory, remove_directory);
}
