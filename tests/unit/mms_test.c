/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Notifications of picture messages, as networks have sent them; where from is said at each.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "bridge/base/cleanup.h"
#include "bridge/base/utf8.h"
#include "modem/text/join.h"
#include "modem/text/mms.h"
#include "modem/text/tpdu.h"

#define PUSH_MAX 512

static size_t from_hex(const char *hex, uint8_t octets[static PUSH_MAX])
{
	static const char digits[] = "0123456789ABCDEF";
	size_t size = strlen(hex) / 2;

	assert_true(size <= PUSH_MAX);
	for (size_t i = 0; i < size; i++)
		octets[i] = (uint8_t)((strchr(digits, hex[2 * i]) - digits) << 4 |
				      (strchr(digits, hex[2 * i + 1]) - digits));
	return size;
}

/* A copy that ends where the push does, so that the sanitizer sees any step beyond. */
static int read_octets(const uint8_t *octets, size_t size, struct mms_notification *ret)
{
	CLEANUP_FREE uint8_t *copy = malloc(size ? size : 1);

	assert_non_null(copy);
	memcpy(copy, octets, size);
	return mms_notification_read(copy, size, ret);
}

static int read_hex(const char *hex, struct mms_notification *ret)
{
	uint8_t octets[PUSH_MAX];

	return read_octets(octets, from_hex(hex, octets), ret);
}

#define TYPE "6170706C69636174696F6E2F766E642E7761702E6D6D732D6D65737361676500"

static const struct {
	const char *hex, *from, *subject, *url;
	uint32_t octets;
} pushes[] = {
	/* oFono, unit/test-sms.c */
	{ "010624" TYPE
	  "AF84B4868C82984F67514B4B42008D9089088045726F74696B009650696E2D557073008A808E024000880581"
	  "0303F48083687474703A2F2F65707333"
	  "2E64652F4F2F5A39495A4F00",
	  "Erotik", "Pin-Ups", "http://eps3.de/O/Z9IZO", 0x4000 },
	/* gammu, tests/at-sms/33.dump: the content's type by its number, and a character set
	 * of which only the lower bits are right */
	{ "040603BEAF848C829831323737393730303539008D92891980160433373730373532303033302F545950453D5"
	  "04C4D4E009679424F008A808E0122880481020BB883687474703A2F2F6D6D73632E6C61626D6374656C2E667"
	  "23A393039302F6D333300",
	  "37707520030", "yBO", "http://mmsc.labmctel.fr:9090/m33", 0x22 },
	/* gammu, tests/at-sms/40.dump: an empty subject, and fields that we don't know */
	{ "4F0622" TYPE
	  "AF848C82983831343630343934406D6D7331008D928918802B33333333333439333231312F545950453D504C"
	  "4D4E0096008F8186818A808E03017A598805810303F48083687474703A2F2F6D74732F3F69643D3831343630"
	  "34393400",
	  "+33333493211", "", "http://mts/?id=81460494", 0x17a59 },
	/* gammu, tests/at-sms-failing/40.dump: UTF-8 said; X-Wap-Content-URI among the headers */
	{ "090634" TYPE
	  "B13139322E3136382E3233382E313900AF84B4818C829843326357556B543859534777476B566741416B41757"
	  "93379654B4141414141414141008D908918802B34383732363631353235332F545950453D504C4D4E00960A"
	  "EA4453434E30323234008A808E0231788805810303F48083687474703A2F2F6D6D733272783A383030322F6"
	  "357556B543859534777476B566741416B4175793379654B414141414141414100",
	  "+48726615253", "DSCN0224", "http://mms2rx:8002/cWUkT8YSGwGkVgAAkAuy3yeKAAAAAAAA",
	  0x3178 },
	/* a Malaysian one, of a parser's tests (SMSPDULib) */
	{ "0306"
	  "22" TYPE
	  "AF848C82983832363537383438406D6D736332008D928918802B36303139323239323330392F545950453D50"
	  "4C4D4E008A808E0201FC8805810303F48083687474703A2F2F6D6D732E63656C636F6D2E6E65742E6D792F3F"
	  "69643D3800",
	  "+60192292309", "", "http://mms.celcom.net.my/?id=8", 0x1fc },
	/* China Unicom: where it lies comes before who it is from; no URL behind a port */
	{ "F00624" TYPE
	  "B487AF848C8298564F78614251464B4F344643008D9083687474703A2F2F3232312E3133312E3132382E313239"
	  "2F564F78614251464B4F344643008805810302CA0D8907803132333731008A808E02CD7E",
	  "12371", "", "http://221.131.128.129/VOxaBQFKO4FC", 0xcd7e },
	/* an operator's of China: a size of four octets */
	{ "180624" TYPE
	  "B487AF848C82982323477242353630736C3133008D9089178031383132363130313031352F545950453D504C4"
	  "D4E008A808E04000005018805810303F47F83687474703A2F2F3132302E3139382E3234372E34363A38302F5F"
	  "5643784D793200",
	  "18126101015", "", "http://120.198.247.46:80/_VCxMy2", 1281 },
};

