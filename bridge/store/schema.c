/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The tables, as a list of steps: step n brings a database from version n to n + 1.  A step that
 * was released is never changed.  All moments are microseconds since 1970 UTC, 0 is none; states
 * are the numbers of state.h.
 */
#include <assert.h>

#include "bridge/store/internal.h"

static_assert(DELIVERY_PENDING == 0 && DELIVERY_SENDING == 1 && DELIVERY_UNKNOWN == 2 &&
		      DELIVERY_SENT == 3 && DELIVERY_DELIVERED == 4 && DELIVERY_READ == 5 &&
		      DELIVERY_FAILED == 6 && DELIVERY_EXPIRED == 7 && DELIVERY_CANCELLED == 8,
	      "the numbers of states are in databases");
static_assert(INBOUND_RECEIVED == 0 && INBOUND_INCOMPLETE == 1 && INBOUND_UNREADABLE == 2 &&
		      INBOUND_OLD == 3,
	      "the numbers of states are in databases");
static_assert(INBOUND_TEXT == 0 && INBOUND_DATA == 1 && INBOUND_MMS == 2,
	      "the numbers of kinds are in databases");
static_assert(SMS_ALPHABET_GSM7 == 0 && SMS_ALPHABET_UCS2 == 1 && SMS_ALPHABET_8BIT == 2,
	      "the numbers of alphabets are in databases");
static_assert(STORE_EVENT_MESSAGE_RECEIVED == 0 && STORE_EVENT_MESSAGE_STATE == 1 &&
		      STORE_EVENT_MODEM_STATE == 2 && STORE_EVENT_ATTENTION == 3,
	      "the numbers of types are in databases");
static_assert(ATTENTION_FAILED == 0 && ATTENTION_EXPIRED == 1 && ATTENTION_HELD == 2 &&
		      ATTENTION_UNREADABLE == 3 && ATTENTION_MODEM_DOWN == 4 &&
		      ATTENTION_MODEM_BALANCE == 5 && ATTENTION_MODEM_BARRED == 6,
	      "the numbers of kinds are in databases");
static_assert(STORE_LIMIT_MINUTE == 1 && STORE_LIMIT_HOUR == 2 && STORE_LIMIT_DAY == 3 &&
		      STORE_LIMIT_MONTH == 4 && STORE_LIMIT_RECIPIENTS == 5,
	      "the numbers of limits are in databases");

