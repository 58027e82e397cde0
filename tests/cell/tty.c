/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Pseudo-terminals.  The slave is kept open here as well, so that the master never sees an end of
 * file between two programs; but then nobody's close is the last one, and a TIOCEXCL would outlive
 * the program that set it.  So whenever someone closes it, that is undone.
 */
#include "tests/cell/tty.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pty.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

struct tty {
	int master, slave;
	sd_event_source *io, *closed;
	char *path;
	tty_input_fn input;
	void *userdata;
	bool paused;
	size_t in_size, out_size;
	char in[TTY_INPUT_MAX];
	char out[TTY_OUTPUT_MAX];
};

static void watch(struct tty *tty)
{
	uint32_t events = 0;

	if (!tty->paused && tty->in_size < TTY_INPUT_MAX)
		events |= EPOLLIN;
	if (tty->out_size)
		events |= EPOLLOUT;
	sd_event_source_set_io_events(tty->io, events);
}

void tty_flush(struct tty *tty)
{
	while (tty->out_size) {
		ssize_t n = write(tty->master, tty->out, tty->out_size);

		if (n <= 0)
			break;
		tty->out_size -= (size_t)n;
		memmove(tty->out, tty->out + n, tty->out_size);
	}
	watch(tty);
}

void tty_write(struct tty *tty, const char *bytes, size_t size)
{
	if (size > TTY_OUTPUT_MAX - tty->out_size)
		size = TTY_OUTPUT_MAX - tty->out_size;
	memcpy(tty->out + tty->out_size, bytes, size);
	tty->out_size += size;
}

const char *tty_peek(const struct tty *tty, size_t *ret_size)
{
	*ret_size = tty->in_size;
	return tty->in;
}

void tty_consume(struct tty *tty, size_t size)
{
	tty->in_size -= size;
	memmove(tty->in, tty->in + size, tty->in_size);
}

void tty_pause(struct tty *tty, bool paused)
{
	tty->paused = paused;
	watch(tty);
}

static int on_io(sd_event_source *source, int fd, uint32_t events, void *userdata)
{
	struct tty *tty = userdata;

	(void)source;
	if (events & EPOLLOUT)
		tty_flush(tty);
	if (events & EPOLLIN && tty->in_size < TTY_INPUT_MAX) {
		ssize_t n = read(fd, tty->in + tty->in_size, TTY_INPUT_MAX - tty->in_size);

		if (n > 0) {
			tty->in_size += (size_t)n;
			tty->input(tty->userdata);
		}
	}
	return 0;
}

static int on_closed(sd_event_source *source, const struct inotify_event *event, void *userdata)
{
	struct tty *tty = userdata;

	(void)source;
	(void)event;
	ioctl(tty->slave, TIOCNXCL);
	return 0;
}

static int link_tty(struct tty *tty, const char *path, const char *slave_name)
{
	char temporary[PATH_MAX];
	struct stat st;

	if (lstat(path, &st) == 0 && !S_ISLNK(st.st_mode))
		return -EEXIST;
	if (snprintf(temporary, sizeof(temporary), "%s.new", path) >= (int)sizeof(temporary))
		return -ENAMETOOLONG;
	unlink(temporary);
	if (symlink(slave_name, temporary) < 0)
		return -errno;
	if (rename(temporary, path) < 0) {
		int error = errno;

		unlink(temporary);
		return -error;
	}
	tty->path = strdup(path);
	return tty->path ? 0 : -ENOMEM;
}

static int start(struct tty *tty, sd_event *event, const char *path)
{
	char name[PATH_MAX];
	struct termios raw;
	int r;

	if (openpty(&tty->master, &tty->slave, name, NULL, NULL) < 0)
		return -errno;
	fcntl(tty->master, F_SETFD, FD_CLOEXEC);
	fcntl(tty->slave, F_SETFD, FD_CLOEXEC);
	fcntl(tty->master, F_SETFL, O_RDWR | O_NONBLOCK);
	if (tcgetattr(tty->slave, &raw) < 0)
		return -errno;
	cfmakeraw(&raw);
	if (tcsetattr(tty->slave, TCSANOW, &raw) < 0)
		return -errno;
	r = sd_event_add_io(event, &tty->io, tty->master, EPOLLIN, on_io, tty);
	if (r >= 0)
		r = sd_event_add_inotify(event, &tty->closed, name, IN_CLOSE, on_closed, tty);
	return r < 0 ? r : link_tty(tty, path, name);
}

int tty_open(sd_event *event, const char *path, tty_input_fn input, void *userdata,
	     struct tty **ret)
{
	struct tty *tty = calloc(1, sizeof(*tty));
	int r;

	if (!tty)
		return -ENOMEM;
	tty->master = tty->slave = -1;
	tty->input = input;
	tty->userdata = userdata;
	r = start(tty, event, path);
	if (r < 0) {
		tty_close(tty);
		return r;
	}
	*ret = tty;
	return 0;
}

struct tty *tty_close(struct tty *tty)
{
	if (!tty)
		return NULL;
	if (tty->path)
		unlink(tty->path);
	free(tty->path);
	sd_event_source_disable_unref(tty->io);
	sd_event_source_disable_unref(tty->closed);
	if (tty->slave >= 0)
		close(tty->slave);
	if (tty->master >= 0)
		close(tty->master);
	free(tty);
	return NULL;
}
