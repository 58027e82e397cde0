/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A ring in a memory file: the worker maps it, the daemon reads it with pread, so that nothing the
 * worker does to it can hurt the daemon; its size is sealed.  What is secret is left out before it
 * is written (memoir_mask.c).
 */
#include "modem/memoir.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bridge/base/cleanup.h"
#include "bridge/base/clock.h"
#include "modem/memoir_mask.h"

#define RING_SIZE (MEMOIR_SIZE - sizeof(uint64_t))
#define SEALS (F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL)

struct image {
	uint64_t written; /* bytes, ever */
	char ring[RING_SIZE];
};
_Static_assert(sizeof(struct image) == MEMOIR_SIZE, "what is read fits in one text");

struct memoir {
	struct image *image;
	int64_t begun_usec;
	struct mask mask;
};

/* ---------------------------------------------------------------- the daemon's side */

int memoir_create(void)
{
	CLEANUP_CLOSE int fd =
		memfd_create("footbridge-conversation", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (fd < 0 || ftruncate(fd, sizeof(struct image)) < 0 || fcntl(fd, F_ADD_SEALS, SEALS) < 0)
		return -errno;
	return TAKE_FD(fd);
}

void memoir_clear(int fd)
{
	static const struct image EMPTY;

	(void)!pwrite(fd, &EMPTY, sizeof(EMPTY), 0);
}

void memoir_read(int fd, char text[static MEMOIR_SIZE])
{
	struct image image;
	size_t begin = 0, size = RING_SIZE;

	text[0] = '\0';
	if (pread(fd, &image, sizeof(image), 0) != sizeof(image))
		return;
	if (image.written < RING_SIZE)
		size = image.written;
	else
		begin = image.written % RING_SIZE;
	for (size_t i = 0; i < size; i++) {
		char c = image.ring[(begin + i) % RING_SIZE];

		text[i] = '?';
		if ((c >= ' ' && c <= '~') || c == '\n')
			text[i] = c;
	}
	text[size] = '\0';
	/* The oldest line is overwritten in part. */
	if (image.written >= RING_SIZE) {
		size_t skip = strcspn(text, "\n");

		skip += text[skip] == '\n';
		memmove(text, text + skip, size - skip + 1);
	}
}

/* ---------------------------------------------------------------- the worker's side */

struct memoir *memoir_open(int fd)
{
	struct memoir *memoir;
	struct stat status;
	void *image;

	if (fcntl(fd, F_GET_SEALS) != SEALS || fstat(fd, &status) < 0 ||
	    status.st_size != sizeof(struct image))
		return NULL;
	image = mmap(NULL, sizeof(struct image), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (image == MAP_FAILED)
		return NULL;
	memoir = calloc(1, sizeof(*memoir));
	if (!memoir) {
		munmap(image, sizeof(struct image));
		return NULL;
	}
	memoir->image = image;
	memoir->begun_usec = clock_monotonic_usec();
	return memoir;
}

struct memoir *memoir_close(struct memoir *memoir)
{
	if (memoir)
		munmap(memoir->image, sizeof(*memoir->image));
	free(memoir);
	return NULL;
}

void memoir_note(struct memoir *memoir, enum memoir_side side, const char *line, size_t size)
{
	char masked[MASK_SIZE], note[MASK_SIZE + 32];
	int64_t msec;
	uint64_t written;
	int length;

	if (!memoir || mask_line(&memoir->mask, side, line, size, masked) == 0)
		return;
	msec = (clock_monotonic_usec() - memoir->begun_usec) / USEC_PER_MSEC;
	length = snprintf(note, sizeof(note), "%" PRId64 ".%03d %c %s\n", msec / 1000,
			  (int)(msec % 1000), side == MEMOIR_TO_MODEM ? '>' : '<', masked);
	written = memoir->image->written;
	for (int i = 0; i < length; i++)
		memoir->image->ring[(written + (uint64_t)i) % RING_SIZE] = note[i];
	/* Last, for this process may be killed anywhere. */
	__atomic_store_n(&memoir->image->written, written + (uint64_t)length, __ATOMIC_RELEASE);
}
