/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * See vfs.h.  A page's checksum is SipHash-2-4 over the rest of the page, keyed with the page's
 * number, so that a page that landed in another's place is found as well.  Pages in the log carry
 * none: its frames have SQLite's own, tested when the log is read after a crash.
 *
 * Whether pages have room for it is said by byte 20 of the database's header; database.c sees to it
 * that they have.
 */
#include "bridge/store/vfs.h"

#include <endian.h>
#include <pthread.h>
#include <sodium.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define PAGE_SIZE 4096
#define HEADER_SIZE 100
#define HEADER_RESERVED 20

struct file {
	sqlite3_file base;
	sqlite3_file *real; /* right behind this struct */
	bool main, log;
	bool summed;                      /* main: its pages end with checksums */
	sqlite3_int64 unsynced;           /* log: everything before is on the disk; -1: all is */
	_Alignas(8) unsigned char page[]; /* main: PAGE_SIZE; then real */
};

static sqlite3_vfs vfs, *parent;

static sqlite3_file *real(sqlite3_file *base)
{
	return ((struct file *)base)->real;
}

/* ------------------------------------------------------------------ checksums */

static void page_sum(const unsigned char *page, int size, sqlite3_int64 offset,
		     unsigned char sum[static crypto_shorthash_BYTES])
{
	unsigned char key[crypto_shorthash_KEYBYTES] = "Footbridge page";
	uint64_t number = (uint64_t)offset / PAGE_SIZE;

	memcpy(key, &(uint64_t){ htole64(number) }, sizeof(number));
	crypto_shorthash(sum, page, (unsigned long long)size - VFS_RESERVED, key);
}

static bool is_page(const struct file *file, int size, sqlite3_int64 offset)
{
	return file->summed && size >= 512 && offset % size == 0;
}

static void header_seen(struct file *file, const unsigned char *bytes, int size,
			sqlite3_int64 offset)
{
	if (offset == 0 && size >= HEADER_SIZE)
		file->summed = bytes[HEADER_RESERVED] == VFS_RESERVED;
}

/* A read that was merely cut short may work the next time; a page that is not there is damage. */
static int read_cut(struct file *file, int size, sqlite3_int64 offset)
{
	sqlite3_int64 end;
	int code = file->real->pMethods->xFileSize(file->real, &end);

	if (code != SQLITE_OK)
		return code;
	if (offset + size <= end)
		return SQLITE_IOERR_READ;
	return is_page(file, size, offset) ? SQLITE_IOERR_DATA : SQLITE_IOERR_SHORT_READ;
}

static int file_read(sqlite3_file *base, void *buffer, int size, sqlite3_int64 offset)
{
	struct file *file = (struct file *)base;
	unsigned char sum[crypto_shorthash_BYTES], *page = buffer;
	int code = file->real->pMethods->xRead(file->real, buffer, size, offset);

	if (!file->main)
		return code;
	if (code == SQLITE_IOERR_SHORT_READ)
		return read_cut(file, size, offset);
	if (code != SQLITE_OK)
		return code;
	header_seen(file, page, size, offset);
	if (!is_page(file, size, offset))
		return SQLITE_OK;
	page_sum(page, size, offset, sum);
	if (memcmp(page + size - VFS_RESERVED, sum, VFS_RESERVED) == 0)
		return SQLITE_OK;
	sqlite3_log(SQLITE_IOERR_DATA, "page %lld fails its checksum", offset / size + 1);
	return SQLITE_IOERR_DATA;
}

static int file_write(sqlite3_file *base, const void *bytes, int size, sqlite3_int64 offset)
{
	struct file *file = (struct file *)base;

	if (file->log && (file->unsynced < 0 || offset < file->unsynced))
		file->unsynced = offset;
	if (file->main) {
		header_seen(file, bytes, size, offset);
		if (is_page(file, size, offset)) {
			if (size != PAGE_SIZE)
				return SQLITE_IOERR_WRITE;
			memcpy(file->page, bytes, PAGE_SIZE);
			page_sum(file->page, size, offset, file->page + size - VFS_RESERVED);
			bytes = file->page;
		}
	}
	return file->real->pMethods->xWrite(file->real, bytes, size, offset);
}

static int file_sync(sqlite3_file *base, int flags)
{
	struct file *file = (struct file *)base;
	int code = file->real->pMethods->xSync(file->real, flags);

	if (code == SQLITE_OK)
		file->unsynced = -1;
	return code;
}

