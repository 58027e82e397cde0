/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What the modem keeps: announced messages read and deleted, and every memory listed now and then.
 * libgammu reads and deletes in the two memories that it knows; the others, and all lists, are
 * asked for by plain AT: libgammu knows two lists, and tries a hundred thousand slots where a list is
 * refused.  A memory is always selected here first, whoever goes on: what libgammu believes to be
 * selected must be true.
 */
#include "modem/session_inside.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "modem/say.h"

#define SLOTS_READ_MAX 256 /* one by one, where a list is refused */
#define NOT_YET_MAX 10
#define LIST_SECONDS 600
#define CMS_INVALID_INDEX 321

/* ---------------------------------------------------------------- memories */

void session_find_memories(struct session *session)
{
	char line[256];

	/* The answer is as libgammu needs it. */
	session_ask(session, "AT+CPMS=?", NULL, 0, NULL);
	agenda_memories(session->worker->agenda, line, sizeof(line));
	session->memory_count = reply_memories(line, session->memories);
	session->storeless = line[0] != '\0' && session->memory_count == 0;
	/* Where none is told, the modem may have them all the same. */
	if (session->memory_count == 0)
		session->memory_count = reply_memories("(\"SM\",\"ME\",\"SR\")", session->memories);
}

static bool is_listed(const struct session *session, const char *memory)
{
	for (size_t i = 0; i < session->memory_count; i++)
		if (strcmp(session->memories[i], memory) == 0)
			return true;
	return false;
}

static bool is_selected(struct session *session, const char *memory)
{
	bool is;

	pthread_mutex_lock(&session->worker->line_lock);
	is = strcmp(line_memory(session->worker->line), memory) == 0;
	pthread_mutex_unlock(&session->worker->line_lock);
	return is;
}

/* 0, -EREMOTEIO when the modem doesn't have it, -EBUSY when the SIM is busy for too long, -ECANCELED:
 * stop, or what session_ask() says. */
static int select_memory(struct session *session, const char *memory)
{
	char command[32];
	int r, code = 0;

	snprintf(command, sizeof(command), "AT+CPMS=\"%s\"", memory);
	for (int tries = 0; tries < NOT_YET_MAX; tries++) {
		r = session_ask(session, command, NULL, 0, &code);
		if (r != -EREMOTEIO || !session_code_is_busy(code))
			return r;
		if (!session_wait_busy(session))
			return -ECANCELED;
	}
	return -EBUSY;
}

static void set_reading(struct session *session, bool reading, bool deleting)
{
	pthread_mutex_lock(&session->worker->line_lock);
	line_set_reading(session->worker->line, reading);
	line_set_deleting(session->worker->line, deleting);
	pthread_mutex_unlock(&session->worker->line_lock);
}

/* ---------------------------------------------------------------- one slot */

static int read_plainly(struct session *session, int location)
{
	char command[32];
	int code = 0, r;

	snprintf(command, sizeof(command), "AT+CMGR=%d", location);
	r = session_ask(session, command, NULL, 0, &code);
	return r == -EREMOTEIO && code == CMS_INVALID_INDEX ? -ENOENT : r;
}

static int delete_plainly(struct session *session, int location)
{
	char command[32];
	int code = 0, r;

	snprintf(command, sizeof(command), "AT+CMGD=%d", location);
	r = session_ask(session, command, NULL, 0, &code);
	return r == -EREMOTEIO && code == CMS_INVALID_INDEX ? -ENOENT : r;
}

/* What the modem refused is no reason to end; what it leaves without an answer is. */
static int only_silence(int r)
{
	return r == -ETIMEDOUT || r == -EIO ? r : 0;
}

int session_read(struct session *session, const struct agenda_task *task)
{
	struct worker *worker = session->worker;
	unsigned entries = atomic_load(&worker->entries);
	int r = 0;

	/* Known by two names it would be deleted twice, and the second time it may be another one. */
	if (is_listed(session, "MT") && !is_listed(session, task->memory)) {
		agenda_add_sweep(worker->agenda);
		return 0;
	}
	say_busy(worker->daemon, "read");
	/* The answer tells how full it is. */
	if (!is_selected(session, task->memory) ||
	    agenda_store_is_tight(worker->agenda, task->memory, task->location))
		r = select_memory(session, task->memory);
	if (r == 0) {
		set_reading(session, true, false);
		r = gammu_read(session->gammu, task->memory, task->location);
		if (r == -EOPNOTSUPP)
			r = read_plainly(session, task->location);
		set_reading(session, false, false);
	}
	/* Some announce one memory and fill another: EC25 says "SM",0 of a report in SR. */
	if (atomic_load(&worker->entries) == entries)
		agenda_add_sweep(worker->agenda);
	return only_silence(r);
}

