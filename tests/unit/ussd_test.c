/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Answers of networks as modems have given them.  A number is that of the issue in which somebody
 * published it, gammu's where nothing else is said (its tests/at-ussd has some of them too).
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
#include "bridge/base/utf8.h"
#include "modem/text/ussd.h"

static void check(const char *given, size_t size, int dcs, int ucs2, const char *wanted)
{
	char text[USSD_TEXT_SIZE];
	size_t length = ussd_decode(given, size, dcs, ucs2, text);

	assert_string_equal(text, wanted);
	assert_int_equal(length, strlen(wanted));
	assert_true(utf8_valid(text, length));
}

struct answer {
	const char *given;
	int dcs, ucs2;
	const char *text;
};

static void check_all(const struct answer *answers, size_t count)
{
	for (size_t i = 0; i < count; i++)
		check(answers[i].given, strlen(answers[i].given), answers[i].dcs, answers[i].ucs2,
		      answers[i].text);
}

static void plain_text_is_itself(void **state)
{
	static const struct answer answers[] = {
		{ "", 15, 0, "" },
		{ "Kontostand: 3.00 EUR Bitte w{hlen Sie: 1 Konto aufladen 2 CallNow Transfer", -1,
		  0, "Kontostand: 3.00 EUR Bitte w{hlen Sie: 1 Konto aufladen 2 CallNow Transfer" },
		{ "Maaf, permintaan Anda tidak dapat kami proses.", 0, 0,
		  "Maaf, permintaan Anda tidak dapat kami proses." },
		/* #179: the upper octets of UCS2 are lost, and with them the letters */
		{ "799.55@.+1000@ 70 25@=K5 >B25BK =0 2>?@>AK *5", -1, 0,
		  "799.55@.+1000@ 70 25@=K5 >B25BK =0 2>?@>AK *5" },
		{ "Баланс: 10 р.", -1, 0, "Баланс: 10 р." },     /* UTF-8 */
		{ "Solde: 5 \xe9t\xe9", -1, 0, "Solde: 5 été" }, /* Latin-1 */
		{ "1\x02"
		  "5 \x1b\x65 a\x11"
		  "b",
		  15, 0, "1$5 € a_b" }, /* GSM, as it is */
		{ "en\rBalance 5", 16, 0, "Balance 5" },
		{ "a\x01\x7f"
		  "b\xc2\x85"
		  "c\xff",
		  -1, 0, "abÂcÿ" },
	};

	(void)state;
	check_all(answers, ARRAY_SIZE(answers));
}

static void lines_of_a_menu_are_kept(void **state)
{
	static const struct answer answers[] = {
		{ "Menu\n1 Balance\n2 Top-up", 15, 0, "Menu\n1 Balance\n2 Top-up" },
		{ "Menu\r\n1 Balance\r2 Top-up\r\n", 15, 0, "Menu\n1 Balance\n2 Top-up\n" },
		{ "004D0065006E0075000D000A003100200041000A00320020D83DDE00", 72, 0,
		  "Menu\n1 A\n2 😀" },
		{ "4D656E750D0A3120410A322042", 68, 0, "Menu\n1 A\n2 B" },
	};

	(void)state;
	check_all(answers, ARRAY_SIZE(answers));
}

static void packed_septets_are_unpacked(void **state)
{
	static const struct answer answers[] = {
		/* Huawei E160 */
		{ "49B41C74ACD3D16171D90D32FBE52072BA0C72CA5DB45CAC76C3CD6CB41B2D060389CB74F9FE4C07"
		  "D55C371CA85897BF1B",
		  15, 0, "Ihr Guthaben für die Nr.4915783647410 beträgt 5.78 Euro" },
		/* the help pages of RouterOS */
		{ "EBB79B1E0685E9ECF4BADE9E03", 0, 0, "konta atlikums" },
		/* wdoekes/asterisk-chan-dongle #38 */
		{ "CF2135487D2E4131DCCD25A381E02E", 15, 0, "OCTATOK 187.24 p." },
		{ "CE325C1EB6A7D9EE7C1AE47EB7CB72507DCEAE9FD3", 15, 0, "Nepravilnyi nomer uslugi" },
		/* a menu of Tigo */
		{ "C274D96D2FBBD3E437280CA2A6CF6FD014FD86C3D3EE330B5466A7CF65D01B3E4EBFDD3A8522E66A"
		  "41C3F17A999E3EBFE70A99AB452D83E2F532393CA79741F3B41B349697C969FAFBA798B95ACBF47B"
		  "BE7E83A8C9E3534173B582637ADA1E064DC36CF21B0495BFDB6F05",
		  15, 0,
		  "Bienvenido a Tigo Shopping, elige opcion:\n\n1.-Paquetigos\n2.-Te quedaste sin "
		  "credito?\n3.-Kiosko TIGO\n4.-Activa Saldo Promo\n" },
		/* #374: the spare bits are 0 */
		{ "2A5ACDA6A28D00", 15, 0, "*456*4#" },
		{ "AA180C3602", 15, 0, "*100#" },
		{ "c8329bfd065ddf7236", 15, 0, "Hello Worl" },
		{ "C8329BFD065DDF7236", -1, 0, "Hello Worl" },
		{ "C8329BFD065DDF7236", 15, 1, "Hello Worl" }, /* in spite of AT+CSCS */
		/* a language before it, and a carriage return that only fills the octet */
		{ "657743186687DDE332282603", 16, 0, "Balance 12" },
		{ "C2303BEC1E971B", 15, 0, "Balance" },
	};

	(void)state;
	check_all(answers, ARRAY_SIZE(answers));
}