static const char step_messages[] =
	"CREATE TABLE message ("
	" seq INTEGER PRIMARY KEY,"
	" id TEXT NOT NULL UNIQUE,"
	" digest BLOB NOT NULL," /* over the request, for idempotency */
	" text TEXT NOT NULL,"
	" sms_text TEXT,"
	" created_at INTEGER NOT NULL,"
	" scheduled_at INTEGER NOT NULL,"
	" valid_until INTEGER NOT NULL,"
	" priority INTEGER NOT NULL,"
	" hold_on_unknown INTEGER NOT NULL,"
	" alphabet INTEGER NOT NULL"
	") STRICT;"
	"CREATE INDEX message_created ON message (created_at);"

	/* As it was cut when it came: a later version may cut otherwise. */
	"CREATE TABLE message_part ("
	" message INTEGER NOT NULL REFERENCES message (seq),"
	" number INTEGER NOT NULL,"
	" text TEXT NOT NULL,"
	" PRIMARY KEY (message, number)"
	") STRICT, WITHOUT ROWID;"

	/* waiting: its next part may be given to a modem from due_at on.  sim '': to any. */
	"CREATE TABLE delivery ("
	" seq INTEGER PRIMARY KEY,"
	" id TEXT NOT NULL UNIQUE,"
	" message INTEGER NOT NULL REFERENCES message (seq),"
	" recipient TEXT NOT NULL," /* as the caller wrote it */
	" number TEXT NOT NULL,"
	" state INTEGER NOT NULL,"
	" final INTEGER NOT NULL DEFAULT 0,"
	" reason TEXT NOT NULL,"
	" modem TEXT NOT NULL DEFAULT '',"
	" sim TEXT NOT NULL DEFAULT '',"
	" concat_reference INTEGER NOT NULL DEFAULT -1,"
	" parts INTEGER NOT NULL,"
	" parts_sent INTEGER NOT NULL DEFAULT 0,"
	" parts_delivered INTEGER NOT NULL DEFAULT 0,"
	" may_be_duplicate INTEGER NOT NULL DEFAULT 0,"
	" priority INTEGER NOT NULL,"
	" valid_until INTEGER NOT NULL,"
	" waiting INTEGER NOT NULL,"
	" due_at INTEGER NOT NULL,"
	" settle_at INTEGER NOT NULL" /* when time alone decides something */
	") STRICT;"
	"CREATE INDEX delivery_message ON delivery (message);"
	"CREATE INDEX delivery_number ON delivery (number, message);"
	"CREATE INDEX delivery_state ON delivery (state, message);"
	"CREATE INDEX delivery_queue ON delivery (sim, priority DESC, due_at) WHERE waiting = 1;"
	"CREATE INDEX delivery_settle ON delivery (settle_at) WHERE settle_at > 0;"

	/* tail: the last digits of the number, by which reports are matched. */
	"CREATE TABLE part ("
	" delivery INTEGER NOT NULL REFERENCES delivery (seq),"
	" number INTEGER NOT NULL,"
	" state INTEGER NOT NULL,"
	" due_at INTEGER NOT NULL,"
	" attempt INTEGER NOT NULL DEFAULT 0," /* the last one */
	" begun_at INTEGER NOT NULL DEFAULT 0,"
	" sim TEXT NOT NULL DEFAULT '',"
	" reference INTEGER NOT NULL DEFAULT -1,"
	" tail TEXT NOT NULL,"
	" doubtful INTEGER NOT NULL DEFAULT 0," /* a copy may be out already */
	" PRIMARY KEY (delivery, number)"
	") STRICT, WITHOUT ROWID;"
	"CREATE INDEX part_awaiting ON part (sim, reference, tail, begun_at)"
	" WHERE state IN (" SQL_UNKNOWN ", " SQL_SENT ");"

	"CREATE TABLE attempt ("
	" seq INTEGER PRIMARY KEY,"
	" delivery INTEGER NOT NULL REFERENCES delivery (seq),"
	" part INTEGER NOT NULL,"
	" modem TEXT NOT NULL,"
	" sim TEXT NOT NULL,"
	" state INTEGER NOT NULL,"
	" begun_at INTEGER NOT NULL,"
	" ended_at INTEGER NOT NULL DEFAULT 0,"
	" handed_over INTEGER NOT NULL DEFAULT 0,"
	" reference INTEGER NOT NULL DEFAULT -1,"
	" may_be_duplicate INTEGER NOT NULL,"
	" reason TEXT NOT NULL,"
	" error TEXT NOT NULL DEFAULT ''"
	") STRICT;"
	"CREATE INDEX attempt_delivery ON attempt (delivery);"
	"CREATE INDEX attempt_open ON attempt (sim) WHERE ended_at = 0;"
	"CREATE INDEX attempt_unknown ON attempt (sim) WHERE state = " SQL_UNKNOWN ";"

	/* Status reports that fit no part: their answer may be on its way. */
	"CREATE TABLE stray_report ("
	" seq INTEGER PRIMARY KEY,"
	" sim TEXT NOT NULL,"
	" tail TEXT NOT NULL,"
	" reference INTEGER NOT NULL,"
	" status INTEGER NOT NULL,"
	" at INTEGER NOT NULL"
	") STRICT;"
	"CREATE INDEX stray_report_tail ON stray_report (sim, tail);"

	"CREATE TABLE sim ("
	" iccid TEXT PRIMARY KEY,"
	" concat_reference INTEGER NOT NULL DEFAULT -1,"
	" day INTEGER NOT NULL DEFAULT 0," /* local, as 20261201 */
	" parts_today INTEGER NOT NULL DEFAULT 0,"
	" last_sent_at INTEGER NOT NULL DEFAULT 0"
	") STRICT, WITHOUT ROWID;";