static void notifications_of_real_networks_are_read(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(pushes); i++) {
		struct mms_notification mms;

		memset(&mms, 0xee, sizeof(mms));
		assert_int_equal(read_hex(pushes[i].hex, &mms), 0);
		assert_string_equal(mms.from, pushes[i].from);
		assert_string_equal(mms.subject, pushes[i].subject);
		assert_string_equal(mms.url, pushes[i].url);
		assert_int_equal(mms.octets, pushes[i].octets);
	}
}

/* python-messaging, messaging/test/test_wap.py. */
static void one_in_two_parts_is_read_whole(void **state)
{
	static const char *const parts[] = {
		"400E80885810000000810004016082415464408C0C08049F8E020105040B8423F00106226170706C6963"
		"6174696F6E2F766E642E7761702E6D6D732D6D65737361676500AF848C82984E4F4B3543694B636F544D"
		"595347344D4253774141734B7631344655484141414141414141008D908919802B343437373835333432"
		"3734392F545950453D504C4D4E008A808E0274008805810301194083687474703A2F",
		"440E8088581000000081000401608241547440440C08049F8E020205040B8423F02F70726F6D6D732F73"
		"6572766C6574732F4E4F4B3543694B636F544D595347344D4253774141734B7631344655484141414141"
		"41414100",
	};
	uint8_t octets[2][PUSH_MAX];
	struct join_part joined[2] = { { octets[0], 0 }, { octets[1], 0 } };
	CLEANUP_FREE char *text = NULL;
	struct mms_notification mms;
	struct tpdu tpdu;
	size_t size = 0;

	(void)state;
	for (size_t i = 0; i < 2; i++)
		joined[i].size = from_hex(parts[i], octets[i]);
	assert_int_equal(tpdu_decode(joined[1].octets, joined[1].size, &tpdu), 0);
	assert_int_equal(tpdu.port, MMS_PORT);
	assert_int_equal(tpdu.alphabet, SMS_ALPHABET_8BIT);
	assert_int_equal(tpdu.concat.reference, 0x9f8e);
	assert_int_equal(join_parts(joined, 2, "", &text, &size), 0);
	assert_int_equal(read_hex(text, &mms), 0);
	assert_string_equal(mms.from, "+447785342749");
	assert_string_equal(mms.url,
			    "http://promms/servlets/NOK5CiKcoTMYSG4MBSwAAsKv14FUHAAAAAAAA");
	assert_int_equal(mms.octets, 29696);
}

#define HEAD "010603BEAF848C828D90"

static void texts_are_read_in_their_character_set(void **state)
{
	static const struct {
		const char *hex, *subject;
	} subjects[] = {
		{ HEAD "96"
		       "4F6C00",
		  "Ol" },
		{ HEAD "96"
		       "C3A900",
		  "é" }, /* no set said, and none needed */
		{ HEAD "96"
		       "E900",
		  "é" },
		{ HEAD "96"
		       "04"
		       "EA"
		       "C3A900",
		  "é" }, /* UTF-8 */
		{ HEAD "96"
		       "03"
		       "84"
		       "E900",
		  "é" }, /* ISO 8859-1 */
		{ HEAD "96"
		       "04"
		       "84"
		       "C3A900",
		  "Ã©" },
		{ HEAD "96"
		       "05"
		       "EA"
		       "7FC3A900",
		  "é" }, /* quoted */
		{ HEAD "96"
		       "03"
		       "EA"
		       "C3A9",
		  "é" }, /* NUL missing */
		{ HEAD "96"
		       "09"
		       "0203E8"
		       "6C3467650000",
		  "水来" }, /* UCS2 */
		{ HEAD "96"
		       "0B"
		       "0203F7"
		       "FFFE346C65670000",
		  "水来" }, /* UTF-16, the other way */
		{ HEAD "96"
		       "1F06"
		       "EA"
		       "6162630A00",
		  "abc " },
		{ HEAD "9600", "" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(subjects); i++) {
		struct mms_notification mms;

		assert_int_equal(read_hex(subjects[i].hex, &mms), 0);
		assert_string_equal(mms.subject, subjects[i].subject);
	}
}

static void who_it_is_from_may_be_hidden(void **state)
{
	struct mms_notification mms;

	(void)state;
	assert_int_equal(read_hex(HEAD "890181"
				       "8E0105",
				  &mms),
			 0); /* insert-address */
	assert_string_equal(mms.from, "");
	assert_int_equal(mms.octets, 5);
	assert_int_equal(read_hex(HEAD "8908"
				       "80"
				       "05EA"
				       "C3A94100"
				       "8E0106",
				  &mms),
			 0);
	assert_string_equal(mms.from, "éA");
	assert_int_equal(mms.octets, 0);
	assert_int_equal(read_hex(HEAD "8907"
				       "80"
				       "05EA"
				       "C3A94100"
				       "8E0106",
				  &mms),
			 0);
	assert_int_equal(mms.octets, 6);
	assert_int_equal(read_hex(HEAD "89"
				       "0C"
				       "80"
				       "6140622F545950453D7800"
				       "8E85",
				  &mms),
			 0);
	assert_string_equal(mms.from, "a@b");
}

static void a_cut_notification_is_still_one(void **state)
{
	uint8_t octets[PUSH_MAX];
	struct mms_notification mms;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(pushes); i++) {
		size_t size = from_hex(pushes[i].hex, octets);

		for (size_t cut = 0; cut < size; cut++) {
			int r = read_octets(octets, cut, &mms);

			assert_true(r == 0 || r == -EBADMSG);
			assert_true(r == 0 || cut < 60);
			if (r == 0 && cut < size - 1)
				assert_true(*mms.url == '\0' ||
					    strcmp(mms.url, pushes[i].url) == 0);
		}
	}
}