static void ucs2_is_read_whatever_the_coding_scheme_says(void **state)
{
	static const struct answer answers[] = {
		/* #358, Quectel M35: dcs 15, and the set is UCS2 */
		{ "00480061007600690020006B0065007200650074003A0020003000460074002E002000460065006C"
		  "007400F6006C007400F60074007400200065006700790065006E006C00650067",
		  15, 1, "Havi keret: 0Ft. Feltöltött egyenleg" },
		{ "00480061007600690020006B0065007200650074003A0020003000460074002E002000460065006C"
		  "007400F6006C007400F60074007400200065006700790065006E006C00650067",
		  15, 0, "Havi keret: 0Ft. Feltöltött egyenleg" },
		/* #109, Huawei E3276 */
		{ "0414043B044F00200441043F044004300432043A04380020043E002004310430043B0430043D0441"
		  "04350020043D04300431043504400438044204350020002A0031003000350023002E",
		  72, 0, "Для справки о балансе наберите *105#." },
		/* obsy/sms_tool #13: dcs 7 */
		{ "002000440075002000680061007200200030002C003000300020006B00720020006F006300680020"
		  "0030002C00390039002000470042002000730075007200660020006B007600610072002E",
		  7, 0, " Du har 0,00 kr och 0,99 GB surf kvar." },
		{ "041204300448002004310430043B0430043D0441003A00200032002E003200320020044004430431"
		  "002E",
		  72, 0, "Ваш баланс: 2.22 руб." },
		{ "4F60597D4E16754C", 72, 0, "你好世界" },
		{ "4F60597D4E16754C", 15, 1, "你好世界" },
		{ "003100300030", 15, 0, "100" },
		{ "0031", 15, 1, "1" },
		{ "0031", 72, 0, "1" },
		/* a digit was lost at the end */
		{ "004F004B004F004B004F004B0", 72, 0, "OKOKOK" },
	};

	(void)state;
	check_all(answers, ARRAY_SIZE(answers));
}

/* #377, Telit HE910-D: a language before it, and behind it what the memory held. */
static void a_language_before_and_noise_behind_are_left_out(void **state)
{
	static const struct answer answers[] = {
		{ "613906310635064A062F06430020003100300037002E003900330020062F002E0644060C06270644"
		  "063506440627062D064A0629002000200032003000310038002D00310031002D003000390000FFFF"
		  "60B16260EEEEFFFFFFFFFFFFFFFFFFFF60B16260EEEEFFFFFFFFFFFFFFFFFFFF60B16260EEEEFFFF"
		  "00A962600000000000000000EE000000000000000000000068B5626058655F60",
		  17, 0, "رصيدك 107.93 د.ل،الصلاحية  2018-11-09" },
		{ "0635064A062F00200031", 17, 0, "صيد 1" }, /* the modem has left it out */
	};

	(void)state;
	check_all(answers, ARRAY_SIZE(answers));
}

static void octets_in_hex_are_text(void **state)
{
	static const struct answer answers[] = {
		/* #513: dcs 0 */
		{ "536973612070756C73612052702E333030302E416B7469662073642032362F30322F323032302E0A"
		  "4B6F6E74656E20526961204D6972616E64612026205261696820556D726F682E5270323230302F53"
		  "4D532F32487220736C6D2031383048720A312E59410A322E43656B204B756F74610A332E4E656C70"
		  "6F6E0A342E496E7465726E65740A352E4C61696E6E79610A",
		  0, 0,
		  "Sisa pulsa Rp.3000.Aktif sd 26/02/2020.\nKonten Ria Miranda & Raih "
		  "Umroh.Rp2200/SMS/2Hr slm 180Hr\n1.YA\n2.Cek Kuota\n3.Nelpon\n4.Internet\n"
		  "5.Lainnya\n" },
		{ "48656C6C6F", 68, 0, "Hello" },
		{ "48656C6C6F", 0xf4, 0, "Hello" },
		{ "42616C616E636520312C3530201B65", 15, 0, "Balance 1,50 €" }, /* AT+CSCS="HEX" */
		{ "42616C616E636520312C353020E282AC", 68, 0, "Balance 1,50 €" },
		{ "42616C616E6365206F7574E9", 68, 0, "Balance outé" },
	};

	(void)state;
	check_all(answers, ARRAY_SIZE(answers));
}

