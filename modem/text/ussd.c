/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The answer to a USSD code.  Modems give text and hex as they please, and neither AT+CSCS nor the
 * data coding scheme is to be trusted: hex is read in each way that it could be meant, and the
 * reading that is the most likely for a network to have written is taken.  How unlikely one is, is
 * counted in tenths of a bit (reading_cost); what the modem says of it only tips the scales.
 */
#include "modem/text/ussd.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "bridge/base/cleanup.h"
#include "bridge/base/hex.h"
#include "bridge/base/utf8.h"
#include "modem/text/alphabet.h"
#include "modem/text/script.h"

#define OCTETS_MAX USSD_TEXT_SIZE
#define SEPTETS_MAX (8 * OCTETS_MAX / 7)
#define CODE_SEPTETS_MAX 182 /* 3GPP TS 24.080 4.5: 160 octets */

#define CUT_DIGITS 20 /* an odd number of hex digits, less than these, is no hex */

/* 23.038 5: language before the text. */
#define DCS_LANGUAGE_GSM7 0x10
#define DCS_LANGUAGE_UCS2 0x11

/* Tenths of a bit. */
#define NOISE_OCTET 80 /* of which nothing is known */
#define HEX_DIGIT 40   /* the same */
#define DECIMAL_DIGIT 33
#define WISH 100   /* how much the modem's word is believed */
#define NUMBER 120 /* how much likelier a number stands for itself */

enum form {
	FORM_PACKED,
	FORM_OCTETS,
	FORM_UCS2,
};

/* The characters of a reading, by how often people write such. */
enum kind {
	KIND_SPACE,
	KIND_LINE,
	KIND_LOWER,
	KIND_UPPER,
	KIND_DIGIT,
	KIND_MARK,   /* of ASCII, as in any sentence */
	KIND_SIGN,   /* of ASCII, seldom */
	KIND_MONEY,  /* and other common signs */
	KIND_ACCENT, /* Latin letters beyond ASCII */
	KIND_NONE,
	KIND_COUNT,
};

struct reading {
	char text[USSD_TEXT_SIZE];
	size_t size;
	bool after_cr;
	unsigned kinds[KIND_COUNT], scripts[SCRIPT_COUNT];
	unsigned skipped; /* octets left out */
	int cost;
};

static enum kind kind_of(uint32_t scalar)
{
	static const char marks[] = "!\"#%&'()*+,-./:;=?";

	if (scalar == ' ')
		return KIND_SPACE;
	if (scalar == '\n' || scalar == '\r')
		return KIND_LINE;
	if (scalar >= 'a' && scalar <= 'z')
		return KIND_LOWER;
	if (scalar >= 'A' && scalar <= 'Z')
		return KIND_UPPER;
	if (scalar >= '0' && scalar <= '9')
		return KIND_DIGIT;
	if (scalar < ' ' || scalar == 0x7f)
		return KIND_NONE;
	if (scalar < 0x80)
		return strchr(marks, (int)scalar) ? KIND_MARK : KIND_SIGN;
	return script_of(scalar) == SCRIPT_COMMON  ? KIND_MONEY
	       : script_of(scalar) == SCRIPT_LATIN ? KIND_ACCENT
						   : KIND_NONE;
}

/*
 * The logarithm of how often each comes in a text: of letters two in three, spread over 26, and so
 * on.  Of letters of either case, and of scripts beside Latin, one is the usual, the others rare.
 */
static int reading_cost(const struct reading *reading)
{
	static const unsigned costs[KIND_COUNT] = {
		[KIND_SPACE] = 28, [KIND_LINE] = 60,   [KIND_DIGIT] = 70,   [KIND_MARK] = 83,
		[KIND_SIGN] = 110, [KIND_MONEY] = 120, [KIND_ACCENT] = 105, [KIND_NONE] = 300,
	};
	const unsigned usual = 53, other_case = 85, letter = 64, syllable = 120, sign = 140,
		       other_script = 250;
	unsigned lower = reading->kinds[KIND_LOWER], upper = reading->kinds[KIND_UPPER];
	unsigned cost = reading->skipped * NOISE_OCTET, all = 0, most = 0, each = letter;

	for (size_t i = 0; i < KIND_COUNT; i++)
		cost += reading->kinds[i] * costs[i];
	cost += lower > upper ? lower * usual + upper * other_case
			      : upper * usual + lower * other_case;
	for (size_t i = SCRIPT_GREEK; i < SCRIPT_COUNT; i++) {
		all += reading->scripts[i];
		if (reading->scripts[i] > most) {
			most = reading->scripts[i];
			each = i == SCRIPT_HAN ? sign : i == SCRIPT_HANGUL ? syllable : letter;
		}
	}
	return (int)(cost + most * each + (all - most) * other_script);
}

