/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * National language tables: rows of 3GPP TS 23.038 annex A written out, and what must hold of all
 * cells.  The tables were also compared, cell by cell, with those of oFono, Android and
 * warthog618/sms.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <uchar.h>

#include <cmocka.h>

#include "bridge/base/cleanup.h"
#include "modem/text/alphabet.h"
#include "modem/text/national.h"
#include "modem/text/script.h"

static uint32_t locked(unsigned language, unsigned septet)
{
	return national_decode((struct national_shift){ .locking = (uint8_t)language },
			       (uint8_t)septet, false);
}

static uint32_t single(unsigned language, unsigned septet)
{
	return national_decode((struct national_shift){ .single = (uint8_t)language },
			       (uint8_t)septet, true);
}

/* Letters at the septets from first on; a space where the table is not asked. */
struct row {
	uint8_t language, first;
	const char32_t *letters;
};

static const struct row locking_rows[] = {
	{ NATIONAL_TURKISH, 0x00, U"@£$¥€éùıòÇ\nĞğ\rÅå" },
	{ NATIONAL_TURKISH, 0x1c, U"ŞşßÉ" },
	{ NATIONAL_TURKISH, 0x40, U"İABC" },
	{ NATIONAL_TURKISH, 0x5b, U"ÄÖÑÜ§ça" },
	{ NATIONAL_TURKISH, 0x7b, U"äöñüà" },
	{ NATIONAL_PORTUGUESE, 0x00, U"@£$¥êéúíóç\nÔô\rÁá" },
	{ NATIONAL_PORTUGUESE, 0x10, U"Δ_ªÇÀ∞^\\€Ó| ÂâÊÉ" },
	{ NATIONAL_PORTUGUESE, 0x24, U"º%" },
	{ NATIONAL_PORTUGUESE, 0x5b, U"ÃÕÚÜ§~" },
	{ NATIONAL_PORTUGUESE, 0x7b, U"ãõ`üà" },
	{ NATIONAL_BENGALI, 0x03, U"অআইঈউঊঋ\nঌ" },
	{ NATIONAL_BENGALI, 0x13, U"ওঔকখগঘঙচ ছজঝঞ !টঠডঢণত)(থদ,ধ.ন" },
	{ NATIONAL_BENGALI, 0x3d, U"পফ?বভমযর ল" },
	{ NATIONAL_GUJARATI, 0x03, U"અઆઇઈઉઊઋ\nઌઍ" },
	{ NATIONAL_GUJARATI, 0x13, U"ઓઔકખગઘઙચ છજઝઞ !ટઠડઢણત)(થદ,ધ.ન" },
	{ NATIONAL_GUJARATI, 0x46, U"લળ વશષસહ" },
	{ NATIONAL_HINDI, 0x00,
	  U"\u0901\u0902\u0903अआइईउऊऋ\nऌऍ\rऎएऐऑऒओऔकखगघङच छजझञ !टठडढणत)(थद,ध.न" },
	{ NATIONAL_HINDI, 0x3c, U"\u0929पफ?बभमयर\u0931लळ\u0934वशषसह" },
	{ NATIONAL_KANNADA, 0x03, U"ಅಆಇಈಉಊಋ\nಌ" },
	{ NATIONAL_KANNADA, 0x12, U"ಒಓಔಕಖಗಘಙಚ ಛಜಝಞ !ಟಠಡಢಣತ)(ಥದ,ಧ.ನ" },
	{ NATIONAL_MALAYALAM, 0x03, U"അആഇഈഉഊഋ\nഌ" },
	{ NATIONAL_MALAYALAM, 0x12, U"ഒഓഔകഖഗഘങച ഛജഝഞ !ടഠഡഢണത)(ഥദ,ധ.ന" },
	{ NATIONAL_ORIYA, 0x03, U"ଅଆଇଈଉଊଋ\nଌ" },
	{ NATIONAL_ORIYA, 0x13, U"ଓଔକଖଗଘଙଚ ଛଜଝଞ !ଟଠଡଢଣତ)(ଥଦ,ଧ.ନ" },
	{ NATIONAL_PUNJABI, 0x03, U"ਅਆਇਈਉਊ" },
	{ NATIONAL_PUNJABI, 0x13, U"ਓਔਕਖਗਘਙਚ ਛਜਝਞ !ਟਠਡਢਣਤ)(ਥਦ,ਧ.ਨ" },
	{ NATIONAL_TAMIL, 0x03, U"அஆஇஈஉஊ" },
	{ NATIONAL_TAMIL, 0x12, U"ஒஓஔக   ஙச  ஜ ஞ !ட   ணத)(  , .ந" },
	{ NATIONAL_TAMIL, 0x3c, U"னப ?  மயரறலளழவஶஷஸஹ" },
	{ NATIONAL_TELUGU, 0x03, U"అఆఇఈఉఊఋ\nఌ" },
	{ NATIONAL_TELUGU, 0x12, U"ఒఓఔకఖగఘఙచ ఛజఝఞ !టఠడఢణత)(థద,ధ.న" },
	{ NATIONAL_URDU, 0x00, U"اآبٻڀپڦتۂٿ\nٹٽ\rٺټ" },
	{ NATIONAL_URDU, 0x10, U"ثجځڄڃڅچڇحخد ڌڈډڊ !ڏڍذرڑړ)(ڙز,ږ.ژ" },
	{ NATIONAL_URDU, 0x3c, U"ښسش?صضطظعفقکڪګگڳڱلمنںڻڼوۄەہھءیېے" },
};

