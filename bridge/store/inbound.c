/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What a modem read: known again by its fingerprint, or told apart, and committed before it may be
 * deleted from the SIM.  It never looks into a text.
 */
#include <errno.h>
#include <sodium.h>
#include <string.h>

#include "bridge/base/clock.h"
#include "bridge/store/internal.h"

#define DIGEST_SIZE 32
#define FINGERPRINT_KEPT_USEC (90 * USEC_PER_DAY)
#define TICK_ROWS 500
#define MEMORY_SIZE 8

struct receive_op {
	struct op op;
	struct store_sim sim;
	struct store_received received;
	uint8_t digest[DIGEST_SIZE];
	bool old, adopted; /* it lay on a SIM before that was met; the SIM was taken over */
	store_received_done done;
	enum store_reading reading;
};

static bool is_slot(const struct store_received *received)
{
	return received->location >= 0;
}

/* 1 when the slot holds what it held when it was read last; old as it was then. */
static int slot_is_same(struct database *db, struct receive_op *receive)
{
	CLEANUP_QUERY struct query query =
		QUERY(db,
		      "SELECT old FROM slot WHERE sim = ? AND memory = ? AND location = ?"
		      " AND digest = ?",
		      STRING(receive->sim.iccid), STRING(receive->received.memory),
		      INT(receive->received.location), BLOB(receive->digest, DIGEST_SIZE));
	int r = query_step(&query);

	if (r > 0)
		receive->old = query_bool(&query, 0);
	return r;
}

/*
 * 1 when the same octets lie in another slot of that memory, and it is not yet deleted.  Only this
 * worker's word counts: another modem may count slots otherwise, and a worker that died may have emptied
 * one.  Another memory may be the same one by another name ("MT" is "SM" and "ME"): two equal messages
 * of one second, one in each, are taken for one.
 */
static int slot_is_twin(struct database *db, const struct receive_op *receive)
{
	CLEANUP_QUERY struct query query =
		QUERY(db,
		      "SELECT 1 FROM slot WHERE sim = ? AND digest = ? AND memory = ?"
		      " AND worker = ? LIMIT 1",
		      STRING(receive->sim.iccid), BLOB(receive->digest, DIGEST_SIZE),
		      STRING(receive->received.memory), INT(receive->received.worker));

	return query_step(&query);
}

static int fingerprint_is_known(struct database *db, struct receive_op *receive)
{
	CLEANUP_QUERY struct query query =
		QUERY(db, "SELECT old FROM fingerprint WHERE sim = ? AND digest = ?",
		      STRING(receive->sim.iccid), BLOB(receive->digest, DIGEST_SIZE));
	int r = query_step(&query);

	if (r > 0)
		receive->old = query_bool(&query, 0);
	return r;
}

/*
 * 1 when it was read before.  The network sends again what it has no answer for, with the same
 * octets; two messages with the same octets are known by lying side by side.
 */
static int is_copy(struct database *db, struct receive_op *receive)
{
	int r;

	if (is_slot(&receive->received)) {
		r = slot_is_same(db, receive);
		if (r != 0)
			return r;
		r = slot_is_twin(db, receive);
		if (r != 0)
			return r < 0 ? r : 0;
	}
	/* Unreadable slots all look alike: nothing is known of them. */
	return receive->received.size == 0 ? 0 : fingerprint_is_known(db, receive);
}

static int remember(struct database *db, const struct receive_op *receive)
{
	int r = EXECUTE(db,
			"INSERT INTO fingerprint (sim, digest, at, old) VALUES (?, ?, ?, ?)"
			" ON CONFLICT DO UPDATE SET at = excluded.at",
			STRING(receive->sim.iccid), BLOB(receive->digest, DIGEST_SIZE),
			INT(receive->received.at_usec), INT(receive->old));

	if (r < 0 || !is_slot(&receive->received))
		return r;
	return EXECUTE(db,
		       "INSERT INTO slot (sim, memory, location, digest, old, worker)"
		       " VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET"
		       " digest = excluded.digest, old = excluded.old, worker = excluded.worker",
		       STRING(receive->sim.iccid), STRING(receive->received.memory),
		       INT(receive->received.location), BLOB(receive->digest, DIGEST_SIZE),
		       INT(receive->old), INT(receive->received.worker));
}

/* Undecoded octets are kept as they are; what was decoded has its text. */
static int whole_insert(struct database *db, const struct receive_op *receive)
{
	const struct store_received *received = &receive->received;
	const struct tpdu *tpdu = received->tpdu;
	struct inbound_new inbound = {
		.state = receive->old ? INBOUND_OLD
			 : tpdu       ? INBOUND_RECEIVED
				      : INBOUND_UNREADABLE,
		.sim = receive->sim.iccid,
		.modem = receive->sim.modem,
		.port = tpdu ? tpdu->port : -1,
		.from = tpdu ? tpdu->address : "",
		.to = received->to,
		.text = tpdu ? tpdu->text : "",
		.text_size = tpdu ? tpdu->text_size : 0,
		.raw = tpdu ? NULL : received->octets,
		.raw_size = tpdu ? 0 : received->size,
		.sent_at_usec = tpdu ? tpdu->centre_time_usec : 0,
		.received_at_usec = received->at_usec,
	};
	int r = 0;

	if (tpdu)
		r = content_read(db->op, tpdu->alphabet == SMS_ALPHABET_8BIT, true, &inbound);
	return r < 0 ? r : inbound_insert(db, &inbound);
}