static const char step_inbound[] =
	"CREATE TABLE inbound ("
	" seq INTEGER PRIMARY KEY,"
	" id TEXT NOT NULL UNIQUE,"
	" state INTEGER NOT NULL,"
	" sender TEXT NOT NULL,"
	" sim TEXT NOT NULL,"
	" modem TEXT NOT NULL,"
	" recipient TEXT NOT NULL,"
	" text TEXT NOT NULL,"
	" raw BLOB," /* of an unreadable one */
	" sent_at INTEGER NOT NULL,"
	" received_at INTEGER NOT NULL,"
	" handled_at INTEGER NOT NULL DEFAULT 0"
	") STRICT;"
	"CREATE INDEX inbound_unhandled ON inbound (seq) WHERE handled_at = 0;"

	/* A concatenated message of which parts are missing. */
	"CREATE TABLE assembly ("
	" seq INTEGER PRIMARY KEY,"
	" sim TEXT NOT NULL,"
	" sender TEXT NOT NULL,"
	" reference INTEGER NOT NULL,"
	" wide INTEGER NOT NULL,"
	" total INTEGER NOT NULL,"
	" modem TEXT NOT NULL,"
	" recipient TEXT NOT NULL,"
	" last_at INTEGER NOT NULL,"
	" UNIQUE (sim, sender, reference, wide, total)"
	") STRICT;"
	"CREATE INDEX assembly_last ON assembly (last_at);"
	"CREATE TABLE assembly_part ("
	" assembly INTEGER NOT NULL REFERENCES assembly (seq),"
	" number INTEGER NOT NULL,"
	" text TEXT NOT NULL,"
	" sent_at INTEGER NOT NULL,"
	" PRIMARY KEY (assembly, number)"
	") STRICT, WITHOUT ROWID;"

	/* What was read before, and from which slots it is not yet deleted. */
	"CREATE TABLE fingerprint ("
	" sim TEXT NOT NULL,"
	" digest BLOB NOT NULL,"
	" at INTEGER NOT NULL,"
	" PRIMARY KEY (sim, digest)"
	") STRICT, WITHOUT ROWID;"
	"CREATE INDEX fingerprint_at ON fingerprint (at);"
	"CREATE TABLE slot ("
	" sim TEXT NOT NULL,"
	" memory TEXT NOT NULL,"
	" location INTEGER NOT NULL,"
	" digest BLOB NOT NULL,"
	" PRIMARY KEY (sim, memory, location)"
	") STRICT, WITHOUT ROWID;"
	"CREATE INDEX slot_digest ON slot (sim, digest);";

static const char step_events[] =
	/* AUTOINCREMENT: an id is never given twice, even when all rows have gone. */
	"CREATE TABLE event ("
	" id INTEGER PRIMARY KEY AUTOINCREMENT,"
	" type INTEGER NOT NULL,"
	" at INTEGER NOT NULL,"
	" inbound INTEGER REFERENCES inbound (seq),"
	" message TEXT NOT NULL,"
	" delivery TEXT NOT NULL,"
	" recipient TEXT NOT NULL,"
	" number TEXT NOT NULL,"
	" from_state INTEGER NOT NULL,"
	" to_state INTEGER NOT NULL,"
	" modem TEXT NOT NULL,"
	" reason TEXT NOT NULL,"
	" error TEXT NOT NULL,"
	" modem_from TEXT NOT NULL,"
	" modem_to TEXT NOT NULL"
	") STRICT;"

	/* Kept counts: 0..8 deliveries by state, 100 inbox not handled, 101 newest moment. */
	"CREATE TABLE tally (key INTEGER PRIMARY KEY, n INTEGER NOT NULL) STRICT;"
	"INSERT INTO tally VALUES"
	" (0,0),(1,0),(2,0),(3,0),(4,0),(5,0),(6,0),(7,0),(8,0),(100,0),(101,0);"
	"CREATE TRIGGER delivery_added AFTER INSERT ON delivery BEGIN"
	" UPDATE tally SET n = n + 1 WHERE key = NEW.state; END;"
	"CREATE TRIGGER delivery_moved AFTER UPDATE OF state ON delivery"
	" WHEN OLD.state <> NEW.state BEGIN"
	" UPDATE tally SET n = n - 1 WHERE key = OLD.state;"
	" UPDATE tally SET n = n + 1 WHERE key = NEW.state; END;"
	"CREATE TRIGGER inbound_added AFTER INSERT ON inbound WHEN NEW.handled_at = 0 BEGIN"
	" UPDATE tally SET n = n + 1 WHERE key = 100; END;"
	"CREATE TRIGGER inbound_handled AFTER UPDATE OF handled_at ON inbound"
	" WHEN OLD.handled_at = 0 AND NEW.handled_at <> 0 BEGIN"
	" UPDATE tally SET n = n - 1 WHERE key = 100; END;";

/* Version 2: unknown settled by time, schedules, SIMs taken over, attention, retention. */

