/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Ports opened and locked.  TIOCEXCL keeps out everybody but root, flock() whoever asks for it.
 */
#include "modem/tty.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "bridge/base/cleanup.h"

#define PTS_MAJOR_FIRST 136
#define PTS_MAJOR_LAST 143
#define CLOSE_WAIT_NSEC 300000000
#define DROP_WAIT_NSEC 50000000

/* ---------------------------------------------------------------- who holds it */

static bool process_holds(const char *pid, dev_t device)
{
	char folder[PATH_MAX];
	struct dirent *entry;
	bool holds = false;
	DIR *files;

	snprintf(folder, sizeof(folder), "/proc/%s/fd", pid);
	files = opendir(folder);
	if (!files)
		return false;
	while (!holds && (entry = readdir(files))) {
		struct stat st;

		holds = fstatat(dirfd(files), entry->d_name, &st, 0) == 0 && S_ISCHR(st.st_mode) &&
			st.st_rdev == device;
	}
	closedir(files);
	return holds;
}

static void process_name(const char *pid, char *name, size_t size)
{
	char path[PATH_MAX];
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%s/comm", pid);
	snprintf(name, size, "a process");
	file = fopen(path, "re");
	if (!file)
		return;
	if (!fgets(name, (int)size, file))
		name[0] = '\0';
	fclose(file);
	name[strcspn(name, "\n")] = '\0';
}

static void explain_busy(const char *device, char reason[static TTY_REASON_SIZE])
{
	struct stat st;
	struct dirent *entry;
	DIR *processes = opendir("/proc");
	char own[32];

	snprintf(own, sizeof(own), "%d", (int)getpid());
	snprintf(reason, TTY_REASON_SIZE,
		 "another program uses %.128s: stop it (ModemManager, gammu-smsd?)", device);
	if (!processes)
		return;
	while (stat(device, &st) == 0 && (entry = readdir(processes))) {
		char name[32];

		if (strspn(entry->d_name, "0123456789") != strlen(entry->d_name) ||
		    strcmp(entry->d_name, own) == 0 || !process_holds(entry->d_name, st.st_rdev))
			continue;
		process_name(entry->d_name, name, sizeof(name));
		snprintf(reason, TTY_REASON_SIZE,
			 "%s (process %.10s) uses %.128s: stop it, or keep it off this port", name,
			 entry->d_name, device);
		break;
	}
	closedir(processes);
}

static int explain(int error, const char *device, char reason[static TTY_REASON_SIZE])
{
	switch (error) {
	case -ENOENT:
	case -ENODEV:
	case -ENXIO:
	case -EIO:
		snprintf(reason, TTY_REASON_SIZE, "%.128s is not there: is the modem plugged in?",
			 device);
		return -ENOENT;
	case -EBUSY:
	case -EWOULDBLOCK:
		explain_busy(device, reason);
		return -EBUSY;
	case -EACCES:
	case -EPERM:
		snprintf(reason, TTY_REASON_SIZE,
			 "no permission to open %.128s: the user of this service must be in the "
			 "group that owns it, usually dialout",
			 device);
		return -EACCES;
	case -ENOTTY:
	case -EISDIR:
		snprintf(reason, TTY_REASON_SIZE, "%.128s is no serial port", device);
		return -EINVAL;
	default:
		snprintf(reason, TTY_REASON_SIZE, "%.128s can't be opened: %s", device,
			 strerror(-error));
		return error;
	}
}

/* ---------------------------------------------------------------- settings */

static const struct {
	unsigned baud;
	speed_t code;
} SPEEDS[] = {
	{ 1200, B1200 },       { 2400, B2400 },       { 4800, B4800 },       { 9600, B9600 },
	{ 19200, B19200 },     { 38400, B38400 },     { 57600, B57600 },     { 115200, B115200 },
	{ 230400, B230400 },   { 460800, B460800 },   { 921600, B921600 },   { 1000000, B1000000 },
	{ 2000000, B2000000 }, { 3000000, B3000000 }, { 4000000, B4000000 },
};

