/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The parts of concatenated messages wait here until their message is whole, keyed by SIM, sender,
 * reference, width and total (3GPP TS 23.040 9.2.3.24.1).  After three days without a new part, for
 * which networks commonly keep a message, what came is shown as it is, with a mark for every gap.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bridge/base/clock.h"
#include "bridge/store/internal.h"
#include "modem/text/join.h"

#define WAIT_USEC (3 * USEC_PER_DAY)
/* A sender gives its parts to the centre one after the other, however late they come from there:
 * the same reference a day later is another message. */
#define SENT_WITHIN_USEC USEC_PER_DAY
#define ASSEMBLIES_MAX 1000 /* of a SIM; the oldest is given up for a new one */
#define PORT_UNKNOWN (-2)
#define PARTS_MAX 255

struct assembly {
	int64_t seq; /* 0: none */
	unsigned total;
	bool old; /* all of it lay on the SIM before that was met */
	char sim[STORE_NAME_SIZE], sender[TPDU_ADDRESS_SIZE];
	char modem[STORE_NAME_SIZE], recipient[NUMBER_SIZE];
	int64_t last_usec;
	bool data; /* 8-bit */
	int port;  /* or PORT_UNKNOWN */
};

#define ASSEMBLY_COLUMNS                                                                           \
	"SELECT seq, total, sim, sender, modem, recipient, last_at, old, data,"                    \
	" ifnull(port, -2) FROM assembly "

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
	assembly->data = query_bool(query, 8);
	assembly->port = (int)query_int(query, 9);
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
			" recipient, last_at, old, data, port)"
			" VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
			STRING(sim->iccid), STRING(tpdu->address), INT(tpdu->concat.reference),
			INT(tpdu->concat.wide), INT(tpdu->concat.total), STRING(sim->modem),
			STRING(received->to ? received->to : ""), INT(received->at_usec), INT(old),
			INT(tpdu->alphabet == SMS_ALPHABET_8BIT), INT(tpdu->port));

	return r < 0 ? r : assembly_find(db, sim->iccid, tpdu, assembly);
}

/* ------------------------------------------------------------------ putting together */

struct parts {
	struct join_part parts[PARTS_MAX];
	char octets[PARTS_MAX][TPDU_SIZE_MAX];
	char text[PARTS_MAX * (TPDU_TEXT_SIZE + sizeof(CONTENT_GAP))]; /* of each by itself */
	size_t text_size;
	int64_t sent_usec; /* of the first */
	bool octets_missing;
};

/* Part number of the row; total is at most 255, what a row holds is not believed. */
static int part_load(const struct query *query, const struct assembly *assembly, unsigned expected,
		     struct parts *parts)
{
	unsigned number = (unsigned)query_int(query, 0);
	size_t text_size, octets_size;
	const void *text = query_bytes(query, 1, &text_size), *octets;
	char *at = parts->text + parts->text_size;

	if (number < expected || number > assembly->total || !text || text_size >= TPDU_TEXT_SIZE)
		return -EUCLEAN;
	if (number != expected)
		at = stpcpy(at, CONTENT_GAP);
	at = mempcpy(at, text, text_size);
	parts->text_size = (size_t)(at - parts->text);

	octets = query_bytes(query, 3, &octets_size);
	if (!octets || octets_size > TPDU_SIZE_MAX) {
		parts->octets_missing = true;
		return (int)number;
	}
	memcpy(parts->octets[number - 1], octets, octets_size);
	parts->parts[number - 1] = (struct join_part){
		.octets = (const uint8_t *)parts->octets[number - 1],
		.size = octets_size,
	};
	return (int)number;
}

static int parts_load(struct database *db, const struct assembly *assembly, struct parts *parts)
{
	CLEANUP_QUERY struct query query =
		QUERY(db,
		      "SELECT number, text, sent_at, octets FROM assembly_part WHERE assembly = ?"
		      " ORDER BY number",
		      INT(assembly->seq));
	unsigned last = 0;
	int r;

	while ((r = query_step(&query)) > 0) {
		if (last == 0)
			parts->sent_usec = query_int(&query, 2);
		r = part_load(&query, assembly, last + 1, parts);
		if (r < 0)
			return r;
		last = (unsigned)r;
	}
	if (r >= 0 && last < assembly->total)
		parts->text_size =
			(size_t)(stpcpy(parts->text + parts->text_size, CONTENT_GAP) - parts->text);
	return r;
}

/* What a sender cut in two is whole again; without the octets, each part is as it was read. */
static int parts_join(struct op *op, const struct assembly *assembly, const struct parts *parts,
		      struct inbound_new *inbound)
{
	CLEANUP_FREE char *joined = NULL;
	size_t size;
	int r = -EBADMSG;

	if (!parts->octets_missing)
		r = join_parts(parts->parts, assembly->total, CONTENT_GAP, &joined, &size);
	if (r == -EBADMSG) {
		inbound->text = parts->text;
		inbound->text_size = parts->text_size;
		return 0;
	}
	if (r < 0)
		return r;
	inbound->text = op_copy(op, joined, size);
	inbound->text_size = size;
	return inbound->text ? 0 : -ENOMEM;
}

