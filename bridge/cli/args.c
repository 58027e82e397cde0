/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A linear look at each word; the tables are short.
 */
#include "bridge/cli/args.h"

#include <ctype.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "bridge/base/clock.h"

static int find_option(const char *name, size_t length, const struct args_option *options,
		       size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strlen(options[i].name) == length && !memcmp(options[i].name, name, length))
			return (int)i;
	return -1;
}

static bool reads_like_span(const char *word)
{
	int64_t span;

	return isdigit((unsigned char)*word) && clock_parse_span(word, &span) == 0;
}

static int add_word(struct args *args, const char *word, size_t most, char *error,
		    size_t error_size)
{
	if (args->word_count >= most || args->word_count >= ARGS_WORD_MAX) {
		snprintf(error, error_size,
			 "unexpected '%s' (a text of several words needs quotes around it)", word);
		return -EINVAL;
	}
	args->words[args->word_count++] = word;
	return 0;
}

/* Returns how many further words were used (0 or 1), or -EINVAL. */
static int take_option(struct args *args, const char *word, const char *next,
		       const struct args_option *options, size_t count, char *error,
		       size_t error_size)
{
	const char *name = word + 2, *equals = strchr(name, '=');
	size_t length = equals ? (size_t)(equals - name) : strlen(name);
	int i = find_option(name, length, options, count);

	if (i < 0) {
		snprintf(error, error_size, "unknown option '--%.*s'", (int)length, name);
		return -EINVAL;
	}
	args->given[i] = true;
	args->value[i] = equals ? equals + 1 : NULL;
	switch (options[i].kind) {
	case ARGS_FLAG:
		if (!equals)
			return 0;
		snprintf(error, error_size, "option '--%s' takes no value", options[i].name);
		return -EINVAL;
	case ARGS_VALUE:
		if (equals)
			return 0;
		if (!next) {
			snprintf(error, error_size, "option '--%s' needs a value", options[i].name);
			return -EINVAL;
		}
		args->value[i] = next;
		return 1;
	case ARGS_MAYBE_SPAN:
		args->taken[i] = !equals && next && reads_like_span(next);
		if (!args->taken[i])
			return 0;
		args->value[i] = next;
		args->taken_from[i] = args->word_count;
		return 1;
	}
	return -EINVAL;
}

int args_parse(int argc, const char *const *argv, const struct args_option *options, size_t count,
	       size_t most, struct args *ret, char *error, size_t error_size)
{
	bool options_over = false;
	int r;

	*ret = (struct args){ 0 };
	for (int i = 0; i < argc; i++) {
		const char *word = argv[i];

		if (!options_over && !strcmp(word, "--")) {
			options_over = true;
			continue;
		}
		if (options_over || word[0] != '-' || !word[1]) {
			r = add_word(ret, word, most, error, error_size);
		} else if (word[1] != '-') {
			snprintf(error, error_size,
				 "unknown option '%s' (before a text that begins with '-' put --)",
				 word);
			r = -EINVAL;
		} else {
			r = take_option(ret, word, i + 1 < argc ? argv[i + 1] : NULL, options,
					count, error, error_size);
		}
		if (r < 0)
			return r;
		i += r;
	}
	return 0;
}

bool args_untake(struct args *args, size_t option)
{
	size_t at = args->taken_from[option];

	if (!args->taken[option] || args->word_count >= ARGS_WORD_MAX)
		return false;
	memmove(args->words + at + 1, args->words + at,
		(args->word_count - at) * sizeof(args->words[0]));
	args->words[at] = args->value[option];
	args->word_count++;
	args->taken[option] = false;
	args->value[option] = NULL;
	return true;
}
