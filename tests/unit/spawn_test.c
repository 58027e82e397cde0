/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Children: what they inherit, and what they do not.  The child is a shell.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bridge/base/cleanup.h"
#include "bridge/base/spawn.h"

#define WAIT_MSEC 20000

/* Runs a script in a child and returns the first packet that it writes to descriptor 3. */
static void ask_shell(const char *script, int passed, char *answer, size_t size)
{
	char *argv[] = { (char[]){ "sh" }, (char[]){ "-c" }, strdup(script), NULL };
	struct pollfd readable = { .events = POLLIN };
	int status, socket = -1;
	pid_t pid = 0;
	ssize_t got;

	assert_int_equal(spawn_child("/bin/sh", argv, passed, &pid, &socket), 0);
	free(argv[2]);
	readable.fd = socket;
	assert_int_equal(poll(&readable, 1, WAIT_MSEC), 1);
	got = read(socket, answer, size - 1);
	assert_true(got >= 0);
	answer[got] = '\0';
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_int_equal(read(socket, answer + got, 1), 0); /* it is gone: end of file */
	close(socket);
}

static void a_child_talks_on_descriptor_3(void **state)
{
	char answer[64];

	(void)state;
	ask_shell("printf hello >&3", -1, answer, sizeof(answer));
	assert_string_equal(answer, "hello");
}

static void a_child_inherits_nothing_but_0_to_3_and_no_input(void **state)
{
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	int leaky = fcntl(null, F_DUPFD, 20); /* on purpose without O_CLOEXEC */
	char script[256], answer[64];

	(void)state;
	assert_true(leaky >= 20);
	snprintf(script, sizeof(script),
		 "read line || line=none; [ -e /proc/$$/fd/3 ] && line=$line,3; "
		 "[ -e /proc/$$/fd/%d ] && line=$line,leaky; printf '%%s' \"$line\" >&3",
		 leaky);
	ask_shell(script, -1, answer, sizeof(answer));
	assert_string_equal(answer, "none,3");
	close(leaky);
	close(null);
}

static void a_descriptor_that_is_passed_becomes_number_4_whatever_it_was(void **state)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC), used[4];
	char answer[64];

	(void)state;
	/* All the low numbers are taken; it is passed as 3, 4 and 5. */
	for (int i = 0; i < 4; i++)
		used[i] = fcntl(null, F_DUPFD_CLOEXEC, 3);
	for (int fd = 3; fd <= 5; fd++) {
		int file = open("/proc/self/comm", O_RDWR | O_CLOEXEC),
		    kept = fcntl(fd, F_DUPFD_CLOEXEC, 10);

		assert_int_equal(dup3(file, fd, O_CLOEXEC), fd);
		ask_shell("[ -e /proc/$$/fd/5 ] && printf leaky, >&3; read -r line <&4; "
			  "printf '%s' \"$line\" >&3",
			  fd, answer, sizeof(answer));
		assert_string_equal(answer, "spawn_test");
		assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
		if (kept >= 0) {
			assert_int_equal(dup3(kept, fd, O_CLOEXEC), fd);
			close(kept);
		} else {
			close(fd);
		}
		close(file);
	}
	for (int i = 0; i < 4; i++)
		close(used[i]);
	close(null);
}

static void a_child_has_no_signal_blocked_or_ignored(void **state)
{
	/* 32 and 33 are glibc's own: it lets nobody touch them. */
	const unsigned long long of_glibc = 0x180000000;
	unsigned long long blocked = 1, ignored = 1;
	sigset_t all, before;
	char answer[256];
	void (*handler)(int) = signal(SIGUSR1, SIG_IGN);

	(void)state;
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &before);
	ask_shell("exec grep -E '^Sig(Blk|Ign):' /proc/self/status >&3", -1, answer,
		  sizeof(answer));
	sigprocmask(SIG_SETMASK, &before, NULL);
	signal(SIGUSR1, handler);
	assert_int_equal(sscanf(answer, "SigBlk: %llx SigIgn: %llx", &blocked, &ignored), 2);
	assert_int_equal(blocked, 0);
	assert_int_equal(ignored & ~of_glibc, 0);
}

static void the_callers_end_does_not_block_and_is_closed_on_exec(void **state)
{
	char *argv[] = { (char[]){ "true" }, NULL };
	int socket = -1;
	pid_t pid = 0;

	(void)state;
	assert_int_equal(spawn_child("/bin/true", argv, -1, &pid, &socket), 0);
	assert_true(fcntl(socket, F_GETFL) & O_NONBLOCK);
	assert_true(fcntl(socket, F_GETFD) & FD_CLOEXEC);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	close(socket);
}

static void a_program_that_is_not_there_is_an_error_and_leaves_nothing(void **state)
{
	char *argv[] = { (char[]){ "none" }, NULL };
	int socket = -4711, before = fcntl(0, F_DUPFD_CLOEXEC, 0), after;
	pid_t pid;
	char *path = NULL;

	(void)state;
	close(before);
	assert_int_equal(spawn_child("/nowhere/none", argv, -1, &pid, &socket), -ENOENT);
	assert_int_equal(socket, -4711);
	after = fcntl(0, F_DUPFD_CLOEXEC, 0);
	close(after);
	assert_int_equal(after, before);
	assert_int_equal(waitpid(-1, NULL, 0), -1);
	assert_int_equal(spawn_find("footbridge-no-such-program", &path), -ENOENT);
	assert_null(path);
}

static void a_program_beside_the_running_one_is_found(void **state)
{
	CLEANUP_FREE char *path = NULL;

	(void)state;
	assert_int_equal(spawn_find("spawn_test", &path), 0);
	assert_int_equal(path[0], '/');
	assert_string_equal(strrchr(path, '/'), "/spawn_test");
	assert_int_equal(access(path, X_OK), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_child_talks_on_descriptor_3),
		cmocka_unit_test(a_child_inherits_nothing_but_0_to_3_and_no_input),
		cmocka_unit_test(a_descriptor_that_is_passed_becomes_number_4_whatever_it_was),
		cmocka_unit_test(a_child_has_no_signal_blocked_or_ignored),
		cmocka_unit_test(the_callers_end_does_not_block_and_is_closed_on_exec),
		cmocka_unit_test(a_program_that_is_not_there_is_an_error_and_leaves_nothing),
		cmocka_unit_test(a_program_beside_the_running_one_is_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