static const char step_unknown[] =
	/* alphabet, and part.text: its own text, with the prefix of what goes out again; -1, NULL: as
	 * its message.  tries_from: attempts up to that one do not count any more. */
	"ALTER TABLE delivery ADD COLUMN alphabet INTEGER NOT NULL DEFAULT -1;"
	"ALTER TABLE delivery ADD COLUMN tries_from INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE part ADD COLUMN text TEXT;"
	/* Since when it waits to be settled; 0: it does not, or its case is with the operator. */
	"ALTER TABLE part ADD COLUMN unknown_at INTEGER NOT NULL DEFAULT 0;"
	"UPDATE part SET unknown_at = begun_at WHERE state = " SQL_UNKNOWN
	" AND delivery IN (SELECT seq FROM delivery WHERE final = 0);"
	"CREATE INDEX part_unknown ON part (unknown_at) WHERE unknown_at > 0;"

	"CREATE INDEX attempt_reference ON attempt (sim, reference, begun_at)"
	" WHERE reference >= 0;"
	"CREATE INDEX attempt_known ON attempt (sim) WHERE reference >= 0;"
	"ALTER TABLE stray_report ADD COLUMN centre_at INTEGER NOT NULL DEFAULT 0;"
	/* The centre's clock minus ours. */
	"ALTER TABLE sim ADD COLUMN centre_known INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE sim ADD COLUMN centre_offset INTEGER NOT NULL DEFAULT 0;";

static const char step_schedule[] =
	/* Not in the queue before a clock that is trusted says so; 0: released. */
	"ALTER TABLE delivery ADD COLUMN release_at INTEGER NOT NULL DEFAULT 0;"
	"UPDATE delivery SET waiting = 0, release_at = due_at WHERE waiting = 1 AND EXISTS"
	" (SELECT 1 FROM message m WHERE m.seq = message AND m.scheduled_at > 0"
	" AND m.scheduled_at = due_at);"
	"CREATE INDEX delivery_release ON delivery (release_at) WHERE release_at > 0;";

static const char step_sims[] =
	/* 0: not yet.  What was on a SIM before it was swept is old. */
	"ALTER TABLE sim ADD COLUMN swept_at INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE sim ADD COLUMN adopted_at INTEGER NOT NULL DEFAULT 0;"
	"INSERT OR IGNORE INTO sim (iccid) SELECT DISTINCT sim FROM fingerprint;"
	"UPDATE sim SET swept_at = 1, adopted_at = 1;"
	"ALTER TABLE assembly ADD COLUMN old INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE fingerprint ADD COLUMN old INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE slot ADD COLUMN old INTEGER NOT NULL DEFAULT 0;";

static const char step_pins[] = "CREATE TABLE pin_tried ("
				" seq INTEGER PRIMARY KEY,"
				" modem TEXT NOT NULL,"
				" iccid TEXT NOT NULL,"
				" salt BLOB NOT NULL,"
				" hash BLOB NOT NULL,"
				" at INTEGER NOT NULL"
				") STRICT;";

static const char step_attention[] =
	/* delivery 0: of none.  The rest is text, so that it outlives what it speaks of. */
	"CREATE TABLE attention ("
	" seq INTEGER PRIMARY KEY,"
	" id TEXT NOT NULL UNIQUE,"
	" kind INTEGER NOT NULL,"
	" at INTEGER NOT NULL,"
	" done_at INTEGER NOT NULL DEFAULT 0,"
	" delivery INTEGER NOT NULL,"
	" message_id TEXT NOT NULL,"
	" delivery_id TEXT NOT NULL,"
	" number TEXT NOT NULL,"
	" inbound_id TEXT NOT NULL,"
	" modem TEXT NOT NULL,"
	" reason TEXT NOT NULL"
	") STRICT;"
	"CREATE INDEX attention_open ON attention (seq) WHERE done_at = 0;"
	"CREATE INDEX attention_done ON attention (done_at) WHERE done_at > 0;"
	"CREATE INDEX attention_delivery ON attention (delivery) WHERE delivery > 0;"
	"CREATE INDEX attention_inbound ON attention (inbound_id) WHERE inbound_id <> '';"
	"CREATE INDEX attention_modem ON attention (modem) WHERE kind = 4 AND done_at = 0;"
	"ALTER TABLE event ADD COLUMN attention INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE event ADD COLUMN final INTEGER NOT NULL DEFAULT 0;"
	"CREATE INDEX event_attention ON event (attention) WHERE attention > 0;"
	"CREATE INDEX event_inbound ON event (inbound) WHERE inbound IS NOT NULL;"
	/* 102 attention that is open, 103 everything outgoing is held. */
	"INSERT INTO tally VALUES (102,0),(103,0);"
	"CREATE TRIGGER attention_added AFTER INSERT ON attention WHEN NEW.done_at = 0 BEGIN"
	" UPDATE tally SET n = n + 1 WHERE key = 102; END;"
	"CREATE TRIGGER attention_ended AFTER UPDATE OF done_at ON attention"
	" WHEN OLD.done_at = 0 AND NEW.done_at <> 0 BEGIN"
	" UPDATE tally SET n = n - 1 WHERE key = 102; END;"
	"CREATE TRIGGER attention_removed AFTER DELETE ON attention WHEN OLD.done_at = 0 BEGIN"
	" UPDATE tally SET n = n - 1 WHERE key = 102; END;";

