/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The whole API as one table.
 */
#include "bridge/api/route.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "bridge/api/request.h"

const struct route route_table[] = {
	{ "POST", "/v1/messages", handle_message_post },
	{ "GET", "/v1/messages", handle_message_list },
	{ "GET", "/v1/messages/*", handle_message_get },
	{ "DELETE", "/v1/messages/*", handle_message_cancel },
	{ "GET", "/v1/messages/*/why", handle_message_why },
	{ "POST", "/v1/messages/*/retry", handle_message_retry },
	{ "POST", "/v1/messages/*/settle", handle_message_settle },
	{ "GET", "/v1/inbox", handle_inbox_list },
	{ "GET", "/v1/inbox/*", handle_inbox_get },
	{ "POST", "/v1/inbox/*/done", handle_inbox_done },
	{ "GET", "/v1/modems", handle_modem_list },
	{ "GET", "/v1/modems/*", handle_modem_get },
	{ "POST", "/v1/modems/*/adopt", handle_modem_adopt },
	{ "POST", "/v1/modems/*/ussd", handle_modem_ussd },
	{ "POST", "/v1/modems/*/hold", handle_modem_hold },
	{ "POST", "/v1/modems/*/release", handle_modem_release },
	{ "POST", "/v1/modems/*/reset", handle_modem_reset },
	{ "GET", "/v1/attention", handle_attention_list },
	{ "POST", "/v1/attention/*/done", handle_attention_done },
	{ "POST", "/v1/hold", handle_hold },
	{ "POST", "/v1/release", handle_release },
	{ "GET", "/v1/events", handle_events },
	{ "GET", "/v1/status", handle_status },
	{ NULL, NULL, NULL },
};

static bool path_matches(const char *pattern, const char *path, char *segment, size_t segment_size)
{
	const char *star = strchr(pattern, '*');
	size_t before, length;

	segment[0] = '\0';
	if (!star)
		return strcmp(pattern, path) == 0;
	before = (size_t)(star - pattern);
	if (strncmp(pattern, path, before) != 0)
		return false;
	length = strcspn(path + before, "/");
	if (length == 0 || length >= segment_size || strcmp(star + 1, path + before + length) != 0)
		return false;
	memcpy(segment, path + before, length);
	segment[length] = '\0';
	return true;
}

enum route_result route_find(const struct route *table, const char *method, const char *path,
			     const struct route **ret_route, char *segment, size_t segment_size,
			     char *allowed, size_t allowed_size)
{
	size_t used = 0;

	allowed[0] = '\0';
	for (const struct route *row = table; row->method; row++) {
		if (!path_matches(row->pattern, path, segment, segment_size))
			continue;
		if (strcmp(row->method, method) == 0) {
			*ret_route = row;
			return ROUTE_FOUND;
		}
		if (used < allowed_size)
			used += (size_t)snprintf(allowed + used, allowed_size - used, "%s%s",
						 used > 0 ? ", " : "", row->method);
	}
	return used > 0 ? ROUTE_OTHER_METHOD : ROUTE_NOT_FOUND;
}
