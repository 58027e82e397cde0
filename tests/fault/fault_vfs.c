/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * See fault_vfs.h.  A call that is to fail does not reach the real file system, but for the half of
 * a short write; closing, unlocking and unmapping never fail, as they do not in life.
 */
#include "tests/fault/fault_vfs.h"

#include <fcntl.h>
#include <pthread.h>
#include <sqlite3.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "tests/fault/power.h"

struct file {
	sqlite3_file base;
	sqlite3_file *real; /* right behind this struct */
	const char *path;   /* SQLite's, lives as long; NULL: a temporary file */
};

/* What a call does, for which faults can hit it. */
enum call { CALL_READS = 1, CALL_GROWS = 2, CALL_WRITES = 4, CALL_SYNCS = 8, CALL_OTHER = 16 };

static sqlite3_vfs vfs, *parent;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static struct fault_plan plan;
static unsigned long calls;

void fault_set(const struct fault_plan *new_plan)
{
	pthread_mutex_lock(&mutex);
	plan = *new_plan;
	calls = 0;
	pthread_mutex_unlock(&mutex);
}

unsigned long fault_calls(void)
{
	unsigned long count;

	pthread_mutex_lock(&mutex);
	count = calls;
	pthread_mutex_unlock(&mutex);
	return count;
}

/* The fault that hits this call. */
static enum fault_kind call_fault(unsigned call)
{
	static const unsigned hits[] = {
		[FAULT_NONE] = ~0u,
		[FAULT_IO] = ~0u,
		[FAULT_FULL] = CALL_WRITES | CALL_GROWS | CALL_SYNCS,
		[FAULT_SHORT] = CALL_READS | CALL_WRITES,
		[FAULT_SYNC] = CALL_SYNCS,
		[FAULT_POWER] = ~0u,
	};
	enum fault_kind fault = FAULT_NONE;

	pthread_mutex_lock(&mutex);
	if (hits[plan.kind] & call) {
		calls++;
		if (plan.at > 0 && (calls == plan.at || (plan.lasting && calls > plan.at)))
			fault = plan.kind;
	}
	pthread_mutex_unlock(&mutex);
	return fault;
}

/* That fault as a code: the one of the call, unless the disk is full. */
static int fault_code(enum fault_kind fault, int code)
{
	return fault == FAULT_FULL ? SQLITE_FULL : code;
}

static sqlite3_file *real(sqlite3_file *base)
{
	return ((struct file *)base)->real;
}

static const char *path_of(sqlite3_file *base)
{
	const char *path = ((struct file *)base)->path;

	return path ? path : "";
}

/* ------------------------------------------------------------------ bytes */

static int file_close(sqlite3_file *base)
{
	return real(base)->pMethods->xClose(real(base));
}

static int file_read(sqlite3_file *base, void *buffer, int size, sqlite3_int64 offset)
{
	enum fault_kind fault = call_fault(CALL_READS);
	int code;

	if (fault != FAULT_NONE && fault != FAULT_SHORT)
		return SQLITE_IOERR_READ;
	code = real(base)->pMethods->xRead(real(base), buffer, size, offset);
	if (code != SQLITE_OK || fault != FAULT_SHORT)
		return code;
	memset((char *)buffer + size / 2, 0, (size_t)(size - size / 2));
	return SQLITE_IOERR_SHORT_READ;
}

static int file_write(sqlite3_file *base, const void *bytes, int size, sqlite3_int64 offset)
{
	enum fault_kind fault = call_fault(CALL_WRITES);
	int code;

	if (fault != FAULT_NONE && fault != FAULT_SHORT)
		return fault_code(fault, SQLITE_IOERR_WRITE);
	if (fault == FAULT_SHORT)
		size /= 2;
	code = real(base)->pMethods->xWrite(real(base), bytes, size, offset);
	if (code == SQLITE_OK)
		power_written(path_of(base), offset, bytes, (size_t)size);
	return fault == FAULT_SHORT ? SQLITE_FULL : code;
}

static int file_truncate(sqlite3_file *base, sqlite3_int64 size)
{
	enum fault_kind fault = call_fault(CALL_GROWS);
	int code;

	if (fault != FAULT_NONE)
		return fault_code(fault, SQLITE_IOERR_TRUNCATE);
	code = real(base)->pMethods->xTruncate(real(base), size);
	if (code == SQLITE_OK)
		power_truncated(path_of(base), size);
	return code;
}

static int64_t now_usec(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * INT64_C(1000000) + now.tv_nsec / 1000;
}

static int file_sync(sqlite3_file *base, int flags)
{
	enum fault_kind fault = call_fault(CALL_SYNCS);
	int64_t until = now_usec(), rest;
	bool without;
	int code;

	pthread_mutex_lock(&mutex);
	until += plan.sync_msec * INT64_C(1000);
	without = plan.without_syncs;
	pthread_mutex_unlock(&mutex);
	if (fault == FAULT_POWER)
		return SQLITE_IOERR_FSYNC;
	if (fault != FAULT_NONE)
		code = fault_code(fault, SQLITE_IOERR_FSYNC);
	else
		code = without ? SQLITE_OK : real(base)->pMethods->xSync(real(base), flags);
	power_synced(path_of(base), code == SQLITE_OK);
	rest = until - now_usec();
	if (rest > 0)
		usleep((useconds_t)rest);
	return code;
}