static const char step_retention[] =
	/* life: how long it was first meant to be valid.  final_at: of the last change, once all of
	 * its deliveries are final.  rest_at: since when nobody waits for it. */
	"ALTER TABLE message ADD COLUMN life INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE message ADD COLUMN final_at INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE message ADD COLUMN wiped INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE inbound ADD COLUMN rest_at INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE inbound ADD COLUMN wiped INTEGER NOT NULL DEFAULT 0;"
	"CREATE INDEX delivery_open ON delivery (message) WHERE final = 0;"
	"UPDATE message SET life = max(valid_until - max(created_at, scheduled_at), 0);"
	"UPDATE message SET final_at = max(created_at, ifnull((SELECT max(a.ended_at)"
	" FROM delivery d JOIN attempt a ON a.delivery = d.seq WHERE d.message = message.seq), 0))"
	" WHERE NOT EXISTS (SELECT 1 FROM delivery d WHERE d.message = message.seq"
	" AND d.final = 0);"
	"UPDATE inbound SET rest_at = max(handled_at, received_at)"
	" WHERE handled_at > 0 OR state = 3;"
	"CREATE INDEX message_text ON message (final_at) WHERE final_at > 0 AND wiped = 0;"
	"CREATE INDEX message_record ON message (final_at) WHERE final_at > 0;"
	"CREATE INDEX inbound_text ON inbound (rest_at) WHERE rest_at > 0 AND wiped = 0;"
	"CREATE INDEX inbound_record ON inbound (rest_at) WHERE rest_at > 0;"
	"CREATE TRIGGER delivery_removed AFTER DELETE ON delivery BEGIN"
	" UPDATE tally SET n = n - 1 WHERE key = OLD.state; END;"
	"CREATE TRIGGER inbound_removed AFTER DELETE ON inbound WHEN OLD.handled_at = 0 BEGIN"
	" UPDATE tally SET n = n - 1 WHERE key = 100; END;";

/* Version 3: what kind a message is, parts as they came, how a SIM does. */

static const char step_kinds[] =
	"ALTER TABLE inbound ADD COLUMN kind INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE inbound ADD COLUMN port INTEGER NOT NULL DEFAULT -1;"
	/* Of its parts: 8-bit or not, and to which port; NULL: version 2 did not write it down. */
	"ALTER TABLE assembly ADD COLUMN data INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE assembly ADD COLUMN port INTEGER;"
	"ALTER TABLE assembly_part ADD COLUMN octets BLOB;" /* the TPDU; NULL as well */
	"CREATE INDEX assembly_sim ON assembly (sim, last_at);";

static const char step_health[] =
	"ALTER TABLE attempt ADD COLUMN excused INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE sim ADD COLUMN failed_today INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE sim ADD COLUMN last_failed_at INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE sim ADD COLUMN last_error TEXT NOT NULL DEFAULT '';"
	/* How many attempts are in the bits of recent_failed, of which the lowest is the last. */
	"ALTER TABLE sim ADD COLUMN recent INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE sim ADD COLUMN recent_failed INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE sim ADD COLUMN unreported INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE sim ADD COLUMN unreported_since INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE sim ADD COLUMN last_report_at INTEGER NOT NULL DEFAULT 0;";

