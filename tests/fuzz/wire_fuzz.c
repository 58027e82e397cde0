/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Any packet to the daemon's side and to the worker's: what is taken for a word or an order can be
 * said again, and is then taken for the same.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "modem/wire.h"

#define PACKET_SIZE 32768

static int sockets[2] = { -1, -1 };

#define CHECK(condition)                                                                           \
	do {                                                                                       \
		if (!(condition))                                                                  \
			abort();                                                                   \
	} while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What is on its way, taken off it. */
static size_t packet_take(uint8_t packet[static PACKET_SIZE])
{
	ssize_t size = recv(sockets[1], packet, PACKET_SIZE, 0);

	CHECK(size > 0 && size < PACKET_SIZE);
	return (size_t)size;
}

static void word_again(const struct modem_word *word)
{
	static struct modem_word second;
	static uint8_t said[PACKET_SIZE], again[PACKET_SIZE];
	size_t size;

	CHECK(modem_word_send(sockets[0], word) == 0);
	size = packet_take(said);
	CHECK(send(sockets[0], said, size, 0) == (ssize_t)size);
	CHECK(modem_word_recv(sockets[1], &second) == 1);
	CHECK(modem_word_send(sockets[0], &second) == 0);
	CHECK(packet_take(again) == size && memcmp(said, again, size) == 0);
}

static void order_again(const struct modem_order *order)
{
	static struct modem_order second;
	static uint8_t said[PACKET_SIZE], again[PACKET_SIZE];
	size_t size;

	CHECK(modem_order_send(sockets[0], order) == 0);
	size = packet_take(said);
	CHECK(send(sockets[0], said, size, 0) == (ssize_t)size);
	CHECK(modem_order_recv(sockets[1], &second) == 1);
	CHECK(modem_order_send(sockets[0], &second) == 0);
	CHECK(packet_take(again) == size && memcmp(said, again, size) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct modem_word word;
	static struct modem_order order;

	if (sockets[0] < 0)
		CHECK(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0,
				 sockets) == 0);
	if (size < 2 || send(sockets[0], data + 1, size - 1, 0) < 0)
		return 0;
	if (data[0] & 1) {
		if (modem_word_recv(sockets[1], &word) == 1)
			word_again(&word);
	} else if (modem_order_recv(sockets[1], &order) == 1) {
		order_again(&order);
	}
	return 0;
}
