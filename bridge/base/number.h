/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Phone numbers: what people type becomes E.164, or a short code, or an error that says why.
 * Pure.  It knows no numbering plan beyond the configured country code and trunk prefix.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* '+', 15 digits (ITU-T E.164 6), NUL; a short code fits as well. */
#define NUMBER_SIZE 17

enum number_error {
	NUMBER_OK,
	NUMBER_EMPTY,      /* nothing there */
	NUMBER_NOT_DIGITS, /* letters or other signs (spaces, dashes, dots, brackets are fine) */
	NUMBER_TOO_SHORT,  /* an international number of fewer than 7 digits */
	NUMBER_TOO_LONG,   /* more than 15 digits */
	NUMBER_NO_COUNTRY_CODE, /* a national number, and no country_code is configured */
	NUMBER_EMERGENCY,       /* 112, 911, 110 and the like: refused (product.md, Safety) */
};

struct number_plan {
	const char *country_code; /* digits without '+', NULL when not configured */
	const char *trunk_prefix; /* "0"; NULL or "" for none */
};

/*
 * Brings what a person typed into its stored form: "+8613800000001", or up to six digits as they
 * are for a short code.  ret is written on NUMBER_OK only.
 */
enum number_error number_normalize(const struct number_plan *plan, const char *typed,
				   char ret[static NUMBER_SIZE]);

/* A sentence for people, with what to do; typed may be NULL. */
const char *number_explain(enum number_error error, const char *typed, char *buffer, size_t size);

/* A short code (up to six digits) or an alphanumeric sender: nobody to answer to. */
bool number_is_short(const char *number);

/* "+86138****0001": what logs show.  Names and short codes come out as they are. */
const char *number_mask(const char *number, char *buffer, size_t size);

/* The last eight digits: networks report national numbers for international ones. */
#define NUMBER_TAIL_SIZE 9
void number_tail(const char *number, char tail[static NUMBER_TAIL_SIZE]);

/* By their tails, as far as they have whole ones. */
bool number_is_same(const char *one, const char *other);