static int reading_store(struct database *db, struct receive_op *receive)
{
	const struct tpdu *tpdu = receive->received.tpdu;
	int r;

	if (!tpdu) {
		receive->reading = STORE_READING_KEPT;
		return whole_insert(db, receive);
	}
	switch (tpdu->kind) {
	case TPDU_STATUS_REPORT:
		r = report_receive(db, receive->sim.iccid, tpdu, receive->received.at_usec);
		receive->reading = r > 0 ? STORE_READING_REPORT : STORE_READING_STRAY;
		return r;
	case TPDU_DELIVER:
		if (tpdu->concat.present && tpdu->concat.total > 1)
			return reassembly_receive(db, &receive->sim, &receive->received,
						  receive->old, &receive->reading);
		receive->reading = STORE_READING_MESSAGE;
		return whole_insert(db, receive);
	}
	return -EINVAL;
}

/* The SIM that a person writes to is the one that answers. */
static int conversation_note(struct database *db, const struct receive_op *receive)
{
	const struct tpdu *tpdu = receive->received.tpdu;
	char tail[NUMBER_TAIL_SIZE];

	if (!tpdu || tpdu->kind != TPDU_DELIVER || tpdu->address_is_name || receive->old)
		return 0;
	number_tail(tpdu->address, tail);
	return peer_talked(db, tail, receive->sim.iccid, receive->received.at_usec);
}

static int receive_run(struct database *db, struct op *op)
{
	struct receive_op *receive = (struct receive_op *)op;
	bool swept;
	int r;

	if (receive->sim.iccid[0] == '\0' || strlen(receive->received.memory) >= MEMORY_SIZE)
		return -EINVAL;
	crypto_hash_sha256(receive->digest, receive->received.octets, receive->received.size);
	r = sim_standing(db, receive->sim.iccid, &swept, &receive->adopted);
	if (r < 0)
		return r;
	/* What comes directly lay nowhere. */
	receive->old = !swept && is_slot(&receive->received);
	r = is_copy(db, receive);
	if (r < 0)
		return r;
	if (r > 0)
		receive->reading = STORE_READING_COPY;
	else
		r = reading_store(db, receive);
	if (r >= 0 && receive->reading != STORE_READING_COPY)
		r = conversation_note(db, receive);
	if (r >= 0)
		r = remember(db, receive);
	if (receive->old && !receive->adopted && receive->reading != STORE_READING_REPORT)
		receive->reading = STORE_READING_OLD;
	return r;
}

static void receive_report(const struct op *op)
{
	const struct receive_op *receive = (const struct receive_op *)op;

	receive->done(op->error < 0 ? op->error : 0, receive->reading, op->userdata);
}

int store_receive(struct store *store, const struct store_sim *sim,
		  const struct store_received *received, store_received_done done, void *userdata)
{
	struct receive_op *receive =
		op_new(sizeof(*receive), receive_run, receive_report, userdata);
	struct op *op = (struct op *)receive;

	if (!receive)
		return -ENOMEM;
	receive->sim.modem = op_string(op, sim->modem);
	receive->sim.iccid = op_string(op, sim->iccid);
	receive->received = *received;
	receive->received.to = op_string(op, received->to);
	receive->received.memory = op_string(op, received->memory ? received->memory : "");
	receive->received.octets = (uint8_t *)op_copy(
		op, received->octets ? (const void *)received->octets : "", received->size);
	receive->received.tpdu =
		(struct tpdu *)(void *)op_copy(op, received->tpdu, sizeof(struct tpdu));
	receive->done = done;
	return op_post(store, op);
}

/* ------------------------------------------------------------------ slots */

static int slot_deleted_run(struct database *db, struct op *op)
{
	const struct receive_op *slot = (struct receive_op *)op;

	return EXECUTE(db,
		       "DELETE FROM slot WHERE sim = ? AND memory = ? AND location = ?"
		       " AND digest = ?",
		       STRING(slot->sim.iccid), STRING(slot->received.memory),
		       INT(slot->received.location), BLOB(slot->digest, DIGEST_SIZE));
}

int store_slot_deleted(struct store *store, const struct store_sim *sim, const char *memory,
		       int location, const uint8_t digest_of_tpdu[32])
{
	struct receive_op *slot = op_new(sizeof(*slot), slot_deleted_run, NULL, NULL);

	if (!slot)
		return -ENOMEM;
	slot->op.lazy = true;
	slot->sim.iccid = op_string(&slot->op, sim->iccid);
	slot->received.memory = op_string(&slot->op, memory);
	slot->received.location = location;
	memcpy(slot->digest, digest_of_tpdu, DIGEST_SIZE);
	return op_post(store, &slot->op);
}

int fingerprint_tick(struct database *db, int64_t now_usec)
{
	/* What still lies in a slot must be known when it is read again. */
	return EXECUTE(db,
		       "DELETE FROM fingerprint WHERE (sim, digest) IN (SELECT f.sim, f.digest"
		       " FROM fingerprint f WHERE f.at < ? AND NOT EXISTS (SELECT 1 FROM slot s"
		       " WHERE s.sim = f.sim AND s.digest = f.digest) ORDER BY f.at LIMIT ?)",
		       INT(now_usec - FINGERPRINT_KEPT_USEC), INT(TICK_ROWS));
}
