/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What version 2 of the schema made of the tables of version 1.  Databases like this are out there:
 * it is never changed.
 */
#pragma once

static const char schema_2_unknown[] =
	"ALTER TABLE delivery ADD COLUMN alphabet INTEGER NOT NULL DEFAULT -1;"
	"ALTER TABLE delivery ADD COLUMN tries_from INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE part ADD COLUMN text TEXT;"
	"ALTER TABLE part ADD COLUMN unknown_at INTEGER NOT NULL DEFAULT 0;"
	"UPDATE part SET unknown_at = begun_at WHERE state = 2"
	" AND delivery IN (SELECT seq FROM delivery WHERE final = 0);"
	"CREATE INDEX part_unknown ON part (unknown_at) WHERE unknown_at > 0;"

	"CREATE INDEX attempt_reference ON attempt (sim, reference, begun_at)"
	" WHERE reference >= 0;"
	"CREATE INDEX attempt_known ON attempt (sim) WHERE reference >= 0;"
	"ALTER TABLE stray_report ADD COLUMN centre_at INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE sim ADD COLUMN centre_known INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE sim ADD COLUMN centre_offset INTEGER NOT NULL DEFAULT 0;";

static const char schema_2_schedule[] =
	"ALTER TABLE delivery ADD COLUMN release_at INTEGER NOT NULL DEFAULT 0;"
	"UPDATE delivery SET waiting = 0, release_at = due_at WHERE waiting = 1 AND EXISTS"
	" (SELECT 1 FROM message m WHERE m.seq = message AND m.scheduled_at > 0"
	" AND m.scheduled_at = due_at);"
	"CREATE INDEX delivery_release ON delivery (release_at) WHERE release_at > 0;";

static const char schema_2_sims[] =
	"ALTER TABLE sim ADD COLUMN swept_at INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE sim ADD COLUMN adopted_at INTEGER NOT NULL DEFAULT 0;"
	"INSERT OR IGNORE INTO sim (iccid) SELECT DISTINCT sim FROM fingerprint;"
	"UPDATE sim SET swept_at = 1, adopted_at = 1;"
	"ALTER TABLE assembly ADD COLUMN old INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE fingerprint ADD COLUMN old INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE slot ADD COLUMN old INTEGER NOT NULL DEFAULT 0;";

static const char schema_2_pins[] = "CREATE TABLE pin_tried ("
				    " seq INTEGER PRIMARY KEY,"
				    " modem TEXT NOT NULL,"
				    " iccid TEXT NOT NULL,"
				    " salt BLOB NOT NULL,"
				    " hash BLOB NOT NULL,"
				    " at INTEGER NOT NULL"
				    ") STRICT;";

static const char schema_2_attention[] =
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
	"INSERT INTO tally VALUES (102,0),(103,0);"
	"CREATE TRIGGER attention_added AFTER INSERT ON attention WHEN NEW.done_at = 0 BEGIN"
	" UPDATE tally SET n = n + 1 WHERE key = 102; END;"
	"CREATE TRIGGER attention_ended AFTER UPDATE OF done_at ON attention"
	" WHEN OLD.done_at = 0 AND NEW.done_at <> 0 BEGIN"
	" UPDATE tally SET n = n - 1 WHERE key = 102; END;"
	"CREATE TRIGGER attention_removed AFTER DELETE ON attention WHEN OLD.done_at = 0 BEGIN"
	" UPDATE tally SET n = n - 1 WHERE key = 102; END;";

static const char schema_2_retention[] =
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
