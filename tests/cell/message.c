/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The modem's radio: a PDU from Ctrl-Z to its answer, and what the centre brings, into the SIM or
 * straight to the program, as AT+CNMI says (27.005 3.4.1).
 */
#include <jansson.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "tests/cell/events.h"
#include "tests/cell/modem_state.h"

#define CMS_INVALID_PDU 304
#define CMS_NO_NETWORK 331

static void refuse(struct modem *m, const char *error, const char *why)
{
	events_log(m->world->events, "refused", "{s:s,s:s,s:s,s:s}", "modem", m->name, "to",
		   m->submit.to, "error", error, "why", why);
}

static void refuse_cms(struct modem *m, int cms, const char *why)
{
	char error[16];

	snprintf(error, sizeof(error), "CMS:%d", cms);
	refuse(m, error, why);
	m->submit_result = AT_CMS(cms);
}

/* The quirk "stuck_prompt": no prompt is written, but what follows is a PDU to it. */
static void answer(struct modem *m)
{
	if (m->submit_result == AT_OK)
		line_info(m, "+CMGS: %u", m->reference);
	line_final(m, m->submit_result);
	m->stuck = m->quirks.stuck_prompt && m->submit_result >= AT_CMS(0) && !m->stuck;
	if (m->stuck) {
		m->state = LINE_PROMPT;
		m->pdu_size = 0;
		m->pdu_overflow = false;
	}
}

static json_t *concat_json(const struct concat *concat)
{
	if (!concat->present)
		return NULL;
	return json_pack("{s:i,s:b,s:i,s:i}", "reference", concat->reference, "wide", concat->wide,
			 "total", concat->total, "sequence", concat->sequence);
}

static void log_submit(struct modem *m)
{
	const struct submit *submit = &m->submit;
	struct content content;

	user_data_read(&submit->data, &content);
	events_log(m->world->events, "submit", "{s:s,s:s,s:i,s:s%,s:s,s:o?,s:o?,s:b}", "modem",
		   m->name, "to", submit->to, "reference", m->reference, "text", content.text,
		   content.text_size, "alphabet", alphabet_name(content.alphabet), "concat",
		   concat_json(&content.concat), "validity_minutes",
		   submit->validity_given ? json_integer(submit->validity_usec / (60 * USEC))
					  : NULL,
		   "report", submit->report);
}

/* The words of the control op "fail"; what can't be one of them was refused there. */
static int failure_result(const char *error)
{
	int code = 0;

	if (sscanf(error, "CMS:%d", &code) == 1)
		return AT_CMS(code);
	if (sscanf(error, "CME:%d", &code) == 1)
		return AT_CME(code);
	return strcmp(error, "ERROR") == 0 ? AT_ERROR : AT_SILENCE;
}

/* The modem's before the number's; but what is refused has not gone out unheard. */
static const struct failure *take_failure(struct modem *m)
{
	struct phone *phone = phonebook_get(centre_phones(m->world->centre), m->submit.to);
	struct failure *failure = &m->failure;
	bool unheard = failure->count > 0 && strcmp(failure->error, "SILENT") == 0;

	if (phone && phone->failure.count > 0 && (failure->count == 0 || unheard))
		failure = &phone->failure;
	if (failure->count == 0)
		return NULL;
	failure->count--;
	return failure;
}

static void hand_over(struct modem *m)
{
	int cms = centre_submit(m->world->centre, &m->recipient, m->settings.number, &m->submit,
				++m->reference);

	m->submit_result = AT_OK;
	if (cms)
		refuse_cms(m, cms, "the service centre is full");
	else
		log_submit(m);
}

static void on_air(struct modem *m)
{
	const struct failure *failure = NULL;
	bool unheard; /* the centre has it, but nobody says so */

	if (!modem_registered(m)) {
		refuse_cms(m, CMS_NO_NETWORK, "the modem is not registered");
		answer(m);
		return;
	}
	failure = take_failure(m);
	unheard = failure && strcmp(failure->error, "SILENT") == 0;
	if (failure && !unheard) {
		refuse(m, failure->error, "a test asked for it");
		m->submit_result = failure_result(failure->error);
	} else {
		hand_over(m);
		if (unheard)
			m->submit_result = AT_SILENCE;
	}
	if (!line_hold(m, HOLD_ANSWER, answer))
		answer(m);
}

void message_submit(struct modem *m)
{
	uint8_t octets[SUBMIT_OCTETS_MAX];
	const char *why = "the PDU is no even number of hex digits";
	int cms = CMS_INVALID_PDU, size = -1;

	m->submit = (struct submit){ 0 };
	if (!m->pdu_overflow)
		size = hex_read(m->pdu, m->pdu_size, octets, sizeof(octets));
	if (size >= 0)
		cms = submit_read(octets, (size_t)size, m->announced, centre_now(m->world->centre),
				  &m->submit, &why);
	m->answered = false;
	if (cms) {
		refuse_cms(m, cms, why);
		answer(m);
		return;
	}
	line_wait(m,
		  m->settings.send_ms >= 0 ? m->settings.send_ms * INT64_C(1000)
					   : centre_air_usec(m->world->centre),
		  on_air);
}

