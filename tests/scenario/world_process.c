/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Children of the world: started with their pipes, waited for with a bound, ended by pid.  Each
 * gets SIGKILL when the program that opened the world dies, so that a crashed test leaves nothing.
 */
#include "tests/scenario/world_private.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

void world_program(const struct world *world, const char *name, char path[static 512])
{
	snprintf(path, 512, "%s/%s", world->programs, name);
}

static void descriptor_give(int from, int to)
{
	if (from < 0)
		from = open("/dev/null", to == STDIN_FILENO ? O_RDONLY : O_WRONLY);
	if (from < 0 || dup2(from, to) < 0)
		_exit(127);
}

static pid_t process_start(char *const argv[], int in, int out, int error, unsigned options)
{
	pid_t parent = getpid();
	pid_t pid = fork();
	sigset_t none;

	if (pid != 0)
		return pid;
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (options & WORLD_CHILD_GROUP)
		setpgid(0, 0);
	if (getppid() != parent)
		_exit(127);
	descriptor_give(in, STDIN_FILENO);
	descriptor_give(out, STDOUT_FILENO);
	descriptor_give(error, STDERR_FILENO);
	execv(argv[0], argv);
	dprintf(STDERR_FILENO, "%s: %s\n", argv[0], strerror(errno));
	_exit(127);
}

void world_child_start(struct world *world, struct world_child *child, char *const argv[],
		       unsigned pipes, const char *error_file)
{
	int in[2] = { -1, -1 }, out[2] = { -1, -1 }, error = -1;
	char path[512];

	if (((pipes & WORLD_CHILD_IN) && pipe2(in, O_CLOEXEC) < 0) ||
	    ((pipes & WORLD_CHILD_OUT) && pipe2(out, O_CLOEXEC) < 0))
		world_fail(world, "no pipe: %s", strerror(errno));
	snprintf(path, sizeof(path), "%s/%s", world->directory, error_file);
	error = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	child->pid = process_start(argv, in[0], pipes & WORLD_CHILD_GROUP ? error : out[1], error,
				   pipes);
	if (child->pid < 0)
		world_fail(world, "%s cannot be started: %s", argv[0], strerror(errno));
	child->in = in[1];
	child->out = out[0];
	if (in[0] >= 0)
		close(in[0]);
	if (out[1] >= 0)
		close(out[1]);
	if (error >= 0)
		close(error);
}