/* Version 4: a pool of SIMs with classes of numbers, conversations, quotas. */

static const char step_classes[] =
	/* The class of a delivery is the longest of these that its number begins with, '': none. */
	"CREATE TABLE prefix (prefix TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;"
	/* While every SIM of a class has used up its quota; until 0: unknown. */
	"CREATE TABLE class_wait ("
	" prefix TEXT PRIMARY KEY,"
	" reason TEXT NOT NULL,"
	" until INTEGER NOT NULL"
	") STRICT, WITHOUT ROWID;"
	"ALTER TABLE delivery ADD COLUMN prefix TEXT NOT NULL DEFAULT '';"
	/* The SIM of its conversation, while it is bound to none. */
	"ALTER TABLE delivery ADD COLUMN preferred TEXT NOT NULL DEFAULT '';"
	"DROP INDEX delivery_queue;"
	"CREATE INDEX delivery_queue ON delivery (sim, prefix, preferred, priority DESC, due_at)"
	" WHERE waiting = 1;"
	/* 104 the message up to which all is sorted by the prefixes of now; -1: all is. */
	"INSERT INTO tally VALUES (104,-1);";

static const char step_peers[] =
	/* Who last talked with a number.  attempt: of one that has yet to go out; 0: it did. */
	"CREATE TABLE peer ("
	" tail TEXT PRIMARY KEY,"
	" sim TEXT NOT NULL,"
	" at INTEGER NOT NULL,"
	" attempt INTEGER NOT NULL"
	") STRICT, WITHOUT ROWID;"
	"CREATE INDEX peer_at ON peer (at);";

#define BACKLOG_PASSABLE(row) " (" row "modem <> '' OR " row "parts > 1)"
#define BACKLOG_OLD                                                                                \
	"OLD.prefix, OLD.priority, OLD.valid_until / 3600000000," BACKLOG_PASSABLE("OLD.")
#define BACKLOG_NEW                                                                                \
	"NEW.prefix, NEW.priority, NEW.valid_until / 3600000000," BACKLOG_PASSABLE("NEW.")
#define BACKLOG_IS_OLD                                                                             \
	"prefix = OLD.prefix AND priority = OLD.priority"                                          \
	" AND hour = OLD.valid_until / 3600000000 AND passable =" BACKLOG_PASSABLE("OLD.")
#define BACKLOG_LESS                                                                               \
	"UPDATE backlog SET parts = parts - OLD.pending"                                           \
	" WHERE " BACKLOG_IS_OLD " AND OLD.release_at = 0;"                                        \
	" DELETE FROM backlog WHERE " BACKLOG_IS_OLD " AND parts = 0;"
#define BACKLOG_MORE                                                                               \
	"INSERT INTO backlog SELECT " BACKLOG_NEW ", NEW.pending"                                  \
	" WHERE NEW.release_at = 0 AND NEW.pending > 0"                                            \
	" ON CONFLICT DO UPDATE SET parts = parts + excluded.parts;"

static const char step_backlog[] =
	/* pending: of its parts.  Kept: those that may go, by class, priority, the hour in which their
	 * validity ends (0: never), and whether others may go before them: a modem was given them
	 * before, or a quota may have room for those others only. */
	"ALTER TABLE delivery ADD COLUMN pending INTEGER NOT NULL DEFAULT 0;"
	"UPDATE delivery SET pending = (SELECT count(*) FROM part p WHERE p.delivery = delivery.seq"
	" AND p.state = " SQL_PENDING ") WHERE final = 0;"
	"CREATE TABLE backlog ("
	" prefix TEXT NOT NULL,"
	" priority INTEGER NOT NULL,"
	" hour INTEGER NOT NULL,"
	" passable INTEGER NOT NULL,"
	" parts INTEGER NOT NULL,"
	" PRIMARY KEY (prefix, priority, hour, passable)"
	") STRICT, WITHOUT ROWID;"
	"INSERT INTO backlog SELECT prefix, priority, valid_until / 3600000000," BACKLOG_PASSABLE(
		"") ","
		    " sum(pending) FROM delivery WHERE final = 0 AND release_at = 0 AND pending > 0"
		    " GROUP BY 1, 2, 3, 4;"
		    "CREATE TRIGGER backlog_added AFTER INSERT ON delivery WHEN NEW.release_at = 0 BEGIN"
		    " " BACKLOG_MORE " END;"
		    "CREATE TRIGGER backlog_moved AFTER UPDATE OF pending, prefix, priority, release_at,"
		    " valid_until, modem, parts ON delivery"
		    " WHEN OLD.pending <> NEW.pending OR OLD.release_at <> NEW.release_at"
		    " OR (" BACKLOG_OLD ") <> (" BACKLOG_NEW ") BEGIN"
		    " " BACKLOG_LESS " " BACKLOG_MORE " END;"
		    "CREATE TRIGGER backlog_removed AFTER DELETE ON delivery WHEN OLD.release_at = 0 BEGIN"
		    " " BACKLOG_LESS " END;";

