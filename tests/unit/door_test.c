/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The door of the API: who calls gets in, also after there was no room or no descriptor for a while,
 * and the loop does not spin meanwhile.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "bridge/api/door.h"
#include "bridge/base/cleanup.h"
#include "bridge/base/clock.h"

#define DEADLINE_USEC (10 * USEC_PER_SEC)

struct world {
	struct bridge bridge;
	struct door *door;
	struct sockaddr_un address;
	socklen_t address_size;
	int entered[16];
	unsigned count, turns;
	unsigned room;
};

static void entered(int fd, void *userdata)
{
	struct world *world = userdata;

	assert_true(world->count < ARRAY_SIZE(world->entered));
	world->entered[world->count++] = fd;
}

static bool has_room(void *userdata)
{
	const struct world *world = userdata;

	return world->count < world->room;
}

static int world_open(void **state)
{
	static struct world world;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	world = (struct world){ .room = 16, .address.sun_family = AF_UNIX };
	/* An abstract name, so that nothing is left behind. */
	world.address_size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 +
					 (size_t)snprintf(world.address.sun_path + 1, 64,
							  "footbridge-door-%d", (int)getpid()));
	assert_true(sd_event_new(&world.bridge.loop) >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&world.address, world.address_size), 0);
	assert_int_equal(listen(fd, 16), 0);
	assert_int_equal(door_new(&world.bridge, fd, entered, has_room, &world, &world.door), 0);
	*state = &world;
	return 0;
}

static int world_close(void **state)
{
	struct world *world = *state;

	door_free(world->door);
	for (unsigned i = 0; i < world->count; i++)
		close(world->entered[i]);
	sd_event_unref(world->bridge.loop);
	return 0;
}

static void call(const struct world *world, int fd)
{
	assert_int_equal(connect(fd, (const struct sockaddr *)&world->address, world->address_size),
			 0);
}

static int caller_new(void)
{
	return socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
}

/* Runs the loop until so many have entered, or for the span. */
static void run(struct world *world, unsigned wanted, int64_t span_usec)
{
	int64_t until_usec = clock_monotonic_usec() + span_usec;

	while (world->count < wanted && clock_monotonic_usec() < until_usec) {
		assert_true(sd_event_run(world->bridge.loop, 50000) >= 0);
		world->turns++;
	}
}

static void who_calls_gets_in(void **state)
{
	struct world *world = *state;
	CLEANUP_CLOSE int one = caller_new(), other = caller_new();

	call(world, one);
	call(world, other);
	run(world, 2, DEADLINE_USEC);
	assert_int_equal(world->count, 2);
	assert_true(fcntl(world->entered[0], F_GETFD) & FD_CLOEXEC);
	assert_true(fcntl(world->entered[0], F_GETFL) & O_NONBLOCK);
}

static void without_room_they_wait_and_the_loop_rests(void **state)
{
	struct world *world = *state;
	CLEANUP_CLOSE int one = caller_new();

	world->room = 0;
	call(world, one);
	run(world, 1, 500 * USEC_PER_MSEC);
	assert_int_equal(world->count, 0);
	assert_true(world->turns < 50);
	world->room = 1;
	run(world, 1, DEADLINE_USEC);
	assert_int_equal(world->count, 1);
}

static void without_descriptors_they_wait_and_the_loop_rests(void **state)
{
	struct world *world = *state;
	CLEANUP_CLOSE int one = caller_new(), next_free = fcntl(one, F_DUPFD_CLOEXEC, 0);
	struct rlimit before, none;

	call(world, one);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	none = before;
	none.rlim_cur = (rlim_t)next_free + 1;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	run(world, 1, 500 * USEC_PER_MSEC);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	assert_int_equal(world->count, 0);
	assert_true(world->turns < 50);
	run(world, 1, DEADLINE_USEC);
	assert_int_equal(world->count, 1);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, world_open, world_close)
	const struct CMUnitTest tests[] = {
		TEST(who_calls_gets_in),
		TEST(without_room_they_wait_and_the_loop_rests),
		TEST(without_descriptors_they_wait_and_the_loop_rests),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