static const struct row single_rows[] = {
	{ NATIONAL_TURKISH, 0x47, U"Ğ" },
	{ NATIONAL_TURKISH, 0x49, U"İ" },
	{ NATIONAL_TURKISH, 0x53, U"Ş" },
	{ NATIONAL_TURKISH, 0x63, U"ç" },
	{ NATIONAL_TURKISH, 0x67, U"ğ" },
	{ NATIONAL_TURKISH, 0x69, U"ı" },
	{ NATIONAL_TURKISH, 0x73, U"ş" },
	{ NATIONAL_SPANISH, 0x09, U"ç" },
	{ NATIONAL_SPANISH, 0x41, U"Á" },
	{ NATIONAL_SPANISH, 0x49, U"Í" },
	{ NATIONAL_SPANISH, 0x4f, U"Ó" },
	{ NATIONAL_SPANISH, 0x55, U"Ú" },
	{ NATIONAL_SPANISH, 0x61, U"á" },
	{ NATIONAL_SPANISH, 0x69, U"í" },
	{ NATIONAL_SPANISH, 0x6f, U"ó" },
	{ NATIONAL_SPANISH, 0x75, U"ú" },
	{ NATIONAL_PORTUGUESE, 0x05, U"ê" },
	{ NATIONAL_PORTUGUESE, 0x09, U"ç\fÔô" },
	{ NATIONAL_PORTUGUESE, 0x0e, U"Áá" },
	{ NATIONAL_PORTUGUESE, 0x12, U"ΦΓ^ΩΠΨΣΘ" },
	{ NATIONAL_PORTUGUESE, 0x5b, U"ÃÕ" },
	{ NATIONAL_PORTUGUESE, 0x7b, U"ãõ" },
	{ NATIONAL_PORTUGUESE, 0x7f, U"â" },
	{ NATIONAL_BENGALI, 0x1c, U"২৩৪৫৬৭৮৯" },
	{ NATIONAL_BENGALI, 0x19, U"০১" },
	{ NATIONAL_GUJARATI, 0x19, U"।॥ ૦૧૨૩૪૫૬૭૮૯" },
	{ NATIONAL_HINDI, 0x19, U"।॥ ०१२३४५६७८९" },
	{ NATIONAL_KANNADA, 0x19, U"।॥ ೦೧೨೩೪೫೬೭೮೯" },
	{ NATIONAL_MALAYALAM, 0x19, U"।॥ ൦൧൨൩൪൫൬൭൮൯" },
	{ NATIONAL_ORIYA, 0x19, U"।॥ ୦୧୨୩୪୫୬୭୮୯" },
	{ NATIONAL_PUNJABI, 0x19, U"।॥ ੦੧੨੩੪੫੬੭੮੯" },
	{ NATIONAL_TAMIL, 0x19, U"।॥ ௦௧௨௩௪௫௬௭௮௯" },
	{ NATIONAL_TELUGU, 0x1c, U"౦౧౨౩౪౫౬౭౮౯" },
	{ NATIONAL_URDU, 0x1c, U"۰۱۲۳۴۵۶۷۸۹،" },
	{ NATIONAL_URDU, 0x3f, U"\u06d4|ABCDEFGHIJKLMNOPQRSTUVWXYZ" },
	{ NATIONAL_HINDI, 0x00, U"@£$¥¿\"¤%&'\f*+\r-/<=>¡^¡_#*" },
	{ NATIONAL_TAMIL, 0x65, U"€" },
};

static void check_row(const struct row *row, uint32_t (*lookup)(unsigned, unsigned))
{
	for (unsigned i = 0; row->letters[i]; i++)
		if (lookup(row->language, row->first + i) != row->letters[i])
			fail_msg("language %u, septet 0x%02x is U+%04X, not U+%04X", row->language,
				 row->first + i, (unsigned)lookup(row->language, row->first + i),
				 (unsigned)row->letters[i]);
}

static void rows_of_the_specification_are_there(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(locking_rows); i++)
		check_row(&locking_rows[i], locked);
	for (size_t i = 0; i < ARRAY_SIZE(single_rows); i++)
		check_row(&single_rows[i], single);
}

