/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The parts of concatenated messages wait here until their message is whole, keyed by SIM, sender,
 * reference, width and total (3GPP TS 23.040 9.2.3.24.1).  After a day without a new part what came
 * is shown as it is, with a mark for every gap.
 */
#include <errno.h>
#include <string.h>

#include "bridge/base/clock.h"
#include "bridge/store/internal.h"

#define WAIT_USEC USEC_PER_DAY
#define GAP "[\xe2\x80\xa6]" /* […] */
#define PARTS_MAX 255

struct assembly {
	int64_t seq; /* 0: none */
	unsigned total;
	bool old; /* all of it lay on the SIM before that was met */
	char sim[STORE_NAME_SIZE], sender[TPDU_ADDRESS_SIZE];
	char modem[STORE_NAME_SIZE], recipient[NUMBER_SIZE];
	int64_t last_usec;
};

#define ASSEMBLY_COLUMNS                                                                           \
	"SELECT seq, total, sim, sender, modem, recipient, last_at, old FROM assembly "

static void assembly_columns(const struct query *query, struct assembly *assembly)
{
	assembly->seq = query_int(query, 0);
	assembly->total = (unsigned)query_int(query, 1);
	query_copy(query, 2, assembly->sim, sizeof(assembly->sim));
	query_copy(query, 3, assembly->sender, sizeof(assembly->sender));
	query_copy(query, 4, assembly->modem, sizeof(assembly->modem));
	query_copy(query, 5, assembly->recipient, sizeof(assembly->recipient));
	assembly->last_usec = query_int(query, 6);
	assembly->old = query_bool(query, 7);
}

static int assembly_find(struct database *db, const char *sim, const struct tpdu *tpdu,
			 struct assembly *assembly)
{
	CLEANUP_QUERY struct query query =
		QUERY(db,
		      ASSEMBLY_COLUMNS "WHERE sim = ? AND sender = ? AND reference = ? AND wide = ?"
				       " AND total = ?",
		      STRING(sim), STRING(tpdu->address), INT(tpdu->concat.reference),
		      INT(tpdu->concat.wide), INT(tpdu->concat.total));
	int r = query_step(&query);

	*assembly = (struct assembly){ 0 };
	if (r > 0)
		assembly_columns(&query, assembly);
	return r;
}

static int assembly_insert(struct database *db, const struct store_sim *sim,
			   const struct store_received *received, bool old,
			   struct assembly *assembly)
{
	const struct tpdu *tpdu = received->tpdu;
	int r = EXECUTE(db,
			"INSERT INTO assembly (sim, sender, reference, wide, total, modem,"
			" recipient, last_at, old) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
			STRING(sim->iccid), STRING(tpdu->address), INT(tpdu->concat.reference),
			INT(tpdu->concat.wide), INT(tpdu->concat.total), STRING(sim->modem),
			STRING(received->to ? received->to : ""), INT(received->at_usec), INT(old));

	return r < 0 ? r : assembly_find(db, sim->iccid, tpdu, assembly);
}

/* ------------------------------------------------------------------ putting together */

struct text {
	char *bytes;
	size_t size;
	unsigned count; /* parts in it */
	int64_t sent_usec;
};

/* total is at most 255, each part less than TPDU_TEXT_SIZE: the bound needs no look at the rows. */
static int text_join(struct database *db, const struct assembly *assembly, struct text *text)
{
	CLEANUP_QUERY struct query query =
		QUERY(db,
		      "SELECT number, text, sent_at FROM assembly_part WHERE assembly = ?"
		      " ORDER BY number",
		      INT(assembly->seq));
	char *at = text->bytes;
	unsigned expected = 1;
	int r;

	while ((r = query_step(&query)) > 0 && text->count < PARTS_MAX) {
		unsigned number = (unsigned)query_int(&query, 0);
		size_t size;
		const void *part = query_bytes(&query, 1, &size);

		if (number != expected)
			at = stpcpy(at, GAP);
		expected = number + 1;
		if (!part || size >= TPDU_TEXT_SIZE)
			return -EUCLEAN;
		at = mempcpy(at, part, size);
		if (text->count++ == 0)
			text->sent_usec = query_int(&query, 2);
	}
	if (r < 0)
		return r;
	if (expected <= assembly->total)
		at = stpcpy(at, GAP);
	text->size = (size_t)(at - text->bytes);
	return 0;
}

/* The message as far as it came; its parts go. */
static int assembly_close(struct database *db, const struct assembly *assembly,
			  enum inbound_state state)
{
	struct text text = { .bytes =
				     op_alloc(db->op, PARTS_MAX * (TPDU_TEXT_SIZE + sizeof(GAP))) };
	struct inbound_new inbound;
	int r = text.bytes ? text_join(db, assembly, &text) : -ENOMEM;

