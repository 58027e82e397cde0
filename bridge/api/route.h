/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Which handler a method and a path belong to.
 */
#pragma once

#include <stddef.h>

struct request;

struct route {
	const char *method;
	const char *pattern; /* "*" is one segment that is not empty */
	void (*handle)(struct request *request);
};

/* The API's table, ended by a row without a method. */
extern const struct route route_table[];

enum route_result {
	ROUTE_FOUND,
	ROUTE_NOT_FOUND,
	ROUTE_OTHER_METHOD, /* the path exists */
	ROUTE_RESULT_COUNT,
};

/*
 * Finds the row; the segment at "*" is copied (longer than fits: not found), otherwise it is "".
 * With ROUTE_OTHER_METHOD allowed holds the methods there are: "GET, DELETE".
 */
enum route_result route_find(const struct route *table, const char *method, const char *path,
			     const struct route **ret_route, char *segment, size_t segment_size,
			     char *allowed, size_t allowed_size);
