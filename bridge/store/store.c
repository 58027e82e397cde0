/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The store's thread and its queue.
 *
 * Operations are posted from the loop into a bounded queue.  The thread takes what has queued up,
 * runs it as one transaction, each operation in a savepoint of its own, and hands the whole batch
 * back after the commit, by an eventfd.  The loop then tells the listener of the batch's events,
 * and calls the callbacks in the order of posting.  While one transaction is synced, the next
 * queues up: many callers share one sync, a single one never waits for others.
 *
 * When the disk fails, the batch is lost as a whole, its callers get the error, and the connection
 * is opened anew: a failed sync is never repeated, since the kernel may have dropped the pages.
 * When a page is damaged, that is the end: every operation from then on gets -EUCLEAN.
 */
#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <sodium.h>
#include <string.h>
#include <sys/eventfd.h>

#include "bridge/store/internal.h"

#define QUEUE_MAX 8192
#define QUEUE_BYTES_MAX (64u << 20)
#define BATCH_MAX 1024

struct store {
	struct database *db; /* the thread's, while it runs */
	int lock_fd, wake_fd;
	sd_event_source *wake;
	pthread_t thread;

	pthread_mutex_t mutex; /* guards what follows, down to closing */
	pthread_cond_t work;
	struct op *queue, **queue_tail;
	size_t eager; /* of the queue: those that want a commit */
	struct op *batches, **batches_tail;
	bool closing;

	/* The loop's own: posted and not yet answered. */
	size_t outstanding, outstanding_bytes;
	store_events_listener listener;
	void *listener_userdata;
};

int op_post(struct store *store, struct op *op)
{
	if (!op)
		return -ENOMEM;
	if (op->no_memory) {
		op_free(op);
		return -ENOMEM;
	}
	if (store->outstanding >= QUEUE_MAX ||
	    store->outstanding_bytes + op->bytes > QUEUE_BYTES_MAX) {
		op_free(op);
		return -EBUSY;
	}
	op->posted_bytes = op->bytes;
	store->outstanding++;
	store->outstanding_bytes += op->posted_bytes;

	pthread_mutex_lock(&store->mutex);
	*store->queue_tail = op;
	store->queue_tail = &op->next;
	if (!op->lazy || store->outstanding > QUEUE_MAX / 2)
		store->eager++;
	if (store->eager > 0)
		pthread_cond_signal(&store->work);
	pthread_mutex_unlock(&store->mutex);
	return 0;
}

/* ------------------------------------------------------------------ the thread */

static int op_run(struct database *db, struct op *op)
{
	int r = EXECUTE(db, "SAVEPOINT op");

	if (r < 0)
		return r;
	db->op = op;
	op->error = op->run(db, op);
	db->op = NULL;
	if (op->error > 0)
		op->error = 0;
	if (op->error < 0) {
		op->event_count = 0;
		r = EXECUTE(db, "ROLLBACK TO op");
		if (r < 0)
			return r;
	}
	return EXECUTE(db, "RELEASE op");
}

static int batch_commit(struct database *db, struct op *batch)
{
	int r;

	r = database_ready(db);
	if (r < 0)
		return r;
	r = EXECUTE(db, "BEGIN IMMEDIATE");
	if (r < 0)
		return r;
	for (struct op *op = batch; op; op = op->next) {
		r = op_run(db, op);
		if (db->failed)
			return db->failed;
		if (r < 0)
			return r;
	}
	r = moment_save(db);
	if (r < 0)
		return r;
	return EXECUTE(db, "COMMIT");
}

static void batch_run(struct database *db, struct op *batch)
{
	int r = batch_commit(db, batch);

	if (r >= 0)
		return;
	if (r != -ENOSPC && r != -ENOMEM && r != -EUCLEAN)
		r = -EIO;
	database_drop(db);
	for (struct op *op = batch; op; op = op->next) {
		op->error = r;
		op->event_count = 0;
	}
}

/* Waits for work; takes at most BATCH_MAX operations.  NULL: closing, and nothing is left. */
static struct op *batch_take(struct store *store)
{
	struct op *batch, **end;

	pthread_mutex_lock(&store->mutex);
	while (store->eager == 0 && !store->closing)
		pthread_cond_wait(&store->work, &store->mutex);

	batch = store->queue;
	end = &store->queue;
	for (size_t i = 0; i < BATCH_MAX && *end; i++)
		end = &(*end)->next;
	store->queue = *end;
	*end = NULL;
	if (!store->queue) {
		store->queue_tail = &store->queue;
		store->eager = 0;
	} else {
		/* The rest may be lazy ones only: they then ride one commit earlier. */
		store->eager = 1;
	}
	pthread_mutex_unlock(&store->mutex);
	return batch;
}

