/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What the modem says of the network: registration, operator, signal, time.  Whatever of it a modem
 * refuses to tell is unknown, and no failure.
 */
#include "modem/session_inside.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "modem/ask.h"
#include "modem/say.h"

#define SEARCHING_SECONDS 10

static bool is_registered(int status)
{
	/* 6 and 7: for short messages only (27.007 7.2), which is all we need. */
	return status == 1 || status == 5 || status == 6 || status == 7;
}

static bool is_roaming(int status)
{
	return status == 5 || status == 7;
}

void session_tell_registration(struct session *session)
{
	int status = agenda_registration(session->worker->agenda);

	if (is_registered(status))
		session_tell_state(session, MODEM_STATE_READY,
				   is_roaming(status) ? "registered, roaming" : "registered");
	else if (status < 0)
		session_tell_state(session, MODEM_STATE_READY,
				   "the modem does not say whether it is registered");
	else if (status == 3)
		session_tell_state(session, MODEM_STATE_SEARCHING,
				   "the network refuses this SIM: is it active and paid for?");
	else if (status == 0)
		session_tell_state(session, MODEM_STATE_SEARCHING,
				   "not registered and not searching: check SIM and antenna");
	else
		session_tell_state(session, MODEM_STATE_SEARCHING, "searching for a network");
}

void session_ask_registration(struct session *session)
{
	/* The line half hears the answers.  LTE sticks answer on the last alone. */
	session_ask(session, "AT+CREG?", NULL, 0, NULL);
	session_ask(session, "AT+CGREG?", NULL, 0, NULL);
	session_ask(session, "AT+CEREG?", NULL, 0, NULL);
}

static void ask_operator(struct session *session, char *name, size_t size)
{
	char answer[256];

	if (session_ask(session, "AT+COPS?", answer, sizeof(answer), NULL) == 0)
		ask_quoted(answer, name, size);
	/* "46000": names are to be had for the asking, from most. */
	if (name[0] == '\0' || name[strspn(name, "0123456789")] != '\0' ||
	    session->operator_name_asked)
		return;
	session->operator_name_asked = true;
	if (session_ask(session, "AT+COPS=3,0", NULL, 0, NULL) == 0 &&
	    session_ask(session, "AT+COPS?", answer, sizeof(answer), NULL) == 0)
		ask_quoted(answer, name, size);
}

int session_network(struct session *session)
{
	struct modem_word word = { .type = MODEM_WORD_NETWORK, .network = MODEM_NETWORK_UNKNOWN };
	struct modem_word_network *network = &word.network;
	char answer[256];
	int r;

	say_busy(session->worker->daemon, "network");
	session_ask_registration(session);
	session_tell_registration(session);
	network->registration = agenda_registration(session->worker->agenda);
	network->registered = is_registered(network->registration);
	network->roaming = is_roaming(network->registration);
	ask_operator(session, network->network_operator, sizeof(network->network_operator));
	if (session_ask(session, "AT+CCLK?", answer, sizeof(answer), NULL) == 0)
		network->time_usec = reply_clock(answer);
	r = gammu_signal(session->gammu, &network->signal_percent);
	agenda_store(session->worker->agenda, &network->store_used, &network->store_size);
	say(session->worker->daemon, &word);
	if (!network->registered)
		agenda_set_network_usec(session->worker->agenda,
					session_usec(session, SEARCHING_SECONDS));
	return r == -ETIMEDOUT || r == -EIO ? r : 0;
}
