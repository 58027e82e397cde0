/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The words of a command line, sorted by a command's table of options.  Options may stand anywhere,
 * as "--name VALUE" or "--name=VALUE"; "--" ends them.  Pure.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#define ARGS_OPTION_MAX 16
#define ARGS_WORD_MAX 8

enum args_kind {
	ARGS_FLAG,
	ARGS_VALUE,
	ARGS_MAYBE_SPAN, /* takes the next word if that reads like "90" or "2m" */
};

struct args_option {
	const char *name; /* without the dashes */
	enum args_kind kind;
};

struct args {
	bool given[ARGS_OPTION_MAX];        /* by index of the option */
	const char *value[ARGS_OPTION_MAX]; /* NULL: none */
	size_t taken_from[ARGS_OPTION_MAX]; /* ARGS_MAYBE_SPAN: before which word the value stood */
	bool taken[ARGS_OPTION_MAX];
	const char *words[ARGS_WORD_MAX];
	size_t word_count;
};

/*
 * Sorts argv[0..argc-1].  Returns 0, or -EINVAL with a sentence in error: unknown option, value
 * missing or not wanted, more than most words.
 */
int args_parse(int argc, const char *const *argv, const struct args_option *options, size_t count,
	       size_t most, struct args *ret, char *error, size_t error_size);

/*
 * What ARGS_MAYBE_SPAN took was meant as a word after all: puts it back in its place.  False when
 * nothing was taken so.
 */
bool args_untake(struct args *args, size_t option);