static const char step_quotas[] =
	/* By enum store_limit.  since: the first attempt that was counted in this period, 0 none. */
	"CREATE TABLE quota_use ("
	" sim TEXT NOT NULL,"
	" kind INTEGER NOT NULL,"
	" used INTEGER NOT NULL,"
	" ends_at INTEGER NOT NULL,"
	" since INTEGER NOT NULL,"
	" turn INTEGER NOT NULL," /* of the period */
	" PRIMARY KEY (sim, kind)"
	") STRICT, WITHOUT ROWID;"
	/* attempt: the only one so far that it was counted for; 0: there were others. */
	"CREATE TABLE quota_recipient ("
	" sim TEXT NOT NULL,"
	" turn INTEGER NOT NULL,"
	" number TEXT NOT NULL,"
	" attempt INTEGER NOT NULL,"
	" PRIMARY KEY (sim, turn, number)"
	") STRICT, WITHOUT ROWID;"
	/* The queue by numbers: what goes to those of quota_recipient. */
	"CREATE INDEX delivery_known ON delivery"
	" (number, sim, prefix, preferred, priority DESC, due_at) WHERE waiting = 1;"
	/* at: when it was held, released, or its SIM was told last. */
	"CREATE TABLE modem ("
	" key TEXT PRIMARY KEY,"
	" held INTEGER NOT NULL DEFAULT 0,"
	" sim TEXT NOT NULL DEFAULT '',"
	" imsi TEXT NOT NULL DEFAULT '',"
	" at INTEGER NOT NULL"
	") STRICT, WITHOUT ROWID;"
	"ALTER TABLE sim ADD COLUMN balance TEXT NOT NULL DEFAULT '';"
	"ALTER TABLE sim ADD COLUMN balance_at INTEGER NOT NULL DEFAULT 0;";

static const char step_modem_attention[] =
	/* 4 was the only kind of modems. */
	"DROP INDEX attention_modem;"
	"CREATE INDEX attention_modem ON attention (modem, kind) WHERE kind >= 4 AND done_at = 0;";

/* The worker that read it last. */
static const char step_slots[] = "ALTER TABLE slot ADD COLUMN worker INTEGER NOT NULL DEFAULT 0;";

struct migration {
	const char *const *scripts; /* ended by NULL */
};

static const char *const version_1[] = { step_messages, step_inbound, step_events, NULL };

static const char *const version_2[] = {
	step_unknown, step_schedule, step_sims, step_pins, step_attention, step_retention, NULL,
};

static const char *const version_3[] = { step_kinds, step_health, NULL };

static const char *const version_4[] = {
	step_classes, step_peers, step_backlog, step_quotas, step_modem_attention, step_slots, NULL,
};

static const struct migration migrations[] = {
	{ version_1 },
	{ version_2 },
	{ version_3 },
	{ version_4 },
};

const unsigned schema_version = ARRAY_SIZE(migrations);

static int script_run(struct database *db, const char *script)
{
	int code = sqlite3_exec(db->handle, script, NULL, NULL, NULL);

	return code == SQLITE_OK ? 0 : statement_fail(db, code);
}

int schema_migrate(struct database *db, unsigned from)
{
	char stamp[96];
	int r;

	r = script_run(db, "BEGIN IMMEDIATE");
	for (unsigned i = from; i < schema_version && r >= 0; i++)
		for (const char *const *script = migrations[i].scripts; *script && r >= 0; script++)
			r = script_run(db, *script);
	snprintf(stamp, sizeof(stamp),
		 "PRAGMA application_id = %d; PRAGMA user_version = %u; COMMIT",
		 SCHEMA_APPLICATION_ID, schema_version);
	return r < 0 ? r : script_run(db, stamp);
}
