/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Records for the journal, or for stderr where no journal answers.  A record is bounded: what is
 * longer is cut at a character.  Nothing here fails towards the caller: a lost record must not
 * stop a delivery.
 */
/* File and line of log.c would say nothing: the event says which kind of record it is. */
#define SD_JOURNAL_SUPPRESS_LOCATION
#include "bridge/base/log.h"

#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <syslog.h>
#include <systemd/sd-journal.h>
#include <unistd.h>

#include "bridge/base/cleanup.h"
#include "bridge/base/clock.h"
#include "bridge/base/number.h"
#include "bridge/base/utf8.h"

#define JOURNAL_SOCKET "/run/systemd/journal/socket"
#define VALUE_SIZE 1024
#define LONG_VALUE_SIZE 2048 /* of a conversation */
#define FIELDS_MOST 13
#define RECORD_SIZE (FIELDS_MOST * (VALUE_SIZE + 32) + LONG_VALUE_SIZE)

static const struct log_event_kind kinds[LOG_EVENT_COUNT] = {
	[LOG_DAEMON_STARTED] = { "daemon.started", "b69f4d5c1c6a4f0e9a57c1d2e06b7a31", LOG_NOTICE },
	[LOG_DAEMON_STOPPED] = { "daemon.stopped", "3f0b8a7de2d94b6c8f14a96075c3e2d8", LOG_NOTICE },
	[LOG_DAEMON_FAILED] = { "daemon.failed", "9c27e15a80b347f1b5d06e3fa4c89d12", LOG_ERR },
	[LOG_STORE_FAILED] = { "store.failed", "e41d03b96f7a4825a0c9d7583b12fe64", LOG_ERR },
	[LOG_STORE_RECOVERED] = { "store.recovered", "b26200715db341a9b1f96bb63bbfa59e",
				  LOG_NOTICE },
	[LOG_STORE_MISFIT] = { "store.misfit", "fe848c54f0e94c48b811d790f7ccccfe", LOG_ERR },
	[LOG_CLOCK_TRUSTED] = { "clock.trusted", "5eab9c5df85f4ff0b327487439ac6d4b", LOG_NOTICE },
	[LOG_CLOCK_UNTRUSTED] = { "clock.untrusted", "cbfd496fc44a44cc959d09dd8534cebb",
				  LOG_WARNING },
	[LOG_ATTENTION] = { "attention", "255870aad9b14c72b8f557f0ab9f4497", LOG_WARNING },
	[LOG_ATTENTION_DONE] = { "attention.done", "cfa8263413be4bec9b0fa318bd136eda", LOG_INFO },
	[LOG_OUTGOING_HELD] = { "outgoing.held", "917b11ef55124847892f7b9f8cb18721", LOG_NOTICE },
	[LOG_OUTGOING_RELEASED] = { "outgoing.released", "f59e6c8777054df8a14b425a39e8fd03",
				    LOG_NOTICE },
	[LOG_API_LIMITED] = { "api.limited", "db48af77bf9447219677d9ec7202d600", LOG_WARNING },
	[LOG_MESSAGE_ACCEPTED] = { "message.accepted", "5a86c2f4071e4d3b92fd80e1b7a95c03",
				   LOG_INFO },
	[LOG_MESSAGE_RECEIVED] = { "message.received", "c70e9d1283a54b6fae51f3d94602b87e",
				   LOG_INFO },
	[LOG_DELIVERY_STATE] = { "delivery.state", "18d5f7b03ce9426aa7e4905cb86d2f31", LOG_INFO },
	[LOG_REPORT_UNMATCHED] = { "report.unmatched", "f2a9604e5b1d4c878d03be72e15a9cf6",
				   LOG_NOTICE },
	[LOG_MODEM_STATE] = { "modem.state", "7d31e8c59a024fb6b3f65d08c94e17a2", LOG_NOTICE },
	[LOG_MODEM_KILLED] = { "modem.killed", "a05c7b2ed86f4193960ae2f1745db38c", LOG_WARNING },
	[LOG_MODEM_DIED] = { "modem.died", "c1cbdf69a5604a288fdc046c9c08a23b", LOG_WARNING },
	[LOG_MODEM_NOTE] = { "modem.note", "64be10f98d7c4a259c18f35e0a72d6b9", LOG_INFO },
	[LOG_MODEM_LADDER] = { "modem.ladder", "df40c00a1695637190708795b54f12be", LOG_WARNING },
	[LOG_MODEM_HEALTH] = { "modem.health", "08db54e2bb544ad3bce9b683f013b2b2", LOG_WARNING },
	[LOG_MODEM_RECOVERED] = { "modem.recovered", "c026452ced664bd4b989ea0fff2e8c69",
				  LOG_NOTICE },
	[LOG_MODEM_NETWORK] = { "modem.network", "c6b838b480af40ba9282f54857e9214a", LOG_NOTICE },
	[LOG_MODEM_USSD] = { "modem.ussd", "8dc7b8e23e3e46eca98d14606af1529a", LOG_INFO },
	[LOG_MODEM_QUOTA] = { "modem.quota", "8d0c6a52f3b14e7f9b0a6c41d27e5f83", LOG_NOTICE },
	[LOG_MODEM_BALANCE] = { "modem.balance", "b3f1720e94c84d5ca6e80f5d1b97a264", LOG_WARNING },
	[LOG_MODEM_SELFTEST] = { "modem.selftest", "5c9e4d1076ab4f38ba21c73e08f6d9b5",
				 LOG_WARNING },
	[LOG_MODEM_STICK] = { "modem.stick", "e67a01b9c25d4038918d5f4ec3702ba6", LOG_NOTICE },
	[LOG_SIM_CHANGED] = { "sim.changed", "4883e89b43e5423e830a7b01b8825582", LOG_NOTICE },
	[LOG_DETAIL] = { "debug", "2e9fa3716c054d80b8e7641d5fc03a97", LOG_DEBUG },
};

