/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * TPDUs that were captured from modems, with the service centre's address before them, as they
 * stand in the tests of oFono (unit/test-sms.c), python-gsmmodem (test/test_pdu.py) and gammu
 * (tests/at-sms).
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "bridge/base/cleanup.h"
#include "bridge/base/clock.h"
#include "modem/text/tpdu.h"

#define OCTETS_MAX 256

static size_t from_hex(const char *hex, uint8_t octets[static OCTETS_MAX])
{
	static const char digits[] = "0123456789ABCDEF";
	size_t size = strlen(hex) / 2;

	assert_true(size <= OCTETS_MAX);
	for (size_t i = 0; i < size; i++)
		octets[i] = (uint8_t)((strchr(digits, hex[2 * i]) - digits) << 4 |
				      (strchr(digits, hex[2 * i + 1]) - digits));
	return size;
}

static int decode(const char *hex, struct tpdu *ret)
{
	uint8_t octets[OCTETS_MAX];
	size_t size = from_hex(hex, octets), centre = octets[0] + 1u;

	return tpdu_decode(octets + centre, size - centre, ret);
}

static int64_t moment(const char *time)
{
	int64_t usec = 0;

	assert_int_equal(clock_parse(time, &usec), 0);
	return usec;
}

static const struct {
	const char *hex, *address, *time, *text;
	bool is_name;
	enum sms_alphabet alphabet;
	int class, port;
	struct tpdu_concat concat;
} delivers[] = {
	/* oFono */
	{ "0791447758100650040DD0F334FC1CA6970100008080312170224008D4F29CDE0EA7D9", "sipgate",
	  "2008-08-13T12:07:22+01:00", "Testmail", true, .class = -1, .port = -1 },
	{ "07913366002020F8040B913366600600F100C83180706174148000", "+33660660001",
	  "2013-08-07T16:47:41+02:00", "", .class = -1, .port = -1 }, /* message waiting */
	{ "04819999990414D0FBFD7EBFDFEFF77BFE1E0019512090801361807E00DC00FC00C400E400D600F600C5"
	  "00E500D800F800C600E600C700E700C900E900CA00EA00DF003100320033003400350036003700380039"
	  "0030002000540068006900730020006D0065007300730061006700650020006900730020003600330020"
	  "0075006E00690063006F00640065002000630068006100720073002E",
	  "äääääääääöä",
	  "2015-02-09T08:31:16+02:00",
	  "ÜüÄäÖöÅåØøÆæÇçÉéÊêß1234567890 This message is 63 unicode chars.",
	  true,
	  SMS_ALPHABET_UCS2,
	  1,
	  -1,
	  { 0 } },
	/* python-gsmmodem */
	{ "06917228195339040B917228214365F700003130805120618005D4F29C2E03", "+27821234567",
	  "2013-03-08T15:02:16+02:00", "Test2", .class = -1, .port = -1 },
	{ "07915892000000F0040B915892214365F700007040213252242331493A283D0795C3F33C88FE06C9CB61328"
	  "85EC6D341EDF27C1E3E97E7207B3A0C0A5241E377BB1D7693E72E",
	  "+85291234567", "2007-04-12T23:25:42+08:00",
	  "It is easy to read text messages via AT commands.", .class = -1, .port = -1 },
	{ "06917228195339040B917228214365F70000313062315352800A800D8A5E98D337A910", "+27821234567",
	  "2013-03-26T13:35:25+02:00", "@{tést}!", .class = -1, .port = -1 },
	{ "0591721891F1400781721881F800003160526104848059050003C30101916536FB1DCABEEB2074D85E064941"
	  "B19CAB060319A5C522289C96D3D3ED32286C0FA7D96131BBEC024941B19CAB0603DDD36C36A88C87A7E565D0"
	  "DB0D82C55EB0DB4B068BCD5C20",
	  "2781188", "2013-06-25T16:40:48+02:00",
	  "Hello!You have R 19.50 FREE airtime available. R 19.50 will expire on 01/07/2013. ",
	  .class = -1, .port = -1, .concat = { true, false, 0xc3, 1, 1 } },
	{ "07919762020033F1400DD0CDF2396C7EBB010008415072411084618C0500035602010053004D005300200063"
	  "006F00640065003A00200034003800350036002C00200063006F006E006600690072006D006100740069006F"
	  "006E0020006F00660020006100730073006F00630069006100740069006F006E002000620065007400770065"
	  "0065006E0020006100630063006F0075006E007400200061006E00640020004D00650067",
	  "Megafon",
	  "2014-05-27T14:01:48+04:00",
	  "SMS code: 4856, confirmation of association between account and Meg",
	  true,
	  SMS_ALPHABET_UCS2,
	  -1,
	  -1,
	  { true, false, 0x56, 2, 1 } },
	/* gammu */
	{ "07912374151616F6040B912374786468F30000201003024550400B54C29E2E1F8300A0800B",
	  "+32478746863", "2002-01-30T20:54:05+01:00", "Tèätrc @ £.", .class = -1, .port = -1 },
	{ "0791449737019037040C9144970710112800008010101041240000", "+447970011182",
	  "2008-01-01T01:14:42Z", "", .class = -1, .port = -1 },
	/* the whole slot, with what an earlier message has left in it */
	{ "07914336120011F10404A14949000021807001253040356C76B81D268741F0B29C9C268741E4B20EB49AD16C"
	  "B19BAD368BD96EA0B71B04BBBD603810284C078162315D2CE70289EBFAE1AC0CB2BFF52C10FC2D0799C3F6B7"
	  "1CC46687DB6550980D8AC962",
	  "9494", "2012-08-07T10:52:03+01:00",
	  "llamada perdida de: +34617653167 on 07/08  at  11:19.", .class = -1, .port = -1 },
};

