/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * PINs that were tried and never proved right.  A SIM gives three tries in all, so it gets two here,
 * whoever dies meanwhile, whatever it says is left: two PINs, or the first one once more if the SIM
 * says that it cost none.  What is kept is a salted hash, which a look at the file does not read; who has the file can still try all of
 * the few PINs there are.
 */
#include <errno.h>
#include <sodium.h>
#include <string.h>

#include "bridge/store/internal.h"

#define SALT_SIZE crypto_generichash_KEYBYTES
#define HASH_SIZE crypto_generichash_BYTES
#define TRIES_MAX 2
#define KEPT_MAX 256 /* the newest; nobody corrects a file that often */

struct pin_op {
	struct op op;
	const char *modem, *iccid, *pin;
	int64_t now_usec;
	bool all_left, allowed;
	store_pin_done done;
};

/* The same SIM, as far as both know theirs; otherwise the same modem. */
#define SAME_SIM " (CASE WHEN iccid <> '' AND ?1 <> '' THEN iccid = ?1 ELSE modem = ?2 END)"

static void pin_hash(const char *pin, const void *salt, unsigned char hash[static HASH_SIZE])
{
	crypto_generichash(hash, HASH_SIZE, (const unsigned char *)pin, strlen(pin), salt,
			   SALT_SIZE);
}

/* What was tried on that SIM. */
struct tried {
	unsigned all, same; /* the same: this PIN */
};

static int pin_count(struct database *db, const struct pin_op *try, struct tried *ret)
{
	CLEANUP_QUERY struct query query =
		QUERY(db, "SELECT salt, hash FROM pin_tried WHERE" SAME_SIM, STRING(try->iccid),
		      STRING(try->modem));
	struct tried tried = { 0 };
	unsigned char hash[HASH_SIZE];
	int r;

	while ((r = query_step(&query)) > 0) {
		size_t salt_size, hash_size;
		const void *salt = query_bytes(&query, 0, &salt_size);
		const void *kept = query_bytes(&query, 1, &hash_size);

		if (salt_size != SALT_SIZE || hash_size != HASH_SIZE)
			return -EUCLEAN;
		pin_hash(try->pin, salt, hash);
		tried.all++;
		tried.same += sodium_memcmp(hash, kept, HASH_SIZE) == 0;
	}
	*ret = tried;
	return r;
}

/* The last is left to a person, for a modem may always say that all tries are left. */
static bool pin_is_allowed(const struct pin_op *try, const struct tried *tried)
{
	return tried->all < TRIES_MAX && (tried->same == 0 || try->all_left);
}

static int try_run(struct database *db, struct op *op)
{
	struct pin_op *try = (struct pin_op *)op;
	unsigned char salt[SALT_SIZE], hash[HASH_SIZE];
	struct tried tried;
	int r = pin_count(db, try, &tried);

	try->allowed = false;
	if (r < 0 || !pin_is_allowed(try, &tried))
		return r;
	randombytes_buf(salt, sizeof(salt));
	pin_hash(try->pin, salt, hash);
	r = EXECUTE(db,
		    "INSERT INTO pin_tried (modem, iccid, salt, hash, at) VALUES (?, ?, ?, ?, ?)",
		    STRING(try->modem), STRING(try->iccid), BLOB(salt, sizeof(salt)),
		    BLOB(hash, sizeof(hash)), INT(try->now_usec));
	if (r >= 0)
		r = EXECUTE(db, "DELETE FROM pin_tried WHERE seq <= ?",
			    INT(statement_row(db) - KEPT_MAX));
	try->allowed = r >= 0;
	return r;
}

static int proved_run(struct database *db, struct op *op)
{
	const struct pin_op *proved = (struct pin_op *)op;

	return EXECUTE(db, "DELETE FROM pin_tried WHERE" SAME_SIM, STRING(proved->iccid),
		       STRING(proved->modem));
}

static int untried_run(struct database *db, struct op *op)
{
	const struct pin_op *untried = (struct pin_op *)op;

	return EXECUTE(db,
		       "DELETE FROM pin_tried WHERE seq = (SELECT max(seq) FROM pin_tried"
		       " WHERE" SAME_SIM ")",
		       STRING(untried->iccid), STRING(untried->modem));
}

static void pin_report(const struct op *op)
{
	const struct pin_op *pin = (const struct pin_op *)op;

	if (pin->done)
		pin->done(op->error, op->error == 0 && pin->allowed, op->userdata);
}

static struct pin_op *pin_new(const struct store_pin_key *key,
			      int (*run)(struct database *db, struct op *op), void *userdata)
{
	struct pin_op *pin = op_new(sizeof(*pin), run, pin_report, userdata);

	if (!pin)
		return NULL;
	pin->modem = op_string(&pin->op, key->modem);
	pin->iccid = op_string(&pin->op, key->iccid);
	return pin;
}

int store_pin_try(struct store *store, const struct store_pin_key *key, const char *pin,
		  bool all_left, int64_t now_usec, store_pin_done done, void *userdata)
{
	struct pin_op *try = pin_new(key, try_run, userdata);

	if (!try)
		return -ENOMEM;
	try->pin = op_string(&try->op, pin);
	try->all_left = all_left;
	try->now_usec = now_usec;
	try->done = done;
	return op_post(store, &try->op);
}

int store_pin_proved(struct store *store, const struct store_pin_key *key)
{
	struct pin_op *proved = pin_new(key, proved_run, NULL);

	return proved ? op_post(store, &proved->op) : -ENOMEM;
}

int store_pin_untried(struct store *store, const struct store_pin_key *key)
{
	struct pin_op *untried = pin_new(key, untried_run, NULL);

	return untried ? op_post(store, &untried->op) : -ENOMEM;
}