static int file_size(sqlite3_file *base, sqlite3_int64 *ret_size)
{
	if (call_fault(CALL_OTHER) != FAULT_NONE)
		return SQLITE_IOERR_FSTAT;
	return real(base)->pMethods->xFileSize(real(base), ret_size);
}

/* ------------------------------------------------------------------ locks, shared memory */

static int file_lock(sqlite3_file *base, int level)
{
	if (call_fault(CALL_OTHER) != FAULT_NONE)
		return SQLITE_IOERR_LOCK;
	return real(base)->pMethods->xLock(real(base), level);
}

static int file_unlock(sqlite3_file *base, int level)
{
	return real(base)->pMethods->xUnlock(real(base), level);
}

static int file_reserved(sqlite3_file *base, int *ret)
{
	if (call_fault(CALL_OTHER) != FAULT_NONE)
		return SQLITE_IOERR_CHECKRESERVEDLOCK;
	return real(base)->pMethods->xCheckReservedLock(real(base), ret);
}

static int file_control(sqlite3_file *base, int op, void *argument)
{
	/* Growing a file ahead of its writes would go unseen. */
	if (op == SQLITE_FCNTL_SIZE_HINT)
		return SQLITE_OK;
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
	enum fault_kind fault = call_fault(CALL_GROWS);

	if (fault != FAULT_NONE)
		return fault_code(fault, SQLITE_IOERR_SHMMAP);
	return real(base)->pMethods->xShmMap(real(base), region, size, extend, ret);
}

static int file_shm_lock(sqlite3_file *base, int offset, int count, int flags)
{
	if ((flags & SQLITE_SHM_LOCK) && call_fault(CALL_OTHER) != FAULT_NONE)
		return SQLITE_IOERR_SHMLOCK;
	return real(base)->pMethods->xShmLock(real(base), offset, count, flags);
}

static void file_shm_barrier(sqlite3_file *base)
{
	real(base)->pMethods->xShmBarrier(real(base));
}

static int file_shm_unmap(sqlite3_file *base, int delete)
{
	return real(base)->pMethods->xShmUnmap(real(base), delete);
}

static const sqlite3_io_methods methods = {
	.iVersion = 2,
	.xClose = file_close,
	.xRead = file_read,
	.xWrite = file_write,
	.xTruncate = file_truncate,
	.xSync = file_sync,
	.xFileSize = file_size,
	.xLock = file_lock,
	.xUnlock = file_unlock,
	.xCheckReservedLock = file_reserved,
	.xFileControl = file_control,
	.xSectorSize = file_sector,
	.xDeviceCharacteristics = file_device,
	.xShmMap = file_shm_map,
	.xShmLock = file_shm_lock,
	.xShmBarrier = file_shm_barrier,
	.xShmUnmap = file_shm_unmap,
};

/* ------------------------------------------------------------------ names */

static int vfs_open(sqlite3_vfs *self, const char *name, sqlite3_file *base, int flags,
		    int *ret_flags)
{
	struct file *file = (struct file *)base;
	enum fault_kind fault = call_fault(CALL_GROWS);
	bool made;
	int code;

	(void)self;
	memset(file, 0, sizeof(*file));
	if (fault != FAULT_NONE)
		return fault_code(fault, SQLITE_CANTOPEN);
	file->real = (sqlite3_file *)(file + 1);
	file->path = name;
	made = name && (flags & SQLITE_OPEN_CREATE) && access(name, F_OK) < 0;
	code = parent->xOpen(parent, name, file->real, flags, ret_flags);
	if (code == SQLITE_OK || file->real->pMethods)
		base->pMethods = &methods;
	if (code == SQLITE_OK && name)
		power_opened(name, made);
	return code;
}

static int vfs_delete(sqlite3_vfs *self, const char *name, int directory_too)
{
	int code;

	(void)self;
	if (call_fault(CALL_OTHER) != FAULT_NONE)
		return SQLITE_IOERR_DELETE;
	/* Its own sync of the directory is real, and slow. */
	code = parent->xDelete(parent, name, 0);
	if (code == SQLITE_OK)
		power_deleted(name, directory_too != 0);
	return code;
}

static int vfs_access(sqlite3_vfs *self, const char *name, int flags, int *ret)
{
	(void)self;
	if (call_fault(CALL_OTHER) != FAULT_NONE)
		return SQLITE_IOERR_ACCESS;
	return parent->xAccess(parent, name, flags, ret);
}

void fault_vfs_register(void)
{
	parent = sqlite3_vfs_find(NULL);
	if (!parent)
		return;
	vfs = *parent;
	vfs.zName = "fault";
	vfs.szOsFile += (int)sizeof(struct file);
	vfs.xOpen = vfs_open;
	vfs.xDelete = vfs_delete;
	vfs.xAccess = vfs_access;
	(void)sqlite3_vfs_register(&vfs, 1);
}