/* ---- what the centre brings ---- */

struct arrival {
	const uint8_t *octets;
	size_t size;
	const char *memory; /* NULL: not stored */
	size_t location;
};

static void log_arrival(struct modem *m, const struct arrival *arrival)
{
	json_t *location = arrival->memory ? json_integer((json_int_t)arrival->location) : NULL;
	json_t *memory = arrival->memory ? json_string(arrival->memory) : NULL;
	bool lost = !arrival->memory && m->session.indications[3] == 0;
	char from[ADDRESS_SIZE];

	tpdu_sender(arrival->octets, arrival->size, from);
	if (!tpdu_is_report(arrival->octets, arrival->size))
		events_log(m->world->events, "deliver", "{s:s,s:o?,s:s,s:o?}", "modem", m->name,
			   "location", location, "from", from, "memory", memory);
	else
		events_log(m->world->events, "report", "{s:s,s:i,s:i,s:s,s:o?,s:o?,s:b}", "modem",
			   m->name, "reference", arrival->size > 1 ? arrival->octets[1] : 0,
			   "status", arrival->octets[arrival->size - 1], "number", from, "location",
			   location, "memory", memory, "lost", lost);
}

static void indicate_direct(struct modem *m, const struct arrival *arrival, bool report)
{
	uint8_t centre[ADDRESS_OCTETS_MAX];
	char hex[2 * (ADDRESS_OCTETS_MAX + TPDU_OCTETS_MAX) + 1];
	size_t used = (size_t)centre_address_write(m->settings.service_centre, centre);

	hex_write(centre, used, hex);
	hex_write(arrival->octets, arrival->size, hex + 2 * used);
	if (report)
		line_indicate_message(m, "+CDS: %zu\r\n%s", arrival->size, hex);
	else
		line_indicate_message(m, "+CMT: ,%zu\r\n%s", arrival->size, hex);
}

static bool store(struct modem *m, struct memory *memory, struct arrival *arrival)
{
	int index = memory_put(memory, arrival->octets, arrival->size);

	if (index < 0)
		return false;
	arrival->memory = memory->name;
	arrival->location = (size_t)index + m->quirks.first_index;
	return true;
}

/* With a quirk or two it is not where +CDSI says. */
static void indicate_report(struct modem *m, const struct arrival *arrival)
{
	const struct quirks *quirks = &m->quirks;

	line_indicate_message(m, "+CDSI: \"%s\",%d",
			      quirks->report_memory[0] ? quirks->report_memory : arrival->memory,
			      quirks->report_index >= 0 ? quirks->report_index
							: (int)arrival->location);
}

static enum receipt receive_report(struct modem *m, struct arrival *arrival)
{
	int ds = m->session.indications[3];

	if (ds == 2 && !store(m, stores_reports(m), arrival))
		return RECEIPT_LATER;
	log_arrival(m, arrival);
	if (ds == 1)
		indicate_direct(m, arrival, true);
	if (ds == 2)
		indicate_report(m, arrival);
	return RECEIPT_TAKEN;
}

/* Class 0 is shown at once and class 2 belongs to the SIM, whatever mt says. */
static enum receipt receive_text(struct modem *m, struct arrival *arrival)
{
	int mt = m->session.indications[1], class = tpdu_class(arrival->octets, arrival->size);
	bool direct = (mt == 2 && class != 2) || (mt == 1 && class == 0) || m->settings.direct;

	if (m->settings.direct && mt == 0)
		return RECEIPT_LATER;
	if (!direct && !store(m, stores_incoming(m), arrival))
		return RECEIPT_LATER;
	log_arrival(m, arrival);
	if (direct || (mt != 0 && m->quirks.shown_twice))
		indicate_direct(m, arrival, false);
	if (!direct && mt != 0)
		line_indicate_message(m, "+CMTI: \"%s\",%zu", arrival->memory, arrival->location);
	return RECEIPT_TAKEN;
}

enum receipt message_receive(struct recipient *recipient, const struct letter *letter)
{
	struct modem *m =
		(struct modem *)(void *)((char *)recipient - offsetof(struct modem, recipient));
	uint8_t octets[TPDU_OCTETS_MAX];
	int size = letter_tpdu(letter, centre_quarters(m->world->centre), octets);
	struct arrival arrival = { .octets = octets, .size = (size_t)size };

	if (!m->tty || m->frozen || !modem_registered(m))
		return RECEIPT_LATER;
	if (size <= 0)
		return RECEIPT_TAKEN;
	return tpdu_is_report(octets, (size_t)size) ? receive_report(m, &arrival)
						    : receive_text(m, &arrival);
}
