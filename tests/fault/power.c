/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * See power.h.  Files are small here: each is kept in memory, with the list of its changes.
 */
#include "tests/fault/power.h"

#include <assert.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILES_MAX 16
#define SECTOR 512

struct image {
	unsigned char *bytes;
	size_t size, capacity;
	bool exists;
};

struct change {
	enum { CHANGE_MADE, CHANGE_WRITTEN, CHANGE_TRUNCATED, CHANGE_DELETED } type;
	struct change *next;
	bool missed; /* a sync that should have written it failed */
	int64_t offset;
	size_t size;
	unsigned char bytes[];
};

struct file {
	char *path;
	struct image disk;
	struct change *changes, **end;
};

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static bool watching;
static uint64_t random_state;
static struct file files[FILES_MAX];
static size_t file_count;

/* xorshift64*: the same seed gives the same loss. */
static unsigned random_below(unsigned bound)
{
	random_state ^= random_state >> 12;
	random_state ^= random_state << 25;
	random_state ^= random_state >> 27;
	return (unsigned)((random_state * UINT64_C(2685821657736338717)) >> 33) % bound;
}

static void image_resize(struct image *image, size_t size)
{
	if (size > image->capacity) {
		image->bytes = realloc(image->bytes, 2 * size);
		assert(image->bytes);
		image->capacity = 2 * size;
	}
	if (size > image->size)
		memset(image->bytes + image->size, 0, size - image->size);
	image->size = size;
}

static void image_write(struct image *image, int64_t offset, const unsigned char *bytes,
			size_t size)
{
	if (image->size < (size_t)offset + size)
		image_resize(image, (size_t)offset + size);
	memcpy(image->bytes + offset, bytes, size);
	image->exists = true;
}

static void image_change(struct image *image, const struct change *change)
{
	switch (change->type) {
	case CHANGE_MADE:
		image->exists = true;
		break;
	case CHANGE_WRITTEN:
		image_write(image, change->offset, change->bytes, change->size);
		break;
	case CHANGE_TRUNCATED:
		image_resize(image, (size_t)change->offset);
		break;
	case CHANGE_DELETED:
		image_resize(image, 0);
		image->exists = false;
		break;
	}
}

static void image_load(struct image *image, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat status;

	if (fd < 0)
		return;
	assert(fstat(fd, &status) == 0);
	image->exists = true;
	image_resize(image, (size_t)status.st_size);
	assert(status.st_size == 0 ||
	       pread(fd, image->bytes, image->size, 0) == (ssize_t)image->size);
	close(fd);
}

static void image_store(const struct image *image, const char *path)
{
	int fd;

	if (!image->exists) {
		unlink(path);
		return;
	}
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	assert(fd >= 0);
	assert(image->size == 0 ||
	       pwrite(fd, image->bytes, image->size, 0) == (ssize_t)image->size);
	close(fd);
}

static void changes_clear(struct file *file)
{
	while (file->changes) {
		struct change *next = file->changes->next;

		free(file->changes);
		file->changes = next;
	}
	file->end = &file->changes;
}

static void change_add(const char *path, int type, int64_t offset, const void *bytes, size_t size)
{
	struct change *change;

	pthread_mutex_lock(&mutex);
	for (size_t i = 0; watching && i < file_count; i++) {
		if (strcmp(files[i].path, path) != 0)
			continue;
		change = calloc(1, sizeof(*change) + size);
		assert(change);
		change->type = type;
		change->offset = offset;
		change->size = size;
		if (size > 0)
			memcpy(change->bytes, bytes, size);
		*files[i].end = change;
		files[i].end = &change->next;
	}
	pthread_mutex_unlock(&mutex);
}

/* Some of a write's sectors, or all, or none. */
static void change_tear(struct image *image, const struct change *change, unsigned percent)
{
	for (size_t done = 0, piece; done < change->size; done += piece) {
		piece = SECTOR - (size_t)(change->offset + (int64_t)done) % SECTOR;
		if (piece > change->size - done)
			piece = change->size - done;
		if (random_below(100) < percent)
			image_write(image, change->offset + (int64_t)done, change->bytes + done,
				    piece);
	}
}

static void file_lose(struct file *file)
{
	static const unsigned percents[] = { 0, 10, 50, 90, 100 };
	unsigned percent = percents[random_below(5)];

	for (const struct change *change = file->changes; change; change = change->next) {
		if (change->type == CHANGE_WRITTEN)
			change_tear(&file->disk, change, percent);
		else if (random_below(100) < percent)
			image_change(&file->disk, change);
		else if (change->type == CHANGE_DELETED)
			break; /* it is still the old file: what came after was another */
	}
	image_store(&file->disk, file->path);
}

static void files_clear(void)
{
	for (size_t i = 0; i < file_count; i++) {
		changes_clear(&files[i]);
		free(files[i].disk.bytes);
		free(files[i].path);
	}
	memset(files, 0, sizeof(files));
	file_count = 0;
}

void power_watch(uint64_t seed)
{
	pthread_mutex_lock(&mutex);
	files_clear();
	random_state = seed * UINT64_C(0x9e3779b97f4a7c15) + 1;
	watching = true;
	pthread_mutex_unlock(&mutex);
}

void power_lose(void)
{
	pthread_mutex_lock(&mutex);
	for (size_t i = 0; i < file_count; i++)
		file_lose(&files[i]);
	files_clear();
	watching = false;
	pthread_mutex_unlock(&mutex);
}

void power_opened(const char *path, bool made)
{
	bool known = false;

	pthread_mutex_lock(&mutex);
	for (size_t i = 0; i < file_count; i++)
		known |= strcmp(files[i].path, path) == 0;
	if (watching && !known) {
		struct file *file = &files[file_count++];

		assert(file_count <= FILES_MAX);
		file->path = strdup(path);
		assert(file->path);
		file->end = &file->changes;
		if (!made)
			image_load(&file->disk, path);
	}
	pthread_mutex_unlock(&mutex);
	if (made)
		change_add(path, CHANGE_MADE, 0, NULL, 0);
}

void power_written(const char *path, int64_t offset, const void *bytes, size_t size)
{
	change_add(path, CHANGE_WRITTEN, offset, bytes, size);
}

void power_truncated(const char *path, int64_t size)
{
	change_add(path, CHANGE_TRUNCATED, size, NULL, 0);
}

static void file_synced(struct file *file, bool good)
{
	for (struct change *change = file->changes; change; change = change->next) {
		if (!good)
			change->missed = true;
		else if (change->missed && change->type == CHANGE_WRITTEN)
			change_tear(&file->disk, change, 50);
		else
			image_change(&file->disk, change);
	}
	if (good)
		changes_clear(file);
}

void power_synced(const char *path, bool good)
{
	pthread_mutex_lock(&mutex);
	for (size_t i = 0; watching && i < file_count; i++)
		if (strcmp(files[i].path, path) == 0)
			file_synced(&files[i], good);
	pthread_mutex_unlock(&mutex);
}

void power_deleted(const char *path, bool directory_synced)
{
	change_add(path, CHANGE_DELETED, 0, NULL, 0);
	if (directory_synced)
		power_synced(path, true);
}