static void *store_thread(void *userdata)
{
	struct store *store = userdata;
	struct op *batch;

	while ((batch = batch_take(store))) {
		batch_run(store->db, batch);

		pthread_mutex_lock(&store->mutex);
		*store->batches_tail = batch;
		store->batches_tail = &batch->next_batch;
		pthread_mutex_unlock(&store->mutex);
		(void)eventfd_write(store->wake_fd, 1);
	}
	return NULL;
}

/* ------------------------------------------------------------------ the loop */

static struct op *batches_take(struct store *store)
{
	struct op *batches;

	pthread_mutex_lock(&store->mutex);
	batches = store->batches;
	store->batches = NULL;
	store->batches_tail = &store->batches;
	pthread_mutex_unlock(&store->mutex);
	return batches;
}

static void batch_report(struct store *store, struct op *batch)
{
	for (const struct op *op = batch; op; op = op->next)
		if (op->event_count > 0 && store->listener)
			store->listener(op->events, op->event_count, store->listener_userdata);

	while (batch) {
		struct op *next = batch->next;

		store->outstanding--;
		store->outstanding_bytes -= batch->posted_bytes;
		if (batch->report)
			batch->report(batch);
		op_free(batch);
		batch = next;
	}
}

static int store_woken(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	struct store *store = userdata;
	struct op *batches;
	eventfd_t count;

	(void)source;
	(void)revents;
	(void)eventfd_read(fd, &count);
	batches = batches_take(store);
	while (batches) {
		struct op *next = batches->next_batch;

		batch_report(store, batches);
		batches = next;
	}
	return 0;
}

void store_on_events(struct store *store, store_events_listener listener, void *userdata)
{
	store->listener = listener;
	store->listener_userdata = userdata;
}

/* ------------------------------------------------------------------ open, close */

static int store_start(struct store *store, sd_event *loop)
{
	sigset_t all, before;
	int r;

	store->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (store->wake_fd < 0)
		return -errno;
	r = sd_event_add_io(loop, &store->wake, store->wake_fd, EPOLLIN, store_woken, store);
	if (r < 0)
		return r;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	r = -pthread_create(&store->thread, NULL, store_thread, store);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return r;
}

static void store_release(struct store *store)
{
	sd_event_source_disable_unref(store->wake);
	cleanup_close(&store->wake_fd);
	database_free(store->db);
	/* Last: until here nobody else may open the database. */
	cleanup_close(&store->lock_fd);
	pthread_cond_destroy(&store->work);
	pthread_mutex_destroy(&store->mutex);
	free(store);
}

static int store_open_files(struct store *store, const char *directory, char *error,
			    size_t error_size)
{
	CLEANUP_FREE char *path = NULL;
	int r;

	r = directory_lock(directory, error, error_size, &store->lock_fd);
	if (r < 0)
		return r;
	if (asprintf(&path, "%s/footbridge.db", directory) < 0) {
		path = NULL;
		snprintf(error, error_size, "There is not enough memory.");
		return -ENOMEM;
	}
	return database_open(path, error, error_size, &store->db);
}

int store_open(const char *state_directory, sd_event *loop, char *error, size_t error_size,
	       struct store **ret_store)
{
	struct store *store = calloc(1, sizeof(*store));
	int r;

	if (!store || sodium_init() < 0) {
		free(store);
		snprintf(error, error_size, "There is not enough memory.");
		return -ENOMEM;
	}
	store->lock_fd = store->wake_fd = -1;
	store->queue_tail = &store->queue;
	store->batches_tail = &store->batches;
	pthread_mutex_init(&store->mutex, NULL);
	pthread_cond_init(&store->work, NULL);

	r = store_open_files(store, state_directory, error, error_size);
	if (r >= 0) {
		r = store_start(store, loop);
		if (r < 0)
			snprintf(error, error_size, "The store's thread can't start: %s.",
				 strerror(-r));
	}
	if (r == -EMFILE || r == -ENFILE)
		snprintf(error, error_size,
			 "No file descriptors are left for the store. Raise LimitNOFILE= of the "
			 "service (`ulimit -n` in a shell).");
	if (r < 0) {
		store_release(store);
		return r;
	}
	*ret_store = store;
	return 0;
}

struct store *store_close(struct store *store)
{
	struct op *batches;

	if (!store)
		return NULL;
	pthread_mutex_lock(&store->mutex);
	store->closing = true;
	pthread_cond_signal(&store->work);
	pthread_mutex_unlock(&store->mutex);
	pthread_join(store->thread, NULL);

	batches = batches_take(store);
	while (batches) {
		struct op *next_batch = batches->next_batch;

		while (batches) {
			struct op *next = batches->next;

			op_free(batches);
			batches = next;
		}
		batches = next_batch;
	}
	store_release(store);
	return NULL;
}