static void messages_of_real_networks_are_read(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(delivers); i++) {
		struct tpdu tpdu;

		assert_int_equal(decode(delivers[i].hex, &tpdu), 0);
		assert_int_equal(tpdu.kind, TPDU_DELIVER);
		assert_string_equal(tpdu.address, delivers[i].address);
		assert_int_equal(tpdu.address_is_name, delivers[i].is_name);
		assert_int_equal(tpdu.centre_time_usec, moment(delivers[i].time));
		assert_int_equal(tpdu.alphabet, delivers[i].alphabet);
		assert_int_equal(tpdu.message_class, delivers[i].class);
		assert_int_equal(tpdu.port, delivers[i].port);
		assert_memory_equal(&tpdu.concat, &delivers[i].concat, sizeof(tpdu.concat));
		assert_string_equal(tpdu.text, delivers[i].text);
	}
}

static const struct {
	const char *hex, *address, *sent, *discharged;
	uint8_t reference;
} reports[] = {
	{ "0006D60B911326880736F4111011719551401110117195714000", "+31628870634",
	  "2011-01-11T17:59:15+01:00", "2011-01-11T17:59:17+01:00", 214 },
	{ "07911614786007F006060B911634092142F4019071011000040190710110450400060000",
	  "+61439012244", "2010-09-17T10:01:00+10:00", "2010-09-17T10:01:54+10:00", 6 },
	/* a slot of the SIM, filled up */
	{ "079124602009999002AB098106845688F8907080517375809070805183018000FFFFFFFFFFFFFFFFFFFFFFFF"
	  "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF",
	  "604865888", "2009-07-08T15:37:57+02:00", "2009-07-08T15:38:10+02:00", 171 },
	/* a ZTE that puts octets before the number; what counts is right */
	{ "0297F1061C0F910B487228297020F5317062419272803170624192138000", "+#08427829207025",
	  "2013-07-26T14:29:27+02:00", "2013-07-26T14:29:31+02:00", 28 },
};

static void reports_of_real_networks_are_read(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(reports); i++) {
		struct tpdu tpdu;

		assert_int_equal(decode(reports[i].hex, &tpdu), 0);
		assert_int_equal(tpdu.kind, TPDU_STATUS_REPORT);
		assert_string_equal(tpdu.address, reports[i].address);
		assert_int_equal(tpdu.reference, reports[i].reference);
		assert_int_equal(tpdu.status, 0);
		assert_int_equal(tpdu.centre_time_usec, moment(reports[i].sent));
		assert_int_equal(tpdu.discharge_time_usec, moment(reports[i].discharged));
	}
}

/* The user data of an EMS text of oFono's: seven elements of formatting, none of them ours. */
static void formatting_does_not_hide_the_text(void **state)
{
	struct tpdu tpdu;

	(void)state;
	assert_int_equal(
		decode("0791947122723033400B915121340195F600006221108000002380"
		       "230A030F07230A031806130A031E0A430A032E0D830A033D14020A035104F60A035501060015"
		       "9D9E83D2735018442FCFE98A243DCC4E97C92C90F8CD26B3407537B92C67A7DD65320B147693"
		       "4173BA3CBD2ED3D1F277FD8C76299CEF3B280C92A7CF683A28CC4E9FDD6532E8FE96935D",
		       &tpdu),
		0);
	assert_string_equal(tpdu.text, "This is a test\nItalied, bold, underlined, and "
				       "strikethrough.\nNow a right aligned word.");
}

/* Shapes of a SUBMIT, and what gammu's tests have of broken slots. */
static void what_is_no_message_for_us_is_refused(void **state)
{
	static const char *const others[] = {
		"0791361907001003B17A0C913619397750320000AD11CD701E340FB3C3F23CC81D0689C3BF",
		"07916307996905F0040B916307779872F4003901406041433180353058AC6CCBCD64B05BB80C20007600"
		"0000000020006F0074007400000000006F00630000006900760061006C002000",
		"00FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
		struct tpdu tpdu;

		assert_int_equal(decode(others[i], &tpdu), -EBADMSG);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(messages_of_real_networks_are_read),
		cmocka_unit_test(reports_of_real_networks_are_read),
		cmocka_unit_test(formatting_does_not_hide_the_text),
		cmocka_unit_test(what_is_no_message_for_us_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