/* Counted as it came, and written as people want to see it. */
static void put(struct reading *reading, uint32_t scalar)
{
	bool after_cr = reading->after_cr;

	if (script_of(scalar) > SCRIPT_LATIN)
		reading->scripts[script_of(scalar)]++;
	else
		reading->kinds[kind_of(scalar)]++;
	reading->after_cr = scalar == '\r';
	if (scalar == '\n' && after_cr)
		return;
	if (scalar == '\r')
		scalar = '\n';
	if ((scalar < ' ' && scalar != '\n') || (scalar >= 0x7f && scalar < 0xa0) ||
	    scalar == 0xfeff)
		return;
	if (reading->size + 4 < USSD_TEXT_SIZE)
		reading->size += utf8_put(scalar, reading->text + reading->size);
}

static void put_septets(struct reading *reading, const uint8_t *septets, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		int escaped = septets[i] == GSM7_ESCAPE && i + 1 < count;

		i += (size_t)escaped;
		put(reading, gsm7_decode(septets[i], escaped));
	}
}

static bool is_control(uint8_t octet)
{
	return octet < ' ' && octet != '\n' && octet != '\r' && octet != '\t';
}

/* UTF-8; or, where control characters stand, the GSM alphabet as it is; or Latin-1. */
static void put_octets(struct reading *reading, const uint8_t *octets, size_t size)
{
	const char *bytes = (const char *)octets;
	bool control = false, high = false, utf8;

	for (size_t i = 0; i < size; i++) {
		control |= is_control(octets[i]);
		high |= octets[i] >= 0x80;
	}
	if (control && !high) {
		put_septets(reading, octets, size);
		return;
	}
	utf8 = utf8_valid(bytes, size);
	for (size_t at = 0; at < size;) {
		uint32_t scalar = octets[at];

		at += utf8 ? (size_t)utf8_next(bytes + at, size - at, &scalar) : 1;
		put(reading, scalar);
	}
}

static void read_octets(struct reading *reading, const uint8_t *octets, size_t size)
{
	for (; size > 0 && octets[size - 1] == 0; size--)
		reading->skipped++;
	put_octets(reading, octets, size);
}

/*
 * 23.038 6.1.2.3.1: seven bits left over at the end are a carriage return that is none; some have
 * them 0.
 */
static void read_packed(struct reading *reading, const uint8_t *octets, size_t size, int dcs)
{
	uint8_t septets[SEPTETS_MAX];
	size_t count = 8 * size / 7, first = 0;

	gsm7_unpack(octets, count, 0, septets);
	if (count > 0 && count % 8 == 0 && (septets[count - 1] == '\r' || septets[count - 1] == 0))
		count--;
	if (dcs == DCS_LANGUAGE_GSM7 && count > 3 && septets[2] == '\r')
		first = 3;
	put_septets(reading, septets + first, count - first);
}

/* Ends at U+0000: behind it some show what their memory happened to hold. */
static void read_ucs2(struct reading *reading, const uint8_t *octets, size_t size)
{
	reading->skipped += (unsigned)(size % 2);
	for (size_t i = 0; i + 1 < size; i += 2) {
		uint32_t scalar = (uint32_t)octets[i] << 8 | octets[i + 1];

		if (scalar == 0) {
			reading->skipped += (unsigned)(size - i);
			return;
		}
		if (scalar >> 10 == 0xd800 >> 10 && i + 3 < size &&
		    octets[i + 2] >> 2 == 0xdc00 >> 10) {
			uint32_t low = (uint32_t)octets[i + 2] << 8 | octets[i + 3];

			scalar = 0x10000 + ((scalar & 0x3ff) << 10 | (low & 0x3ff));
			i += 2;
		}
		put(reading, scalar);
	}
}

