/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What version 3 of the schema made of the tables of version 2.  Databases like this are out there:
 * it is never changed.
 */
#pragma once

static const char schema_3_kinds[] =
	"ALTER TABLE inbound ADD COLUMN kind INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE inbound ADD COLUMN port INTEGER NOT NULL DEFAULT -1;"
	"ALTER TABLE assembly ADD COLUMN data INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE assembly ADD COLUMN port INTEGER;"
	"ALTER TABLE assembly_part ADD COLUMN octets BLOB;"
	"CREATE INDEX assembly_sim ON assembly (sim, last_at);";

static const char schema_3_health[] =
	"ALTER TABLE attempt ADD COLUMN excused INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE sim ADD COLUMN failed_today INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE sim ADD COLUMN last_failed_at INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE sim ADD COLUMN last_error TEXT NOT NULL DEFAULT '';"
	"ALTER TABLE sim ADD COLUMN recent INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE sim ADD COLUMN recent_failed INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE sim ADD COLUMN unreported INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE sim ADD COLUMN unreported_since INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE sim ADD COLUMN last_report_at INTEGER NOT NULL DEFAULT 0;";