/* ------------------------------------------------------------------ what is passed on */

static int file_close(sqlite3_file *base)
{
	return real(base)->pMethods ? real(base)->pMethods->xClose(real(base)) : SQLITE_OK;
}

static int file_truncate(sqlite3_file *base, sqlite3_int64 size)
{
	return real(base)->pMethods->xTruncate(real(base), size);
}

static int file_size(sqlite3_file *base, sqlite3_int64 *ret_size)
{
	return real(base)->pMethods->xFileSize(real(base), ret_size);
}

static int file_lock(sqlite3_file *base, int level)
{
	return real(base)->pMethods->xLock(real(base), level);
}

static int file_unlock(sqlite3_file *base, int level)
{
	return real(base)->pMethods->xUnlock(real(base), level);
}

static int file_reserved(sqlite3_file *base, int *ret)
{
	return real(base)->pMethods->xCheckReservedLock(real(base), ret);
}

static int file_control(sqlite3_file *base, int op, void *argument)
{
	return real(base)->pMethods->xFileControl(real(base), op, argument);
}

static int file_sector(sqlite3_file *base)
{
	return real(base)->pMethods->xSectorSize(real(base));
}

static int file_device(sqlite3_file *base)
{
	return real(base)->pMethods->xDeviceCharacteristics(real(base));
}

static int file_shm_map(sqlite3_file *base, int region, int size, int extend, void volatile **ret)
{
	return real(base)->pMethods->xShmMap(real(base), region, size, extend, ret);
}

static int file_shm_lock(sqlite3_file *base, int offset, int count, int flags)
{
	return real(base)->pMethods->xShmLock(real(base), offset, count, flags);
}

static void file_shm_barrier(sqlite3_file *base)
{
	real(base)->pMethods->xShmBarrier(real(base));
}

static int file_shm_unmap(sqlite3_file *base, int remove)
{
	return real(base)->pMethods->xShmUnmap(real(base), remove);
}

/* Version 2: without memory mapping, which would go round the checksums. */
static const sqlite3_io_methods methods = {
	2,           file_close,   file_read,     file_write,       file_truncate,  file_sync,
	file_size,   file_lock,    file_unlock,   file_reserved,    file_control,   file_sector,
	file_device, file_shm_map, file_shm_lock, file_shm_barrier, file_shm_unmap, NULL,
	NULL,
};

int vfs_log_forget(sqlite3 *handle)
{
	sqlite3_file *log = NULL;
	struct file *file;
	int code = sqlite3_file_control(handle, "main", SQLITE_FCNTL_JOURNAL_POINTER, &log);

	file = (struct file *)log;
	if (code != SQLITE_OK || !log || log->pMethods != &methods || !file->log ||
	    file->unsynced < 0)
		return SQLITE_OK;
	code = file->real->pMethods->xTruncate(file->real, file->unsynced);
	if (code == SQLITE_OK)
		file->unsynced = -1;
	return code;
}

static int vfs_open(sqlite3_vfs *self, const char *name, sqlite3_file *base, int flags,
		    int *ret_flags)
{
	struct file *file = (struct file *)base;
	int code;

	(void)self;
	memset(file, 0, sizeof(*file));
	file->real = (sqlite3_file *)(file->page + PAGE_SIZE);
	file->main = flags & SQLITE_OPEN_MAIN_DB;
	file->log = flags & SQLITE_OPEN_WAL;
	file->unsynced = -1;
	code = parent->xOpen(parent, name, file->real, flags, ret_flags);
	/* SQLite closes whatever has methods, also when opening it failed. */
	if (code == SQLITE_OK || file->real->pMethods)
		base->pMethods = &methods;
	return code;
}

static void vfs_make(void)
{
	parent = sqlite3_vfs_find(NULL);
	if (!parent)
		return;
	/* All but opening is inherited, and so is what those functions look up in it. */
	vfs = *parent;
	vfs.zName = VFS_NAME;
	vfs.szOsFile += (int)sizeof(struct file) + PAGE_SIZE;
	vfs.xOpen = vfs_open;
}

int vfs_register(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, vfs_make);
	return parent ? sqlite3_vfs_register(&vfs, 0) : SQLITE_ERROR;
}
