/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The recipe: new user and mount namespaces, a tmpfs on /run, journald alone, the test's body, an
 * orderly end of journald (it writes down what has reached its socket before it goes), journalctl.
 */
#include "tests/unit/journal_fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bridge/base/cleanup.h"

#define JOURNALD "/lib/systemd/systemd-journald"
#define WAIT_MSEC 20000

enum {
	EXIT_DONE,
	EXIT_FORBIDDEN, /* stdout of the child holds the reason */
	EXIT_BROKEN,
};

/* Ends the child; the reason goes to the parent. */
__attribute__((noreturn, format(printf, 2, 3))) static void give_up(int status, const char *format,
								    ...)
{
	va_list arguments;

	va_start(arguments, format);
	vdprintf(STDOUT_FILENO, format, arguments);
	va_end(arguments);
	_exit(status);
}

static bool write_file(const char *path, const char *text)
{
	CLEANUP_CLOSE int fd = open(path, O_WRONLY | O_CLOEXEC);

	return fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);
}

int journal_fixture_hide(void)
{
	char uids[32], gids[32];

	snprintf(uids, sizeof(uids), "0 %u 1", (unsigned)geteuid());
	snprintf(gids, sizeof(gids), "0 %u 1", (unsigned)getegid());
	if (unshare(CLONE_NEWUSER | CLONE_NEWNS) < 0)
		return -errno;
	if (!write_file("/proc/self/setgroups", "deny") ||
	    !write_file("/proc/self/uid_map", uids) || !write_file("/proc/self/gid_map", gids))
		return -errno;
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount("tmpfs", "/run", "tmpfs", MS_NOSUID | MS_NODEV, "mode=755") < 0)
		return -errno;
	return 0;
}

static void prepare_run(void)
{
	int r;

	if (access(JOURNALD, X_OK) < 0)
		give_up(EXIT_FORBIDDEN, JOURNALD " is not there");
	if (access("/etc/machine-id", R_OK) < 0)
		give_up(EXIT_FORBIDDEN, "/etc/machine-id is not there");
	r = journal_fixture_hide();
	if (r < 0)
		give_up(EXIT_FORBIDDEN, "namespaces are forbidden here (%s)", strerror(-r));
	if (mkdir("/run/systemd", 0755) < 0 || mkdir("/run/systemd/journal", 0755) < 0 ||
	    mkdir("/run/log", 0755) < 0 || mkdir("/run/log/journal", 0755) < 0)
		give_up(EXIT_BROKEN, "mkdir below /run: %s", strerror(errno));
}

/* Bounded, and without SIGCHLD: a pidfd becomes readable when the process has ended. */
static bool wait_for_end(pid_t pid, int *ret_status)
{
	CLEANUP_CLOSE int fd = pidfd_open(pid, 0);
	struct pollfd ended = { .fd = fd, .events = POLLIN };

	if (fd < 0 || poll(&ended, 1, WAIT_MSEC) != 1)
		return false;
	return waitpid(pid, ret_status, 0) == pid;
}

static pid_t start_journald(void)
{
	pid_t pid = fork();

	if (pid == 0) {
		int null = open("/dev/null", O_RDWR | O_CLOEXEC);

		prctl(PR_SET_PDEATHSIG, SIGKILL);
		dup2(null, STDIN_FILENO);
		dup2(null, STDOUT_FILENO);
		dup2(null, STDERR_FILENO);
		unsetenv("LISTEN_FDS");
		unsetenv("NOTIFY_SOCKET");
		execl(JOURNALD, JOURNALD, (char *)NULL);
		_exit(127);
	}
	if (pid < 0)
		give_up(EXIT_BROKEN, "fork: %s", strerror(errno));
	return pid;
}

static void wait_until_it_listens(pid_t journald)
{
	const struct sockaddr_un address = { .sun_family = AF_UNIX,
					     .sun_path = "/run/systemd/journal/socket" };
	const int step_msec = 10;

	for (int waited = 0; waited < WAIT_MSEC; waited += step_msec) {
		CLEANUP_CLOSE int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

		if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) == 0)
			return;
		if (waitpid(journald, NULL, WNOHANG) == journald)
			give_up(EXIT_FORBIDDEN, "journald ended before it listened");
		poll(NULL, 0, step_msec);
	}
	give_up(EXIT_BROKEN, "journald does not listen");
}

static void run_child(void (*body)(void *userdata), void *userdata)
{
	pid_t journald;
	int status;

	prepare_run();
	journald = start_journald();
	wait_until_it_listens(journald);
	body(userdata);
	kill(journald, SIGTERM);
	if (!wait_for_end(journald, &status)) {
		kill(journald, SIGKILL);
		give_up(EXIT_BROKEN, "journald does not end");
	}
	execlp("journalctl", "journalctl", "--no-pager", "--quiet", "-o", "json", "--all", "-D",
	       "/run/log/journal", (char *)NULL);
	give_up(EXIT_FORBIDDEN, "journalctl: %s", strerror(errno));
}

/* Reads all until the other end is closed. */
static char *read_all_of(int fd)
{
	CLEANUP_FREE char *text = NULL;
	size_t size = 0;
	CLEANUP_FCLOSE FILE *memory = open_memstream(&text, &size);
	char piece[4096];
	ssize_t got;

	while (memory && (got = read(fd, piece, sizeof(piece))) > 0)
		fwrite(piece, 1, (size_t)got, memory);
	if (!memory || fflush(memory) != 0)
		return NULL;
	return strdup(text);
}

int journal_fixture_run(void (*body)(void *userdata), void *userdata, char **ret_json, char *why,
			size_t why_size)
{
	CLEANUP_FREE char *output = NULL;
	int ends[2], status = 0;
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return -EIO;
	fflush(NULL);
	pid = fork();
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		dup2(ends[1], STDOUT_FILENO);
		run_child(body, userdata);
	}
	close(ends[1]);
	output = pid < 0 ? NULL : read_all_of(ends[0]);
	close(ends[0]);
	if (pid < 0 || !wait_for_end(pid, &status) || !output) {
		snprintf(why, why_size, "the test's child did not end as it should");
		return -EIO;
	}
	if (!WIFEXITED(status) || WEXITSTATUS(status) != EXIT_DONE) {
		snprintf(why, why_size, "%s (wait status %#x)", output, (unsigned)status);
		return WIFEXITED(status) && WEXITSTATUS(status) == EXIT_FORBIDDEN ? -ENOTSUP : -EIO;
	}
	*ret_json = TAKE_PTR(output);
	return 0;
}