static int status_of(int status)
{
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

int world_child_wait(struct world_child *child, int timeout_msec)
{
	int fd, status = 0;

	if (child->pid <= 0)
		return 0;
	fd = pidfd_open(child->pid, 0);
	if (fd >= 0) {
		struct pollfd ended = { .fd = fd, .events = POLLIN };
		int got = poll(&ended, 1, timeout_msec);

		close(fd);
		if (got == 0)
			return -1;
	}
	if (waitpid(child->pid, &status, 0) < 0)
		status = 0;
	child->pid = 0;
	if (child->in >= 0)
		close(child->in);
	if (child->out >= 0)
		close(child->out);
	child->in = child->out = -1;
	return status_of(status);
}

void world_child_end(struct world_child *child, int signal_number)
{
	if (child->pid <= 0)
		return;
	kill(child->pid, signal_number);
	if (world_child_wait(child, 10000) < 0) {
		kill(child->pid, SIGKILL);
		world_child_wait(child, -1);
	}
}

/* ---------------------------------------------------------------- other programs */

#define OTHERS (sizeof(((struct world *)0)->others) / sizeof(pid_t))

pid_t world_program_start(struct world *world, char *const argv[], const char *name)
{
	struct world_child child;
	char file[64];

	snprintf(file, sizeof(file), "%.50s.err", name);
	world_child_start(world, &child, argv, WORLD_CHILD_GROUP, file);
	for (size_t i = 0; i < OTHERS; i++) {
		if (world->others[i] == 0) {
			world->others[i] = child.pid;
			return child.pid;
		}
	}
	world_child_end(&child, SIGKILL);
	world_fail(world, "too many programs at once");
}

void world_program_end(struct world *world, pid_t pid)
{
	struct world_child child = { .pid = pid, .in = -1, .out = -1 };

	for (size_t i = 0; i < OTHERS; i++)
		if (world->others[i] == pid)
			world->others[i] = 0;
	kill(-pid, SIGTERM);
	world_child_wait(&child, 3000);
	kill(-pid, SIGKILL); /* whatever of the group is left */
	world_child_end(&child, SIGKILL);
}

void world_others_end(struct world *world, int signal_number)
{
	for (size_t i = 0; i < OTHERS; i++)
		if (world->others[i] > 0)
			kill(-world->others[i], signal_number);
}

/* ---------------------------------------------------------------- running to the end */

static char *memory_take(int fd, size_t *ret_size)
{
	off_t size = lseek(fd, 0, SEEK_END);
	char *text;

	if (size < 0)
		size = 0;
	text = calloc(1, (size_t)size + 1);
	if (text && pread(fd, text, (size_t)size, 0) != size)
		size = 0;
	*ret_size = (size_t)size;
	close(fd);
	return text;
}

struct world_result *world_run(struct world *world, char *const argv[], const char *input,
			       size_t input_size)
{
	struct world_result *result = calloc(1, sizeof(*result));
	int in = memfd_create("in", MFD_CLOEXEC), out = memfd_create("out", MFD_CLOEXEC);
	int error = memfd_create("err", MFD_CLOEXEC);
	struct world_child child = { .in = -1, .out = -1 };
	size_t error_size;

	if (!result || in < 0 || out < 0 || error < 0 ||
	    write(in, input ? input : "", input_size) != (ssize_t)input_size)
		world_fail(world, "no memory to run %s", argv[0]);
	lseek(in, 0, SEEK_SET);
	child.pid = process_start(argv, in, out, error, 0);
	if (child.pid < 0)
		world_fail(world, "%s cannot be started: %s", argv[0], strerror(errno));
	result->status = world_child_wait(&child, 60000);
	if (result->status < 0) {
		world_child_end(&child, SIGKILL);
		result->status = 128 + SIGKILL;
	}
	close(in);
	result->out = memory_take(out, &result->out_size);
	result->err = memory_take(error, &error_size);
	if (!result->out || !result->err)
		world_fail(world, "no memory for the output of %s", argv[0]);
	result->json =
		json_loadb(result->out, result->out_size, JSON_ALLOW_NUL | JSON_DECODE_ANY, NULL);
	return result;
}

struct world_result *world_result_free(struct world_result *result)
{
	if (!result)
		return NULL;
	free(result->out);
	free(result->err);
	json_decref(result->json);
	free(result);
	return NULL;
}

#define ARGUMENTS_MAX 32

static struct world_result *cli_run(struct world *world, const char *input, size_t size, va_list ap)
{
	char program[512];
	const char *argv[ARGUMENTS_MAX + 4];
	char *words[ARGUMENTS_MAX + 4];
	size_t count = 0;

	world_program(world, "footbridge", program);
	argv[count++] = program;
	argv[count++] = "--socket";
	argv[count++] = world->socket_path;
	while (count < ARGUMENTS_MAX && (argv[count] = va_arg(ap, const char *)))
		count++;
	argv[count] = NULL;
	memcpy(words, argv, (count + 1) * sizeof(argv[0])); /* execv's char *const */
	return world_run(world, words, input, size);
}

struct world_result *world_cli(struct world *world, ...)
{
	struct world_result *result;
	va_list ap;

	va_start(ap, world);
	result = cli_run(world, NULL, 0, ap);
	va_end(ap);
	return result;
}

struct world_result *world_cli_input(struct world *world, const char *input, size_t size, ...)
{
	struct world_result *result;
	va_list ap;

	va_start(ap, size);
	result = cli_run(world, input, size, ap);
	va_end(ap);
	return result;
}