static void what_is_no_notification_is_refused(void **state)
{
	static const char *const others[] = {
		"",
		"01",
		"0106",
		"010624", /* headers beyond the end */
		"0106FFFFFFFFFF",
		"0106808080808000BE8C82",
		"010700BE8C82",       /* no push */
		"010603BEAF848C86",   /* a delivery report */
		"010603BEAF848D908C", /* its type is not first */
		"010603AEAF848C82",   /* a service indication, python-messaging's */
		"01060B03AE81EAC3958D01A2B48403056A0A",
		"010604"
		"61624300"
		"8C82",
		"010621"
		"6170706C69636174696F6E2F766E642E7761702E6D6D732D6D657373616765"
		"8C82",
		"0106018C82",
		"01060"
		"08C82",
		"01060105"
		"8C82",
		/* an operator's of China: the picture has arrived */
		"610624" TYPE
		"B487AF848C868D918B303832333134313233363932303031313236313938009731383132"
		"363130313031352F545950453D504C4D4E0085046A8A8F549581",
	};
	struct mms_notification mms;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		assert_int_equal(read_hex(others[i], &mms), -EBADMSG);
}

static void the_content_type_may_have_parameters(void **state)
{
	struct mms_notification mms;

	(void)state;
	assert_int_equal(read_hex("01060503BE81EAAF8C828E0107", &mms), 0);
	assert_int_equal(mms.octets, 7);
	assert_int_equal(read_hex("01062423" TYPE "81EAAF8C828E0107", &mms), -EBADMSG);
	assert_int_equal(read_hex("0106241F22" TYPE "81EA8C828E0107", &mms), 0);
}

static void long_fields_are_cut(void **state)
{
	uint8_t octets[4 * MMS_FIELD_SIZE];
	struct mms_notification mms;
	size_t size = from_hex(HEAD "83", octets);

	(void)state;
	memset(octets + size, 'u', 2 * MMS_FIELD_SIZE);
	size += (size_t)2 * MMS_FIELD_SIZE;
	memcpy(octets + size, "\0\x96", 2);
	size += 2;
	for (size_t i = 0; i < MMS_FIELD_SIZE; i++)
		memcpy(octets + size + 3 * (i % 100), "水", 3);
	size += 300;
	octets[size++] = 0;
	assert_int_equal(read_octets(octets, size, &mms), 0);
	assert_int_equal(strlen(mms.url), MMS_FIELD_SIZE - 1);
	assert_true(strlen(mms.subject) >= MMS_FIELD_SIZE - 5);
	assert_true(utf8_valid(mms.subject, strlen(mms.subject)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(notifications_of_real_networks_are_read),
		cmocka_unit_test(one_in_two_parts_is_read_whole),
		cmocka_unit_test(texts_are_read_in_their_character_set),
		cmocka_unit_test(who_it_is_from_may_be_hidden),
		cmocka_unit_test(a_cut_notification_is_still_one),
		cmocka_unit_test(what_is_no_notification_is_refused),
		cmocka_unit_test(the_content_type_may_have_parameters),
		cmocka_unit_test(long_fields_are_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
