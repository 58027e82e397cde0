/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The agenda worked off, one thing at a time; and sending.
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

#define ASK_SECONDS 20
#define PROBE_SECONDS 5
#define BUSY_POLL_USEC USEC_PER_SEC
#define SETTLE_USEC (200 * USEC_PER_MSEC)
#define CMS_INVALID_PDU 304
#define CMS_MEMORY_FULL 322
#define CMS_UNKNOWN 500
#define BAD_SENDS_MAX 2

/* ---------------------------------------------------------------- asking and telling */

int64_t session_usec(const struct session *session, unsigned seconds)
{
	return (int64_t)seconds * session->worker->start.sweep_seconds * USEC_PER_SEC / 60;
}

int session_ask_for(struct session *session, unsigned seconds, const char *command, char *answer,
		    size_t size, int *ret_code)
{
	int64_t begun = clock_monotonic_usec();
	int slave = session->worker->slave;
	int r = ask(slave, command, session_usec(session, seconds), answer, size, ret_code);

	/* Some are slow with every command: that many take a while is no silence. */
	if (r != -ETIMEDOUT && r != -EIO &&
	    clock_monotonic_usec() - begun >= session_usec(session, 1))
		say_simple(session->worker->daemon, MODEM_WORD_PROGRESS);
	if (r != -ETIMEDOUT ||
	    ask(slave, "AT", session_usec(session, PROBE_SECONDS), NULL, 0, NULL) != 0)
		return r;
	say_simple(session->worker->daemon, MODEM_WORD_PROGRESS);
	/* Where nothing is echoed, the OK may have been that of the first command. */
	agenda_pause(session->worker->agenda, SETTLE_USEC);
	return -EREMOTEIO;
}

int session_ask(struct session *session, const char *command, char *answer, size_t size,
		int *ret_code)
{
	return session_ask_for(session, ASK_SECONDS, command, answer, size, ret_code);
}

bool session_wait_busy(struct session *session)
{
	say_simple(session->worker->daemon, MODEM_WORD_PROGRESS);
	return agenda_pause(session->worker->agenda, BUSY_POLL_USEC);
}

void session_tell_state(struct session *session, enum modem_state state, const char *reason)
{
	if (session->state == state && strcmp(session->reason, reason) == 0)
		return;
	session->state = state;
	snprintf(session->reason, sizeof(session->reason), "%s", reason);
	say_state(session->worker->daemon, state, reason);
}

void session_tell_fault(struct session *session, const char *reason)
{
	session->state = MODEM_STATE_FAILED;
	snprintf(session->reason, sizeof(session->reason), "%s", reason);
	say_fault(session->worker->daemon, reason);
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

static int do_send(struct session *session, const struct modem_order_send *order, bool doubtful)
{
	static const struct line_result NOT_SENT = { MODEM_OUTCOME_NOT_SENT, -1, MODEM_ERROR_NONE,
						     0 };
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
	/* In text mode the length of our PDU would be the number that it goes to. */
	if (doubtful && session_ask(session, "AT+CMGF=0", NULL, 0, NULL) < 0) {
		worker_tell_outcome(worker, &NOT_SENT);
		return 0;
	}
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

/* ---------------------------------------------------------------- the loop */

static void went_idle(void *userdata)
{
	struct session *session = userdata;

	say_simple(session->worker->daemon, MODEM_WORD_IDLE);
}

/* A command without an answer is one thing, a modem that answers nothing is another. */
static bool still_answers(struct session *session, int r)
{
	if (r == -ETIMEDOUT && session_ask_for(session, PROBE_SECONDS, "AT", NULL, 0, NULL) == 0)
		return true;
	if (r == -ETIMEDOUT || r == -EIO)
		session_tell_fault(session, "the modem stopped answering");
	return r != -ETIMEDOUT && r != -EIO;
}

/* Every minute, and when the modem may have forgotten what it was told, or its SIM.  False: stop. */
static bool do_round(struct session *session)
{
	say_busy(session->worker->daemon, "sweep");
	if (!session_refresh(session) || !still_answers(session, session_sweep(session)))
		return false;
	if (session->state != MODEM_STATE_READY)
		session_ask_registration(session);
	session_tell_registration(session);
	return true;
}

/* What was on the SIM is told before "ready": what comes from then on is new. */
static bool begin(struct session *session)
{
	say_busy(session->worker->daemon, "sweep");
	if (!still_answers(session, session_sweep(session)))
		return false;
	session_ask_registration(session);
	session_tell_registration(session);
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
		r = do_send(session, &task.send, task.doubtful);
		break;
	case AGENDA_READ:
		r = session_read(session, &task);
		break;
	case AGENDA_DELETE:
		r = session_delete(session, &task);
		break;
	case AGENDA_RESTARTED:
	case AGENDA_SIM:
	case AGENDA_SWEEP:
		return do_round(session);
	case AGENDA_NETWORK:
		r = session_network(session);
		break;
	case AGENDA_REGISTRATION:
		session_tell_registration(session);
		break;
	case AGENDA_USSD:
		session_ussd(session, &task.ussd);
		break;
	case AGENDA_USSD_LATE:
		session_ussd_late(session);
		break;
	}
	return still_answers(session, r);
}

void session_run(struct worker *worker)
{
	struct session session = { .worker = worker, .state = MODEM_STATE_COUNT };

	pace_begin(worker->slave, worker->start.pace_percent);
	agenda_set_minute_usec(worker->agenda, session_usec(&session, 60));
	if (agenda_wait_awake(worker->agenda) && session_remedy(&session) &&
	    session_start(&session) && begin(&session)) {
		while (work(&session))
			;
	}
	/* The terminal goes with the process: a farewell to the modem would only take time. */
}