int session_delete(struct session *session, const struct agenda_task *task)
{
	struct modem_word word = {
		.type = MODEM_WORD_DELETED,
		.deleted = { .reading = task->reading, .done = true },
	};
	int r = 0;

	if (task->location >= 0) {
		say_busy(session->worker->daemon, "delete");
		if (!is_selected(session, task->memory))
			r = select_memory(session, task->memory);
		if (r == 0) {
			set_reading(session, false, true);
			r = gammu_delete(session->gammu, task->memory, task->location);
			if (r == -EOPNOTSUPP)
				r = delete_plainly(session, task->location);
			set_reading(session, false, false);
		}
		word.deleted.done = r == 0 || r == -ENOENT;
	}
	/* A refused one may be tried again: forgetting makes the next sweep a new reading. */
	agenda_deleted(session->worker->agenda, task->reading);
	say(session->worker->daemon, &word);
	return only_silence(r);
}

/* ---------------------------------------------------------------- all of them */

/*
 * A list is refused: slot by slot, until as many were there as the modem says.  Where it doesn't say,
 * every slot has to be there or to be none.
 */
static int read_slots(struct session *session, const char *memory)
{
	struct worker *worker = session->worker;
	unsigned entries = atomic_load(&worker->entries), seen = 0;
	bool answered = true;
	int used, size;

	agenda_store_of(worker->agenda, memory, &used, &size);
	for (int slot = 0; slot < SLOTS_READ_MAX && (size < 0 || slot <= size); slot++) {
		int r;

		if (used >= 0 && seen >= (unsigned)used)
			return 0;
		r = read_plainly(session, slot);
		if (only_silence(r) < 0)
			return r;
		answered = answered && (r == 0 || r == -ENOENT);
		seen = atomic_load(&worker->entries) - entries;
		say_simple(worker->daemon, MODEM_WORD_PROGRESS);
	}
	return (used < 0 ? answered : seen >= (unsigned)used) ? 0 : -EREMOTEIO;
}

/* 1: all of it was said.  0: the modem doesn't have it.  -EREMOTEIO, -EBUSY: it can't be listed. */
static int list_memory(struct session *session, const char *memory)
{
	int r = select_memory(session, memory);

	if (r < 0)
		return r == -EREMOTEIO ? 0 : r;
	r = session_ask_for(session, LIST_SECONDS, "AT+CMGL=4", NULL, 0, NULL);
	if (r == -EREMOTEIO)
		r = read_slots(session, memory);
	return r < 0 ? r : 1;
}

/* Where something may have been cut on the line, once more: it is believed when it comes twice.
 * worker->doubted: it did not, this time either. */
static int list_surely(struct session *session, const char *memory)
{
	struct worker *worker = session->worker;
	int r;

	atomic_store(&worker->doubted, false);
	r = list_memory(session, memory);
	return r > 0 && atomic_exchange(&worker->doubted, false) ? list_memory(session, memory) : r;
}

static void tell_tight(struct session *session)
{
	int used, size;
	bool tight;

	agenda_store(session->worker->agenda, &used, &size);
	tight = size > 0 && used * 100 / size >= AGENDA_TIGHT_PERCENT;
	if (tight && !session->told_tight)
		say_note(session->worker->daemon,
			 "the message store is nearly full: %d of %d; when it is full, nothing "
			 "more is received",
			 used, size);
	session->told_tight = tight;
}

static void tell_unlisted(struct session *session, const char *memory)
{
	if (!session->told_unlisted)
		say_note(session->worker->daemon, "the messages stored in \"%s\" can't be listed",
			 memory);
	session->told_unlisted = true;
}

static void tell_full(struct session *session)
{
	if (!session->told_full)
		say_note(session->worker->daemon,
			 "more messages are stored than can be kept in mind: the last ones are not "
			 "received before others are deleted");
	session->told_full = true;
}

int session_sweep(struct session *session)
{
	struct worker *worker = session->worker;
	/* A memory that the modem only lists is none; but where there is no other, nothing was seen. */
	bool whole = true, any = session->storeless, doubted = false;

	atomic_store(&worker->missed, false);
	for (size_t i = 0; i < session->memory_count; i++) {
		int r = list_surely(session, session->memories[i]);

		if (only_silence(r) < 0 || r == -ECANCELED)
			return r;
		any = any || r > 0;
		doubted = doubted || atomic_load(&worker->doubted);
		if (r < 0) {
			whole = false;
			tell_unlisted(session, session->memories[i]);
		}
	}
	if (!any)
		tell_unlisted(session, session->memories[0]);
	if (atomic_load(&worker->missed))
		tell_full(session);
	/* All of it has passed the line half, and was said, before the end of the list came here. */
	if (agenda_swept(worker->agenda, doubted) && whole && any && !atomic_load(&worker->missed))
		say_simple(worker->daemon, MODEM_WORD_SWEPT);
	tell_tight(session);
	return 0;
}
