/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The agenda worked off: sends, readings, deletions, sweeps and questions about the network.
 */
#include "modem/session.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "bridge/base/clock.h"
#include "modem/ask.h"
#include "modem/pace.h"
#include "modem/say.h"
#include "modem/session_inside.h"

#define STORE_WARN_PERCENT 80
#define CMS_INVALID_PDU 304
#define CMS_MEMORY_FULL 322
#define CMS_UNKNOWN 500
#define BAD_SENDS_MAX 2

int session_ask(struct session *session, const char *command, char *answer, size_t size,
		int *ret_code)
{
	return ask(session->worker->slave, command, SESSION_ASK_USEC, answer, size, ret_code);
}

/* ---------------------------------------------------------------- states */

void session_tell_state(struct session *session, enum modem_state state, const char *reason)
{
	if (session->state == state && strcmp(session->reason, reason) == 0)
		return;
	session->state = state;
	snprintf(session->reason, sizeof(session->reason), "%s", reason);
	say_state(session->worker->daemon, state, reason);
}

static bool is_registered(int status)
{
	/* 6 and 7: for short messages only (27.007 7.2), which is all we need. */
	return status == 1 || status == 5 || status == 6 || status == 7;
}

static bool is_roaming(int status)
{
	return status == 5 || status == 7;
}

static void tell_registration(struct session *session)
{
	int status = agenda_registration(session->worker->agenda);

	if (is_registered(status))
		session_tell_state(session, MODEM_STATE_READY,
				   is_roaming(status) ? "registered, roaming" : "registered");
	else if (status < 0)
		session_tell_state(session, MODEM_STATE_READY,
				   "the modem does not say whether it is registered");
	else if (status == 3)
		session_tell_state(session, MODEM_STATE_SEARCHING,
				   "the network refuses this SIM: is it active and paid for?");
	else if (status == 0)
		session_tell_state(session, MODEM_STATE_SEARCHING,
				   "not registered and not searching: check SIM and antenna");
	else
		session_tell_state(session, MODEM_STATE_SEARCHING, "searching for a network");
}

static void ask_registration(struct session *session)
{
	/* The line half hears the answers. */
	session_ask(session, "AT+CREG?", NULL, 0, NULL);
	session_ask(session, "AT+CGREG?", NULL, 0, NULL);
	session_ask(session, "AT+CEREG?", NULL, 0, NULL);
}

static int do_network(struct session *session)
{
	struct modem_word word = { .type = MODEM_WORD_NETWORK };
	struct modem_word_network *network = &word.network;
	char answer[256];
	int status, r;

	say_busy(session->worker->daemon, "network");
	ask_registration(session);
	tell_registration(session);
	status = agenda_registration(session->worker->agenda);
	network->registered = is_registered(status);
	network->roaming = is_roaming(status);
	if (session_ask(session, "AT+COPS?", answer, sizeof(answer), NULL) == 0)
		ask_quoted(answer, network->network_operator, sizeof(network->network_operator));
	r = gammu_signal(session->gammu, &network->signal_percent);
	agenda_store(session->worker->agenda, &network->store_used, &network->store_size);
	say(session->worker->daemon, &word);
	return r == -ETIMEDOUT ? r : 0;
}

/* ---------------------------------------------------------------- sending */

/* A modem that fails with short waits gets libgammu's own for as long as this worker lives. */
static void learn_pace(struct session *session, const struct line_result *result)
{
	bool suspicious =
		result->outcome == MODEM_OUTCOME_REFUSED &&
		(result->error_kind == MODEM_ERROR_BARE ||
		 (result->error_kind == MODEM_ERROR_CMS &&
		  (result->error_code == CMS_INVALID_PDU || result->error_code == CMS_UNKNOWN)));

	session->bad_sends = suspicious ? session->bad_sends + 1 : 0;
	if (session->bad_sends < BAD_SENDS_MAX || pace_percent() == 100)
		return;
	pace_set(100);
	say_note(session->worker->daemon,
		 "sends failed without a reason: going on at libgammu's own slow pace");
}

static int do_send(struct session *session, const struct modem_order_send *order)
{
	struct worker *worker = session->worker;
	struct line_result result = { MODEM_OUTCOME_REFUSED, -1, MODEM_ERROR_CMS, CMS_INVALID_PDU };
	struct tpdu_submit submit = {
		.number = order->number,
		.text = order->text,
		.text_size = order->text_size,
		.alphabet = order->alphabet,
		.concat = order->concat,
		.validity_minutes = order->validity_minutes,
		.report = order->report,
	};
	uint8_t tpdu[TPDU_SIZE_MAX];
	unsigned long waits = pace_count();
	int size = tpdu_encode_submit(&submit, tpdu), r;

	if (size < 0) {
		worker_tell_outcome(worker, &result);
		return 0;
	}
	say_busy(worker->daemon, MODEM_BUSY_SEND);
	pthread_mutex_lock(&worker->line_lock);
	line_arm_send(worker->line, tpdu, (size_t)size, session->centre);
	pthread_mutex_unlock(&worker->line_lock);

	r = gammu_send(session->gammu);

	pthread_mutex_lock(&worker->line_lock);
	line_disarm(worker->line);
	result.outcome =
		line_is_submitting(worker->line) ? MODEM_OUTCOME_UNKNOWN : MODEM_OUTCOME_NOT_SENT;
	result.error_kind = MODEM_ERROR_NONE;
	result.error_code = 0;
	/* Usually the line half has told it long ago. */
	worker_tell_outcome(worker, &result);
	result = worker->last_result;
	pthread_mutex_unlock(&worker->line_lock);

	learn_pace(session, &result);
	if (result.error_kind == MODEM_ERROR_CMS && result.error_code == CMS_MEMORY_FULL)
		agenda_add_sweep(worker->agenda);
	if (result.outcome == MODEM_OUTCOME_SENT && pace_count() == waits)
		say_note(worker->daemon, "libgammu's waits are not ours: sending is slow");
	return r == -ETIMEDOUT || r == -EIO ? r : 0;
}