static const enum script scripts[NATIONAL_COUNT] = {
	[NATIONAL_TURKISH] = SCRIPT_GREEK,     [NATIONAL_PORTUGUESE] = SCRIPT_GREEK,
	[NATIONAL_SPANISH] = SCRIPT_GREEK,     [NATIONAL_BENGALI] = SCRIPT_BENGALI,
	[NATIONAL_GUJARATI] = SCRIPT_GUJARATI, [NATIONAL_HINDI] = SCRIPT_DEVANAGARI,
	[NATIONAL_KANNADA] = SCRIPT_KANNADA,   [NATIONAL_MALAYALAM] = SCRIPT_MALAYALAM,
	[NATIONAL_ORIYA] = SCRIPT_ORIYA,       [NATIONAL_PUNJABI] = SCRIPT_GURMUKHI,
	[NATIONAL_TAMIL] = SCRIPT_TAMIL,       [NATIONAL_TELUGU] = SCRIPT_TELUGU,
	[NATIONAL_URDU] = SCRIPT_ARABIC,
};

static void a_language_keeps_to_its_script(void **state)
{
	(void)state;
	for (unsigned language = NATIONAL_TURKISH; language < NATIONAL_COUNT; language++) {
		for (unsigned i = 0; i < 128; i++) {
			enum script one = script_of(locked(language, i));
			enum script two = script_of(single(language, i));
			bool form_feed = single(language, i) == '\f';
			bool infinity = locked(language, i) == 0x221e;

			assert_true(one == SCRIPT_LATIN || one == SCRIPT_COMMON || infinity ||
				    one == scripts[language]);
			/* What falls back to the default table may be Greek. */
			assert_true(two == SCRIPT_LATIN || two == SCRIPT_COMMON || form_feed ||
				    two == scripts[language] || two == SCRIPT_GREEK);
		}
	}
}

static void no_character_stands_twice_in_a_locking_table(void **state)
{
	(void)state;
	for (unsigned language = NATIONAL_TURKISH; language < NATIONAL_COUNT; language++)
		for (unsigned i = 0; i < 128; i++)
			for (unsigned j = 0; j < i; j++)
				if (locked(language, i) != ' ')
					assert_int_not_equal(locked(language, i),
							     locked(language, j));
}

static void what_all_languages_need_is_where_it_always_is(void **state)
{
	(void)state;
	for (unsigned language = NATIONAL_TURKISH; language < NATIONAL_COUNT; language++) {
		for (unsigned i = 'a'; i <= 'z'; i++)
			assert_int_equal(locked(language, i), i);
		for (unsigned i = '0'; i <= ';'; i++)
			assert_int_equal(locked(language, i), i);
		assert_int_equal(locked(language, ' '), ' ');
		assert_int_equal(locked(language, '\n'), '\n');
		assert_int_equal(locked(language, '\r'), '\r');
		assert_int_equal(locked(language, GSM7_ESCAPE), ' ');
		assert_int_equal(single(language, GSM7_ESCAPE), ' ');
		for (unsigned i = 0; i < 128; i++)
			if (gsm7_extension((uint8_t)i))
				assert_int_equal(single(language, i), gsm7_extension((uint8_t)i));
	}
}

/* The tables of India are cut out of Unicode's blocks, which are all of one plan. */
static void letters_of_india_stand_in_their_order(void **state)
{
	(void)state;
	for (unsigned language = NATIONAL_BENGALI; language < NATIONAL_URDU; language++) {
		uint32_t last = 0;
		unsigned letters = 0;

		for (unsigned i = 0; i < 128; i++) {
			uint32_t scalar = locked(language, i);

			if (scalar < 0x80)
				continue;
			assert_true(scalar > last);
			last = scalar;
			letters++;
		}
		assert_in_range(letters, 55, 90);
	}
}

static void a_language_nobody_knows_is_the_default(void **state)
{
	static const uint8_t unknown[] = { 0, NATIONAL_COUNT, 64, 127, 128, 255 };

	(void)state;
	for (size_t k = 0; k < ARRAY_SIZE(unknown); k++) {
		for (unsigned i = 0; i < 128; i++) {
			assert_int_equal(locked(unknown[k], i), gsm7_decode((uint8_t)i, 0));
			assert_int_equal(single(unknown[k], i), gsm7_decode((uint8_t)i, 1));
		}
	}
	for (unsigned i = 0; i < 128; i++) /* it has no such table */
		assert_int_equal(locked(NATIONAL_SPANISH, i), gsm7_decode((uint8_t)i, 0));
}

static void an_escape_of_nothing_is_of_the_locking_table(void **state)
{
	const struct national_shift shift = { NATIONAL_TURKISH, NATIONAL_SPANISH };

	(void)state;
	assert_int_equal(national_decode(shift, 0x41, true), 0xc1);   /* Spanish */
	assert_int_equal(national_decode(shift, 0x65, true), 0x20ac); /* everywhere */
	assert_int_equal(national_decode(shift, 0x07, true), 0x131);  /* Turkish */
	assert_int_equal(national_decode(shift, 0x41, false), 'A');
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_of_the_specification_are_there),
		cmocka_unit_test(a_language_keeps_to_its_script),
		cmocka_unit_test(no_character_stands_twice_in_a_locking_table),
		cmocka_unit_test(what_all_languages_need_is_where_it_always_is),
		cmocka_unit_test(letters_of_india_stand_in_their_order),
		cmocka_unit_test(a_language_nobody_knows_is_the_default),
		cmocka_unit_test(an_escape_of_nothing_is_of_the_locking_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
