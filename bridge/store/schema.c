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
static_assert(SMS_ALPHABET_GSM7 == 0 && SMS_ALPHABET_UCS2 == 1 && SMS_ALPHABET_8BIT == 2,
	      "the numbers of alphabets are in databases");
static_assert(STORE_EVENT_MESSAGE_RECEIVED == 0 && STORE_EVENT_MESSAGE_STATE == 1 &&
		      STORE_EVENT_MODEM_STATE == 2,
	      "the numbers of types are in databases");

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

struct migration {
	const char *const *scripts; /* ended by NULL */
};

static const char *const version_1[] = { step_messages, step_inbound, step_events, NULL };

static const struct migration migrations[] = {
	{ version_1 },
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
