/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The world's own judgement, where a mistake of it would be taken for one of the bridge.
 */
#include "tests/scenario/scenario.h"

#include <fcntl.h>
#include <unistd.h>

#include "tests/scenario/world_private.h"

/* /dev/pts/1 is not /dev/pts/10, which is somebody else's. */
static void a_file_is_not_one_whose_name_begins_alike(void **state)
{
	const char *base = getenv("TMPDIR");
	char directory[128], one[160], ten[160], found[WORLD_FOUND_SIZE];
	int fd;

	(void)state;
	snprintf(directory, sizeof(directory), "%.64s/footbridge-XXXXXX", base ? base : "/tmp");
	assert_non_null(mkdtemp(directory));
	snprintf(one, sizeof(one), "%s/1", directory);
	snprintf(ten, sizeof(ten), "%s/10", directory);
	fd = open(ten, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	assert_true(fd >= 0);

	assert_false(world_process_opened(getpid(), one, found));
	assert_true(world_process_opened(getpid(), ten, found));
	assert_non_null(strstr(found, ten));
	/* As a tty does whose modem is gone. */
	assert_int_equal(unlink(ten), 0);
	assert_true(world_process_opened(getpid(), ten, found));
	assert_false(world_process_opened(getpid(), one, found));
	close(fd);
	assert_false(world_process_opened(getpid(), ten, found));
	assert_int_equal(rmdir(directory), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_is_not_one_whose_name_begins_alike),
	};

	return cmocka_run_group_tests_name("helpers", tests, NULL, NULL);
}