static void a_short_number_is_a_number(void **state)
{
	static const struct answer answers[] = {
		{ "1234", 15, 0, "1234" },
		{ "25", -1, 0, "25" },
		{ "313030", 0, 0, "313030" },
		{ "12345678", 15, 0, "12345678" },
		{ "020012345678", 15, 0, "020012345678" },
		{ "5", 15, 1, "5" },
		{ "100.5", 72, 1, "100.5" },
	};

	(void)state;
	check_all(answers, ARRAY_SIZE(answers));
}

/* Nothing that reads as text: shown as it came, and never as noise. */
static void what_makes_no_sense_is_shown_as_it_came(void **state)
{
	static const struct answer answers[] = {
		{ "80FF7F0093A1F4D3E8C2B1A09F8E7D6C", 15, 0, "80FF7F0093A1F4D3E8C2B1A09F8E7D6C" },
		{ "FFFFFFFFFFFFFFFFFFFF", 72, 0, "FFFFFFFFFFFFFFFFFFFF" },
		/* a Nokia C6-01 that took the packed octets for a text and spoilt them on the way */
		{ "c47258e1ad7e7f477bb2c6781e0ec72785e691d36136481593cd54f6777d8c2ecb23e1313d6dfd3d",
		  1, 0,
		  "c47258e1ad7e7f477bb2c6781e0ec72785e691d36136481593cd54f6777d8c2ecb23e1313d6dfd3d" },
	};

	(void)state;
	check_all(answers, ARRAY_SIZE(answers));
}

static void an_answer_without_end_is_cut(void **state)
{
	static char endless[8 * USSD_TEXT_SIZE];
	char text[USSD_TEXT_SIZE];
	size_t length;

	(void)state;
	memset(endless, '7', sizeof(endless));
	endless[0] = 'x';
	length = ussd_decode(endless, sizeof(endless), 15, 0, text);
	assert_in_range(length, USSD_TEXT_SIZE - 5, USSD_TEXT_SIZE - 1);
	assert_int_equal(strlen(text), length);
	endless[0] = '7';
	length = ussd_decode(endless, sizeof(endless), 72, 1, text);
	assert_in_range(length, 1, USSD_TEXT_SIZE - 1);
	assert_true(utf8_valid(text, length));
	/* of three bytes each */
	length = ussd_decode(endless, (size_t)2 * USSD_TEXT_SIZE, 72, 1, text);
	assert_in_range(length, USSD_TEXT_SIZE - 5, USSD_TEXT_SIZE - 1);
	assert_true(utf8_valid(text, length));
}

static void a_code_is_packed(void **state)
{
	static const struct {
		const char *code, *hex;
	} codes[] = {
		{ "", "" },
		{ "*100#", "AA180C3602" },
		{ "*101#", "AA182C3602" }, /* python-gsmmodem's documentation, and many more */
		{ "*144#", "AA188D3602" },
		/* seven characters: a carriage return fills the octet (23.038 6.1.2.3.1) */
		{ "*101*4#", "AA182CA6A28D1A" },
	};
	char hex[USSD_HEX_SIZE], longest[184];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(codes); i++) {
		assert_int_equal(ussd_encode_packed(codes[i].code, hex), 0);
		assert_string_equal(hex, codes[i].hex);
		check(hex, strlen(hex), 15, 0, codes[i].code);
	}
	assert_int_equal(ussd_encode_packed("€", hex), 0);
	assert_string_equal(hex, "9B32");
	assert_int_equal(ussd_encode_packed("12345678", hex), 0);
	assert_string_equal(hex, "31D98C56B3DD70");
	/* a carriage return that is one, at the end of an octet, is said twice */
	assert_int_equal(ussd_encode_packed("1234567\r", hex), 0);
	assert_string_equal(hex, "31D98C56B3DD1A0D");

	memset(longest, '1', sizeof(longest));
	longest[183] = '\0';
	assert_int_equal(ussd_encode_packed(longest, hex), -EINVAL);
	longest[182] = '\0';
	assert_int_equal(ussd_encode_packed(longest, hex), 0);
	assert_int_equal(strlen(hex), 320);
	assert_int_equal(ussd_encode_packed("水", hex), -EINVAL);
	assert_int_equal(ussd_encode_packed("\xff", hex), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plain_text_is_itself),
		cmocka_unit_test(lines_of_a_menu_are_kept),
		cmocka_unit_test(packed_septets_are_unpacked),
		cmocka_unit_test(ucs2_is_read_whatever_the_coding_scheme_says),
		cmocka_unit_test(a_language_before_and_noise_behind_are_left_out),
		cmocka_unit_test(octets_in_hex_are_text),
		cmocka_unit_test(a_short_number_is_a_number),
		cmocka_unit_test(what_makes_no_sense_is_shown_as_it_came),
		cmocka_unit_test(an_answer_without_end_is_cut),
		cmocka_unit_test(a_code_is_packed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