static int set_speed(struct termios *settings, unsigned speed)
{
	if (speed == 0)
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(SPEEDS); i++) {
		if (SPEEDS[i].baud != speed)
			continue;
		cfsetispeed(settings, SPEEDS[i].code);
		cfsetospeed(settings, SPEEDS[i].code);
		return 0;
	}
	return -ERANGE;
}

static int configure(int fd, unsigned speed)
{
	struct termios settings;
	int r;

	if (tcgetattr(fd, &settings) < 0)
		return -errno;
	cfmakeraw(&settings);
	settings.c_cflag |= CLOCAL | CREAD;
	settings.c_cflag &= ~(tcflag_t)(CRTSCTS | HUPCL);
	r = set_speed(&settings, speed);
	if (r < 0)
		return r;
	if (tcsetattr(fd, TCSANOW, &settings) < 0)
		return -errno;
	return 0;
}

/* On a pseudo-terminal, exclusive use would outlive us: whoever made it keeps it open. */
static bool is_pseudo(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && major(st.st_rdev) >= PTS_MAJOR_FIRST &&
	       major(st.st_rdev) <= PTS_MAJOR_LAST;
}

static int take(int fd, unsigned speed)
{
	int lines = TIOCM_DTR | TIOCM_RTS;

	if (!isatty(fd))
		return -ENOTTY;
	if (flock(fd, LOCK_EX | LOCK_NB) < 0)
		return -errno;
	if (!is_pseudo(fd) && ioctl(fd, TIOCEXCL) < 0)
		return -errno;
	/* Not every port has these lines. */
	(void)ioctl(fd, TIOCMBIS, &lines);
	return configure(fd, speed);
}

int tty_open(const char *device, unsigned speed, char reason[static TTY_REASON_SIZE])
{
	CLEANUP_CLOSE int fd = open(device, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	int r;

	if (fd < 0)
		return explain(-errno, device, reason);
	r = take(fd, speed);
	if (r == -ERANGE) {
		snprintf(reason, TTY_REASON_SIZE, "%u is no speed of a serial port: try 115200",
			 speed);
		return -EINVAL;
	}
	if (r < 0)
		return explain(r, device, reason);
	return TAKE_FD(fd);
}

static void interrupted(int number)
{
	(void)number;
}

static void close_within(int fd, long nsec)
{
	struct sigaction action = { .sa_handler =
					    interrupted }; /* no SA_RESTART: that is the point */
	struct sigevent event = { .sigev_notify = SIGEV_THREAD_ID, .sigev_signo = SIGRTMIN };
	const struct itimerspec often = {
		.it_interval = { .tv_nsec = nsec },
		.it_value = { .tv_nsec = nsec },
	};
	timer_t timer;
	bool timed;

	event._sigev_un._tid = gettid();
	timed = sigaction(SIGRTMIN, &action, NULL) == 0 &&
		timer_create(CLOCK_MONOTONIC, &event, &timer) == 0;
	if (timed)
		(void)timer_settime(timer, 0, &often, NULL);
	close(fd);
	if (timed)
		(void)timer_delete(timer);
}

void tty_close(int fd)
{
	close_within(fd, CLOSE_WAIT_NSEC);
}

void tty_drop(int fd)
{
	close_within(fd, DROP_WAIT_NSEC);
}

int tty_open_pair(int *ret_master, int *ret_slave, char *path, size_t size)
{
	CLEANUP_CLOSE int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	CLEANUP_CLOSE int slave = -1;
	struct termios settings;

	if (master < 0 || grantpt(master) < 0 || unlockpt(master) < 0)
		return -errno;
	if (fcntl(master, F_SETFL, O_NONBLOCK) < 0)
		return -errno;
	if (ptsname_r(master, path, size) != 0)
		return -ENAMETOOLONG;
	slave = open(path, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (slave < 0 || tcgetattr(slave, &settings) < 0)
		return -errno;
	cfmakeraw(&settings);
	if (tcsetattr(slave, TCSANOW, &settings) < 0)
		return -errno;
	*ret_master = TAKE_FD(master);
	*ret_slave = TAKE_FD(slave);
	return 0;
}
