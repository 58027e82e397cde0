/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The query of a request: names that mean nothing are errors, so that a misspelt filter does not
 * list everything.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bridge/api/request.h"

const char *request_query(const struct request *request, const char *name)
{
	const char *value =
		MHD_lookup_connection_value(request->connection, MHD_GET_ARGUMENT_KIND, name);

	return value && value[0] ? value : NULL;
}

struct query_check {
	const char *const *names;
	struct refusal *refusal;
	int result;
};

static enum MHD_Result query_look(void *userdata, enum MHD_ValueKind kind, const char *key,
				  const char *value)
{
	struct query_check *check = userdata;

	(void)kind;
	(void)value;
	for (const char *const *name = check->names; *name; name++) {
		if (strcmp(*name, key) == 0)
			return MHD_YES;
	}
	check->result = refuse(check->refusal, 400, "UnknownField",
			       "The query has \"%.60s\", which means nothing here.", key);
	return MHD_NO;
}

int request_query_check(const struct request *request, const char *const *names,
			struct refusal *refusal)
{
	struct query_check check = { .names = names, .refusal = refusal };

	MHD_get_connection_values(request->connection, MHD_GET_ARGUMENT_KIND, query_look, &check);
	return check.result;
}

static int query_number(const struct request *request, const char *name, long long most,
			long long *value, struct refusal *refusal)
{
	const char *text = request_query(request, name);
	char *end;

	if (!text)
		return 0;
	errno = 0;
	*value = strtoll(text, &end, 10);
	if (errno != 0 || *end != '\0' || *value < 1 || *value > most)
		return refuse(refusal, 400, "InvalidField", "\"%s\" is a number from 1 to %lld.",
			      name, most);
	return 0;
}

int request_query_page(const struct request *request, unsigned *ret_limit, int64_t *ret_cursor,
		       struct refusal *refusal)
{
	long long limit = LIST_LIMIT, cursor = 0;
	int r;

	r = query_number(request, "limit", LIST_LIMIT_MAX, &limit, refusal);
	if (r == 0)
		r = query_number(request, "cursor", INT64_MAX, &cursor, refusal);
	if (r < 0)
		return r;
	*ret_limit = (unsigned)limit;
	*ret_cursor = cursor;
	return 0;
}