/* ---------------------------------------------------------------- receiving */

static void set_reading(struct session *session, bool reading, bool deleting)
{
	pthread_mutex_lock(&session->worker->line_lock);
	line_set_reading(session->worker->line, reading);
	line_set_deleting(session->worker->line, deleting);
	pthread_mutex_unlock(&session->worker->line_lock);
}

static int do_read(struct session *session, const struct agenda_task *task)
{
	int r;

	say_busy(session->worker->daemon, "read");
	set_reading(session, true, false);
	r = gammu_read(session->gammu, task->memory, task->location);
	set_reading(session, false, false);
	/* A memory that libgammu can't reach: the sweep sees what it can. */
	if (r == -EOPNOTSUPP)
		say_note(session->worker->daemon,
			 "a message was announced in \"%s\", slot %d, "
			 "which can't be read",
			 task->memory, task->location);
	return r == -ETIMEDOUT || r == -EIO ? r : 0;
}

static int do_delete(struct session *session, const struct agenda_task *task)
{
	struct modem_word word = {
		.type = MODEM_WORD_DELETED,
		.deleted = { .reading = task->reading, .done = true },
	};
	int r = 0;

	if (task->location >= 0) {
		say_busy(session->worker->daemon, "delete");
		set_reading(session, false, true);
		r = gammu_delete(session->gammu, task->memory, task->location);
		set_reading(session, false, false);
		word.deleted.done = r == 0 || r == -ENOENT;
	}
	/* A refused one may be tried again: forgetting makes the next sweep a new reading. */
	agenda_deleted(session->worker->agenda, task->reading);
	say(session->worker->daemon, &word);
	return r == -ETIMEDOUT || r == -EIO ? r : 0;
}

/* What a modem forgets when it restarts by itself, which some do in silence. */
static void assert_settings(struct session *session)
{
	session_ask(session, "AT+CMGF=0", NULL, 0, NULL);
	if (session->indications)
		session_ask(session, session->indications, NULL, 0, NULL);
}

static int do_sweep(struct session *session)
{
	int used, size, r;

	say_busy(session->worker->daemon, "sweep");
	assert_settings(session);
	atomic_store(&session->worker->missed, false);
	r = gammu_sweep(session->gammu);
	if (r < 0 && r != -ETIMEDOUT)
		say_note(session->worker->daemon, "the stored messages can't be listed (%s)",
			 gammu_error(session->gammu));
	/* All of it has passed the line half, and was said, before libgammu saw the end of it. */
	if (r == 0 && !atomic_load(&session->worker->missed))
		say_simple(session->worker->daemon, MODEM_WORD_SWEPT);
	agenda_store(session->worker->agenda, &used, &size);
	if (size > 0 && used * 100 / size >= STORE_WARN_PERCENT)
		say_note(session->worker->daemon,
			 "the message store is nearly full: %d of %d; when it is full, nothing "
			 "more is received",
			 used, size);
	return r == -ETIMEDOUT || r == -EIO ? r : 0;
}

/* ---------------------------------------------------------------- the loop */

static void went_idle(void *userdata)
{
	struct session *session = userdata;

	say_simple(session->worker->daemon, MODEM_WORD_IDLE);
}

static bool still_answers(struct session *session, int r)
{
	if (r < 0)
		session_tell_state(session, MODEM_STATE_FAILED,
				   "the modem stopped answering; starting it anew");
	return r == 0;
}

/* What was on the SIM is told before "ready": what comes from then on is new. */
static bool begin(struct session *session)
{
	if (!still_answers(session, do_sweep(session)))
		return false;
	ask_registration(session);
	tell_registration(session);
	return true;
}

/* False: stop. */
static bool work(struct session *session)
{
	struct agenda_task task;
	int r = 0;

	agenda_next(session->worker->agenda, &task, went_idle, session);
	switch (task.type) {
	case AGENDA_STOP:
		return false;
	case AGENDA_SEND:
		r = do_send(session, &task.send);
		break;
	case AGENDA_READ:
		r = do_read(session, &task);
		break;
	case AGENDA_DELETE:
		r = do_delete(session, &task);
		break;
	case AGENDA_SWEEP:
		r = do_sweep(session);
		break;
	case AGENDA_NETWORK:
		r = do_network(session);
		break;
	case AGENDA_REGISTRATION:
		tell_registration(session);
		break;
	}
	return still_answers(session, r);
}

void session_run(struct worker *worker)
{
	struct session session = { .worker = worker, .state = MODEM_STATE_COUNT };

	pace_begin(worker->slave, worker->start.pace_percent);
	agenda_set_sweep_usec(worker->agenda, (int64_t)worker->start.sweep_seconds * USEC_PER_SEC);
	if (agenda_wait_awake(worker->agenda) && session_start(&session) && begin(&session)) {
		while (work(&session))
			;
	}
	/* The terminal goes with the process: a farewell to the modem would only take time. */
}