/* The message as far as it came; its parts go. */
static int assembly_close(struct database *db, const struct assembly *assembly,
			  enum inbound_state state)
{
	struct parts *parts = op_alloc(db->op, sizeof(*parts));
	struct inbound_new inbound = {
		.state = assembly->old ? INBOUND_OLD : state,
		.port = assembly->port < 0 ? -1 : assembly->port,
		.sim = assembly->sim,
		.modem = assembly->modem,
		.from = assembly->sender,
		.to = assembly->recipient,
		.received_at_usec = assembly->last_usec,
	};
	int r = parts ? parts_load(db, assembly, parts) : -ENOMEM;

	if (r < 0)
		return r;
	inbound.sent_at_usec = parts->sent_usec;
	r = parts_join(db->op, assembly, parts, &inbound);
	if (r >= 0)
		r = content_read(db->op, assembly->data, state == INBOUND_RECEIVED, &inbound);
	if (r >= 0)
		r = inbound_insert(db, &inbound);
	if (r >= 0)
		r = EXECUTE(db, "DELETE FROM assembly_part WHERE assembly = ?", INT(assembly->seq));
	if (r >= 0)
		r = EXECUTE(db, "DELETE FROM assembly WHERE seq = ?", INT(assembly->seq));
	return r;
}

/* ------------------------------------------------------------------ a part comes */

enum place { PLACE_FREE, PLACE_SAME, PLACE_OTHER };

/* Sent to where the others were, and when they were. */
static bool part_is_akin(const struct assembly *assembly, const struct tpdu *tpdu,
			 int64_t farthest_usec)
{
	return farthest_usec <= SENT_WITHIN_USEC &&
	       (assembly->port == PORT_UNKNOWN ||
		(assembly->port == tpdu->port &&
		 assembly->data == (tpdu->alphabet == SMS_ALPHABET_8BIT)));
}

/* Two messages may begin alike under one reference: a part is known by the centre's stamp as well. */
static int part_place(struct database *db, const struct assembly *assembly, const struct tpdu *tpdu)
{
	int64_t sent_usec = tpdu->centre_time_usec;
	CLEANUP_QUERY struct query query =
		QUERY(db,
		      "SELECT count(*) FILTER (WHERE number = ?1),"
		      " count(*) FILTER (WHERE number = ?1 AND text = ?2 AND sent_at = ?3),"
		      " max(iif(sent_at > 0 AND ?3 > 0, abs(sent_at - ?3), 0))"
		      " FROM assembly_part WHERE assembly = ?4",
		      INT(tpdu->concat.sequence), TEXT(tpdu->text, tpdu->text_size), INT(sent_usec),
		      INT(assembly->seq));
	int r = query_step(&query);

	if (r < 0)
		return r;
	if (!part_is_akin(assembly, tpdu, query_int(&query, 2)))
		return PLACE_OTHER;
	if (!query_bool(&query, 0))
		return PLACE_FREE;
	return query_bool(&query, 1) ? PLACE_SAME : PLACE_OTHER;
}

static int part_insert(struct database *db, struct assembly *assembly,
		       const struct store_received *received, bool old)
{
	const struct tpdu *tpdu = received->tpdu;
	/* Behind a TPDU there may be the padding of its slot. */
	size_t size = received->size < TPDU_SIZE_MAX ? received->size : TPDU_SIZE_MAX;
	int r = EXECUTE(db,
			"INSERT INTO assembly_part (assembly, number, text, sent_at, octets)"
			" VALUES (?, ?, ?, ?, ?)",
			INT(assembly->seq), INT(tpdu->concat.sequence),
			TEXT(tpdu->text, tpdu->text_size), INT(tpdu->centre_time_usec),
			BLOB(received->octets, size));

	assembly->old &= old;
	assembly->data = tpdu->alphabet == SMS_ALPHABET_8BIT;
	assembly->port = tpdu->port;
	if (r < 0)
		return r;
	return EXECUTE(db,
		       "UPDATE assembly SET last_at = ?, old = ?, data = ?, port = ? WHERE seq = ?",
		       INT(received->at_usec), INT(assembly->old), INT(assembly->data),
		       INT(assembly->port), INT(assembly->seq));
}

static int parts_count(struct database *db, const struct assembly *assembly)
{
	CLEANUP_QUERY struct query query = QUERY(
		db, "SELECT count(*) FROM assembly_part WHERE assembly = ?", INT(assembly->seq));
	int r = query_step(&query);

	return r < 0 ? r : (int)query_int(&query, 0);
}

/* 1 and what has waited longest of a SIM that has no room for more. */
static int assembly_excess(struct database *db, const char *sim, struct assembly *assembly)
{
	CLEANUP_QUERY struct query query =
		QUERY(db,
		      ASSEMBLY_COLUMNS "INDEXED BY assembly_sim WHERE sim = ?1"
				       " AND (SELECT count(*) FROM assembly WHERE sim = ?1) >= ?2"
				       " ORDER BY last_at LIMIT 1",
		      STRING(sim), INT(ASSEMBLIES_MAX));
	int r = query_step(&query);

	if (r > 0)
		assembly_columns(&query, assembly);
	return r;
}

/* Whoever sends first parts only shall not fill the disk: what waits is bounded. */
static int assembly_make_room(struct database *db, const char *sim)
{
	struct assembly oldest;
	int r = assembly_excess(db, sim, &oldest);

	return r > 0 ? assembly_close(db, &oldest, INBOUND_INCOMPLETE) : r;
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
	r = assembly_make_room(db, sim->iccid);
	if (r >= 0)
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