static int least_urgent = LOG_INFO;
static bool numbers_shown;
static bool to_journal;
static pthread_once_t sink_found = PTHREAD_ONCE_INIT;

const struct log_event_kind *log_event_kind(enum log_event event)
{
	return &kinds[event];
}

/* sd_journal_sendv() drops records in silence when nobody listens: ask before. */
static void find_sink(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX, .sun_path = JOURNAL_SOCKET };
	CLEANUP_CLOSE int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	to_journal =
		fd >= 0 && connect(fd, (const struct sockaddr *)&address, sizeof(address)) == 0;
}

void log_configure(int level, bool show_numbers)
{
	pthread_once(&sink_found, find_sink);
	least_urgent = level;
	numbers_shown = show_numbers;
}

const char *log_number(const char *number, char *buffer, size_t size)
{
	if (!numbers_shown)
		return number_mask(number, buffer, size);
	snprintf(buffer, size, "%s", number);
	return buffer;
}

/* One record: "NAME=value" texts side by side, in the order they were added. */
struct record {
	char bytes[RECORD_SIZE];
	size_t size;
	struct iovec fields[FIELDS_MOST];
	int count;
};

/* How much of a text that was cut at size is whole characters. */
static size_t whole_characters(const char *text, size_t size)
{
	uint32_t scalar;
	size_t last = size;

	while (last > 0 && size - last < 4) {
		last--;
		if (((unsigned char)text[last] & 0xc0) != 0x80)
			return utf8_next(text + last, size - last, &scalar) < 0 ? last : size;
	}
	return size;
}

static void record_add_long(struct record *record, const char *name, const char *value, int most)
{
	char *at = record->bytes + record->size;
	size_t room = sizeof(record->bytes) - record->size;
	size_t size;

	if (!value || record->count == FIELDS_MOST)
		return;
	size = (size_t)snprintf(at, room, "%s=%.*s", name, most - 1, value);
	if (strnlen(value, (size_t)most) == (size_t)most)
		size = whole_characters(at, size);
	record->fields[record->count++] = (struct iovec){ .iov_base = at, .iov_len = size };
	record->size += size;
}

static void record_add(struct record *record, const char *name, const char *value)
{
	record_add_long(record, name, value, VALUE_SIZE);
}