/* What hex ought to be, by 23.038 5 and AT+CSCS. */
static enum form form_wished(int dcs, bool ucs2)
{
	bool general = dcs >> 6 == 1 || dcs >> 4 == 9;

	if (dcs == DCS_LANGUAGE_UCS2 || (general && (dcs >> 2 & 3) == 2))
		return FORM_UCS2;
	if ((general && (dcs >> 2 & 3) == 1) || (dcs >> 4 == 0xf && dcs & 4))
		return FORM_OCTETS;
	return ucs2 ? FORM_UCS2 : FORM_PACKED;
}

/* Returns how many octets, 0 when it is no hex.  A long one that was cut may have an odd digit. */
static size_t from_hex(const char *given, size_t size, uint8_t octets[static OCTETS_MAX])
{
	if (size > 2 * OCTETS_MAX || (size % 2 && size < CUT_DIGITS))
		return 0;
	return hex_read(given, size, octets) ? size / 2 : 0;
}

static void read_plain(struct reading *reading, const char *given, size_t size, int dcs)
{
	uint8_t octets[OCTETS_MAX];
	size_t first = 0;

	if (size > OCTETS_MAX)
		size = OCTETS_MAX;
	memcpy(octets, given, size);
	if (dcs == DCS_LANGUAGE_GSM7 && size > 3 && (octets[2] == '\r' || octets[2] == '\n'))
		first = 3;
	put_octets(reading, octets + first, size - first);
}

static void keep_better(struct reading *best, struct reading *other, bool wished)
{
	other->cost = reading_cost(other) - (wished ? WISH : 0);
	if (other->size > 0 && other->cost < best->cost)
		*best = *other;
}

static void read_hex(struct reading *best, const uint8_t *octets, size_t size, int dcs,
		     enum form wish)
{
	struct reading reading = { 0 };

	read_packed(&reading, octets, size, dcs);
	keep_better(best, &reading, wish == FORM_PACKED);

	reading = (struct reading){ 0 };
	read_octets(&reading, octets, size);
	keep_better(best, &reading, wish == FORM_OCTETS);

	reading = (struct reading){ 0 };
	read_ucs2(&reading, octets, size);
	keep_better(best, &reading, wish == FORM_UCS2);

	/* Two packed letters, padded to octets (23.038 5); not every modem leaves them in. */
	if (dcs == DCS_LANGUAGE_UCS2 && size > 2) {
		reading = (struct reading){ .kinds = { [KIND_LOWER] = 2 } };
		read_ucs2(&reading, octets + 2, size - 2);
		keep_better(best, &reading, true);
	}
}

size_t ussd_decode(const char *given, size_t size, int dcs, int ucs2,
		   char text[static USSD_TEXT_SIZE])
{
	uint8_t octets[OCTETS_MAX];
	size_t octet_count = from_hex(given, size, octets);
	struct reading best = { 0 };

	read_plain(&best, given, size, dcs);
	best.cost = (int)size * HEX_DIGIT;
	if (best.size == size && strspn(best.text, "0123456789") == size)
		best.cost = (int)size * DECIMAL_DIGIT - NUMBER;
	if (octet_count > 0)
		read_hex(&best, octets, octet_count, dcs, form_wished(dcs, ucs2));
	memcpy(text, best.text, best.size);
	text[best.size] = '\0';
	return best.size;
}

int ussd_encode_packed(const char *code, char hex[static USSD_HEX_SIZE])
{
	uint8_t septets[CODE_SEPTETS_MAX + 2], octets[CODE_SEPTETS_MAX + 1];
	size_t left = strlen(code), count = 0, size;

	while (left > 0) {
		uint32_t scalar;
		int used = utf8_next(code, left, &scalar);
		size_t n = used < 0 ? 0 : gsm7_encode(scalar, septets + count);

		count += n;
		if (n == 0 || count > CODE_SEPTETS_MAX)
			return -EINVAL;
		code += used;
		left -= (size_t)used;
	}
	/* Seven bits left over would be another '@' (6.1.2.3.1). */
	if (count % 8 == 7 || (count > 0 && count % 8 == 0 && septets[count - 1] == '\r'))
		septets[count++] = '\r';
	size = gsm7_pack(septets, count, 0, octets);
	hex[hex_write(octets, size, hex)] = '\0';
	return 0;
}
