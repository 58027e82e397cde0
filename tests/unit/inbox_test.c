/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * From a worker's word to the store and back to the SIM, with a worker that is this program itself.
 */
#include <signal.h>
#include <stdlib.h>

#include "bridge/base/spawn.h"
#include "bridge/core/inbox.h"
#include "tests/unit/store_fixture.h"

#define MESSAGES 600 /* more than an inbox has in mind at once */
#define BATCH 100
#define PATIENCE_USEC (20 * USEC_PER_SEC)

/* ---------------------------------------------------------------- the worker */

static void tell(const struct modem_word *word)
{
	if (modem_word_send(SPAWN_SOCKET_FD, word) < 0)
		_exit(EXIT_FAILURE);
}

static void tell_message(int64_t reading)
{
	static struct modem_word word;
	struct modem_word_received *received = &word.received;
	struct tpdu *tpdu = &received->tpdu;

	word = (struct modem_word){ .type = MODEM_WORD_RECEIVED };
	received->reading = reading;
	received->location = (int)(reading % BATCH);
	received->decoded = true;
	strcpy(received->memory, "SM");
	received->size = (size_t)snprintf((char *)received->octets, sizeof(received->octets),
					  "octets of %lld", (long long)reading);
	tpdu->kind = TPDU_DELIVER;
	tpdu->port = -1;
	tpdu->centre_time_usec = T0;
	strcpy(tpdu->address, ALICE);
	tpdu->text_size =
		(size_t)snprintf(tpdu->text, sizeof(tpdu->text), "%lld", (long long)reading);
	tell(&word);
}

/* An order that comes again while the message is being deleted is no second deletion. */
static void obey_deletions(int64_t first)
{
	static struct modem_order order;
	bool deleted[BATCH] = { false };

	for (unsigned count = 0; count < BATCH;) {
		struct modem_word word = { .type = MODEM_WORD_DELETED, .deleted.done = true };

		if (modem_order_recv(SPAWN_SOCKET_FD, &order) != 1)
			_exit(EXIT_SUCCESS);
		if (order.type != MODEM_ORDER_DELETE || order.delete.reading < first ||
		    deleted[order.delete.reading - first])
			continue;
		deleted[order.delete.reading - first] = true;
		count++;
		word.deleted.reading = order.delete.reading;
		tell(&word);
	}
}

/* Each is announced while the SIM is being listed: it is told twice, under one id. */
static int worker(void)
{
	struct modem_word ready = { .type = MODEM_WORD_STATE, .state.state = MODEM_STATE_READY };

	tell(&ready);
	for (int64_t first = 1; first <= MESSAGES; first += BATCH) {
		for (int64_t reading = first; reading < first + BATCH; reading++) {
			tell_message(reading);
			tell_message(reading);
		}
		obey_deletions(first);
	}
	obey_deletions(MESSAGES + 1);
	return 0;
}

/* ---------------------------------------------------------------- the bridge */

struct box {
	struct fixture *f;
	struct bridge bridge;
	struct inbox *inbox;
	unsigned deleted;
};

static void on_received(struct modem *modem, const struct modem_word_received *received,
			void *userdata)
{
	struct box *box = userdata;

	inbox_received(box->inbox, modem, &north, received);
}

static void on_deleted(struct modem *modem, int64_t reading, bool done, void *userdata)
{
	struct box *box = userdata;

	(void)modem;
	box->deleted++;
	inbox_deleted(box->inbox, &north, reading, done);
}

static void on_changed(struct modem *modem, enum modem_state from, void *userdata)
{
	(void)modem;
	(void)from;
	(void)userdata;
}

/* Otherwise each would hold its place until the worker ends, and in the end nothing new had one. */
static void what_is_told_twice_holds_one_place_and_leaves_it(void **state)
{
	static const struct modem_listener listener = { .changed = on_changed,
							.received = on_received,
							.deleted = on_deleted };
	const struct modem_settings settings = {
		.name = "north",
		.program = "/proc/self/exe",
		.start = { .device = "/dev/null", .sweep_seconds = 60 },
		.time_percent = 100,
	};
	struct box box = { .f = *state };
	int64_t until = clock_monotonic_usec() + PATIENCE_USEC;
	struct modem *modem;

	box.bridge = (struct bridge){ .loop = box.f->loop,
				      .store = box.f->store,
				      .time_percent = 100,
				      .clock_option = CLOCK_OPTION_SYNCHRONISED };
	assert_int_equal(inbox_new(&box.bridge, NULL, &box.inbox), 0);
	assert_int_equal(modem_new(box.f->loop, &settings, &listener, &box, &modem), 0);
	while (box.deleted < MESSAGES && clock_monotonic_usec() < until)
		assert_true(sd_event_run(box.f->loop, 100 * USEC_PER_MSEC) >= 0);
	assert_int_equal(box.deleted, MESSAGES);
	assert_int_equal(box.f->event_count, MESSAGES);

	modem_free(modem);
	box.f->store = store_close(box.f->store);
	inbox_free(box.inbox);
}

static int block_and_setup(void **state)
{
	sigset_t signals;

	sigemptyset(&signals);
	sigaddset(&signals, SIGCHLD);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	return setup(state);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_is_told_twice_holds_one_place_and_leaves_it,
						block_and_setup, teardown),
	};

	(void)argv;
	if (argc > 1)
		return worker();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