	if (r < 0)
		return r;
	inbound = (struct inbound_new){
		.state = assembly->old ? INBOUND_OLD : state,
		.sim = assembly->sim,
		.modem = assembly->modem,
		.from = assembly->sender,
		.to = assembly->recipient,
		.text = text.bytes,
		.text_size = text.size,
		.sent_at_usec = text.sent_usec,
		.received_at_usec = assembly->last_usec,
	};
	r = inbound_insert(db, &inbound);
	if (r >= 0)
		r = EXECUTE(db, "DELETE FROM assembly_part WHERE assembly = ?", INT(assembly->seq));
	if (r >= 0)
		r = EXECUTE(db, "DELETE FROM assembly WHERE seq = ?", INT(assembly->seq));
	return r;
}

/* ------------------------------------------------------------------ a part comes */

enum place { PLACE_FREE, PLACE_SAME, PLACE_OTHER };

static int part_place(struct database *db, const struct assembly *assembly, const struct tpdu *tpdu)
{
	CLEANUP_QUERY struct query query = QUERY(
		db, "SELECT text = ? FROM assembly_part WHERE assembly = ? AND number = ?",
		TEXT(tpdu->text, tpdu->text_size), INT(assembly->seq), INT(tpdu->concat.sequence));
	int r = query_step(&query);

	if (r <= 0)
		return r < 0 ? r : PLACE_FREE;
	return query_bool(&query, 0) ? PLACE_SAME : PLACE_OTHER;
}

static int part_insert(struct database *db, struct assembly *assembly,
		       const struct store_received *received, bool old)
{
	const struct tpdu *tpdu = received->tpdu;
	int r = EXECUTE(db,
			"INSERT INTO assembly_part (assembly, number, text, sent_at)"
			" VALUES (?, ?, ?, ?)",
			INT(assembly->seq), INT(tpdu->concat.sequence),
			TEXT(tpdu->text, tpdu->text_size), INT(tpdu->centre_time_usec));

	assembly->old &= old;
	return r < 0 ? r
		     : EXECUTE(db, "UPDATE assembly SET last_at = ?, old = ? WHERE seq = ?",
			       INT(received->at_usec), INT(assembly->old), INT(assembly->seq));
}

static int parts_count(struct database *db, const struct assembly *assembly)
{
	CLEANUP_QUERY struct query query = QUERY(
		db, "SELECT count(*) FROM assembly_part WHERE assembly = ?", INT(assembly->seq));
	int r = query_step(&query);

	return r < 0 ? r : (int)query_int(&query, 0);
}

/* The assembly that the part belongs to; an older message under the same reference is given up. */
static int assembly_choose(struct database *db, const struct store_sim *sim,
			   const struct store_received *received, bool old,
			   struct assembly *assembly)
{
	int place = PLACE_FREE;
	int r = assembly_find(db, sim->iccid, received->tpdu, assembly);

	if (r < 0)
		return r;
	if (assembly->seq != 0) {
		place = part_place(db, assembly, received->tpdu);
		if (place < 0)
			return place;
		if (assembly->last_usec + WAIT_USEC > received->at_usec && place != PLACE_OTHER)
			return place;
		r = assembly_close(db, assembly, INBOUND_INCOMPLETE);
		if (r < 0)
			return r;
	}
	r = assembly_insert(db, sim, received, old, assembly);
	return r < 0 ? r : PLACE_FREE;
}

int reassembly_receive(struct database *db, const struct store_sim *sim,
		       const struct store_received *received, bool old,
		       enum store_reading *ret_reading)
{
	struct assembly assembly;
	int r = assembly_choose(db, sim, received, old, &assembly);

	if (r < 0)
		return r;
	if (r == PLACE_SAME) {
		*ret_reading = STORE_READING_COPY;
		return 0;
	}
	r = part_insert(db, &assembly, received, old);
	if (r >= 0)
		r = parts_count(db, &assembly);
	if (r < 0)
		return r;
	moment_note(db, received->at_usec);
	*ret_reading = STORE_READING_PART;
	if ((unsigned)r < assembly.total)
		return 0;
	*ret_reading = STORE_READING_MESSAGE;
	assembly.last_usec = received->at_usec;
	return assembly_close(db, &assembly, INBOUND_RECEIVED);
}

/* ------------------------------------------------------------------ time */

static int assembly_oldest(struct database *db, struct assembly *assembly)
{
	CLEANUP_QUERY struct query query = QUERY(db, ASSEMBLY_COLUMNS "ORDER BY last_at LIMIT 1");
	int r = query_step(&query);

	if (r > 0)
		assembly_columns(&query, assembly);
	return r;
}

int reassembly_tick(struct database *db, int64_t now_usec, unsigned limit)
{
	struct assembly assembly;
	unsigned count = 0;
	int r = 0;

	while (count < limit && (r = assembly_oldest(db, &assembly)) > 0 &&
	       assembly.last_usec + WAIT_USEC <= now_usec) {
		r = assembly_close(db, &assembly, INBOUND_INCOMPLETE);
		if (r < 0)
			return r;
		count++;
	}
	return r < 0 ? r : (int)count;
}

int reassembly_next(struct database *db, int64_t *ret_usec)
{
	struct assembly assembly;
	int r = assembly_oldest(db, &assembly);

	*ret_usec = r > 0 ? assembly.last_usec + WAIT_USEC : 0;
	return r < 0 ? r : 0;
}