static void record_fill(struct record *record, const struct log_event_kind *kind,
			const struct log_fields *fields, const char *sentence)
{
	const char *priority = (const char[]){ (char)('0' + kind->priority), '\0' };

	record->size = 0;
	record->count = 0;
	record_add(record, "SYSLOG_IDENTIFIER", program_invocation_short_name);
	record_add(record, "PRIORITY", priority);
	record_add(record, "FOOTBRIDGE_EVENT", kind->name);
	record_add(record, "MESSAGE", sentence);
	if (fields) {
		record_add(record, "FOOTBRIDGE_MESSAGE", fields->message);
		record_add(record, "FOOTBRIDGE_DELIVERY", fields->delivery);
		record_add(record, "FOOTBRIDGE_MODEM", fields->modem);
		record_add(record, "FOOTBRIDGE_STATE_FROM", fields->state_from);
		record_add(record, "FOOTBRIDGE_STATE_TO", fields->state_to);
		record_add(record, "FOOTBRIDGE_REASON", fields->reason);
		record_add(record, "FOOTBRIDGE_ERROR", fields->error);
		record_add_long(record, "FOOTBRIDGE_CONVERSATION", fields->conversation,
				LONG_VALUE_SIZE);
	}
	record_add(record, "MESSAGE_ID", kind->message_id);
}

/* ---- stderr: one record, one line */

static bool is_plain(const char *value, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		char c = value[i];
		bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
			     (c >= '0' && c <= '9') || (c != '\0' && strchr("+*._:/@-", c));
		if (!plain)
			return false;
	}
	return size > 0;
}

static void print_quoted(FILE *line, const char *value, size_t size)
{
	putc('"', line);
	while (size > 0) {
		uint32_t scalar;
		int length = utf8_next(value, size, &scalar);
		size_t step = length < 0 ? 1 : (size_t)length;

		if (length < 0 || scalar < 0x20 || scalar == 0x7f)
			fprintf(line, "\\x%02x", (unsigned char)*value);
		else if ((scalar >= 0x80 && scalar < 0xa0) || scalar == 0x2028 || scalar == 0x2029)
			fprintf(line, "\\u%04x", (unsigned)scalar); /* line ends to some readers */
		else if (scalar == '"' || scalar == '\\')
			fprintf(line, "\\%c", *value);
		else
			fwrite(value, 1, step, line);
		value += step;
		size -= step;
	}
	putc('"', line);
}

static void record_print(const struct record *record)
{
	char moment[CLOCK_TEXT_SIZE];
	CLEANUP_FREE char *text = NULL;
	size_t size = 0;
	FILE *line = open_memstream(&text, &size);

	if (!line)
		return;
	fprintf(line, "TIME=%s", clock_format(clock_realtime_usec(), moment));
	for (int i = 0; i < record->count; i++) {
		const char *field = record->fields[i].iov_base;
		const char *value = memchr(field, '=', record->fields[i].iov_len);
		size_t name_size = (size_t)(value - field);
		size_t value_size = record->fields[i].iov_len - name_size - 1;

		fprintf(line, " %.*s=", (int)name_size, field);
		if (is_plain(value + 1, value_size))
			fwrite(value + 1, 1, value_size, line);
		else
			print_quoted(line, value + 1, value_size);
	}
	putc('\n', line);
	if (fclose(line) != 0)
		return;
	/* One write, so that lines of several processes don't mix. */
	while (write(STDERR_FILENO, text, size) < 0 && errno == EINTR)
		;
}

void log_record(enum log_event event, const struct log_fields *fields, const char *format, ...)
{
	const struct log_event_kind *kind = log_event_kind(event);
	char sentence[VALUE_SIZE + 1]; /* one more than a value: record_add sees the cut */
	struct record record;
	va_list arguments;

	pthread_once(&sink_found, find_sink);
	if (kind->priority > least_urgent)
		return;
	va_start(arguments, format);
	vsnprintf(sentence, sizeof(sentence), format, arguments);
	va_end(arguments);
	record_fill(&record, kind, fields, sentence);
	if (!to_journal || sd_journal_sendv(record.fields, record.count) < 0)
		record_print(&record);
}
