/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Mistakes that people make in footbridge.conf, one each, and what they are told.  "F" stands for
 * the folder of the file.
 */
#pragma once

static const struct {
	const char *text, *errors;
} config_mistakes[] = {
	/* unknown keys */
	{ "\ncountry_cod = \"86\";",
	  "F/a.conf:2: unknown key country_cod; did you mean country_code?\n" },
	{ "api: {\n sokket = \"/a\"; };",
	  "F/a.conf:2: unknown key sokket in api; did you mean socket?\n" },
	{ "modems: ( { devcie = \"/dev/a\"; device = \"/dev/a\"; } );",
	  "F/a.conf:1: unknown key devcie in modems; did you mean device?\n" },
	{ "delivery: { ttl = 3; };",
	  "F/a.conf:1: unknown key ttl in delivery; did you mean ttl_hours?\n" },
	{ "Log: { };", "F/a.conf:1: unknown key Log; did you mean log?\n" },
	{ "a_key_that_is_far_longer_than_any_key_that_there_is_or_will_be = 1;",
	  "F/a.conf:1: unknown key "
	  "a_key_that_is_far_longer_than_any_key_that_there_is_or_will_be; did you mean "
	  "state_directory?\n" },
	/* keys of later versions */
	{ "hooks: { };", "F/a.conf:1: hooks comes with a later version, this is " FOOTBRIDGE_VERSION
			 ": remove it, or put # before it.\n" },
	{ "delivery: { quiet_hours = \"21:00-07:00\"; };",
	  "F/a.conf:1: quiet_hours comes with a later version, this is " FOOTBRIDGE_VERSION
	  ": remove it, or put # before it.\n" },
	/* one modem */
	{ "modems: ( { device = \"/dev/a\"; imei = \"490154203237518\"; } );",
	  "F/a.conf:1: This modem is known by 2 things: keep one of device, imei, imsi, iccid and "
	  "usb_path.\n" },
	{ "modems: ( { imei = \"1\"; } );",
	  "F/a.conf:1: imei must be its 14 to 16 digits, not \"1\" (footbridge modem show tells "
	  "them).\n" },
	{ "modems: ( { usb_path = \"usb1\"; } );",
	  "F/a.conf:1: usb_path must be bus and ports like \"1-2.3\" (ls /sys/bus/usb/devices), not "
	  "\"usb1\".\n" },
	{ "modems: ( { iccid = \"8949020000000000001\"; },\n{ iccid = \"8949020000000000001\"; } );",
	  "F/a.conf:2: The modem of line 1 has the iccid 8949020000000000001 as well.\n" },
	{ "modems: ( { device = \"/dev/a\"; prefixes = [\"86\"]; } );",
	  "F/a.conf:1: A prefix must be \"+\" and 1 to 15 digits, like \"+86\", not 86.\n" },
	{ "modems: ( { device = \"/dev/a\"; prefixes = \"+86\"; } );",
	  "F/a.conf:1: prefixes must be a list of 1 to 32 beginnings of numbers: [\"+86\", "
	  "\"+852\"].\n" },
	{ "modems: ( { device = \"/dev/a\"; quota: { reset_day = 29; }; } );",
	  "F/a.conf:1: reset_day must be a whole number from 1 to 28, without quotes.\n" },
	{ "modems: ( { device = \"/dev/a\"; quota: { parts = 29; }; } );",
	  "F/a.conf:1: unknown key parts in quota; did you mean parts_per_day?\n" },
	{ "modems: ( { device = \"/dev/a\"; balance: { low = 2; }; } );",
	  "F/a.conf:1: balance has no code: add code = \"*100#\", or whatever one dials.\n" },
	{ "modems: ( { device = \"/dev/a\"; balance: { code = \"100\"; }; } );",
	  "F/a.conf:1: code must be what one dials for it, like \"*100#\", not \"100\".\n" },
	{ "modems: ( { device = \"/dev/a\"; balance: { code = \"*1#\"; pattern = \"[0-9]+\"; }; } );",
	  "F/a.conf:1: pattern needs brackets around the amount: \"([0-9.]+) EUR\".\n" },
	{ "modems: ( { device = \"/dev/a\"; balance: { code = \"*1#\"; low = -1; }; } );",
	  "F/a.conf:1: low must be an amount like 5 or 2.50.\n" },
	{ "modems: ( { device = \"/dev/a\"; balance: { code = \"*1#\"; decimals = 4; }; } );",
	  "F/a.conf:1: decimals must be a whole number from 2 to 3, without quotes.\n" },
	{ "self_test: { every_hours = 0; };",
	  "F/a.conf:1: every_hours must be a whole number from 1 to 744, without quotes.\n" },
	/* types */
	{ "country_code = 86;", "F/a.conf:1: country_code must be a text: write it in quotes.\n" },
	{ "delivery: { ttl_hours = \"72\"; };",
	  "F/a.conf:1: ttl_hours must be a whole number from 1 to 10584, without "
	  "quotes.\n" },
	{ "delivery: { ttl_hours = 1.5; };",
	  "F/a.conf:1: ttl_hours must be a whole number from 1 to 10584, without "
	  "quotes.\n" },
	{ "log: { show_numbers = 1; };",
	  "F/a.conf:1: show_numbers must be true or false, without quotes.\n" },
	{ "log = \"info\";", "F/a.conf:1: log must be a group: log: { … };\n" },
	{ "api = 5;", "F/a.conf:1: api must be a group: api: { … };\n" },
	{ "modems: { device = \"/dev/a\"; };",
	  "F/a.conf:1: modems must be a list in round brackets: modems: ( { name = "
	  "\"north\"; device = \"/dev/…\"; } );\n" },
	{ "modems: ( \"/dev/a\" );",
	  "F/a.conf:1: A modem must be a group: { device = \"/dev/…\"; }\n" },
	{ "state_directory = [ 1, 2 ];",
	  "F/a.conf:1: state_directory must be a text: write it in quotes.\n" },
	/* ranges */
	{ "delivery: { ttl_hours = 0; };",
	  "F/a.conf:1: ttl_hours must be a whole number from 1 to 10584, without "
	  "quotes.\n" },
	{ "delivery: { ttl_hours = 10585; };",
	  "F/a.conf:1: ttl_hours must be a whole number from 1 to 10584, without "
	  "quotes.\n" },
	{ "delivery: { unknown_minutes = -1; };",
	  "F/a.conf:1: unknown_minutes must be a whole number from 1 to 10080, without "
	  "quotes.\n" },
	{ "delivery: { unknown_minutes = 10081; };",
	  "F/a.conf:1: unknown_minutes must be a whole number from 1 to 10080, without "
	  "quotes.\n" },
	{ "delivery: { max_parts = 256; };",
	  "F/a.conf:1: max_parts must be a whole number from 1 to 255, without quotes.\n" },
	{ "delivery: { max_parts = 4294967297L; };",
	  "F/a.conf:1: max_parts must be a whole number from 1 to 255, without quotes.\n" },
	{ "delivery: { on_unknown = \"drop\"; };",
	  "F/a.conf:1: on_unknown must be \"resend\" or \"hold\", not \"drop\".\n" },
	{ "log: { level = \"INFO\"; };",
	  "F/a.conf:1: level must be \"error\", \"warning\", \"notice\", \"info\" or "
	  "\"debug\", not \"INFO\".\n" },
	/* texts */
	{ "state_directory = \"\";",
	  "F/a.conf:1: state_directory is empty: give it a value or remove the line.\n" },
	{ "state_directory = \"/a\\nb\";",
	  "F/a.conf:1: state_directory holds control characters or is not UTF-8: type it "
	  "anew.\n" },
	{ "state_directory = \"/\xff\";",
	  "F/a.conf:1: state_directory holds control characters or is not UTF-8: type it "
	  "anew.\n" },
	{ "state_directory = \"~/bridge\";",
	  "F/a.conf:1: state_directory must be a whole path that begins with \"/\", not "
	  "\"~/bridge\".\n" },
	{ "api: { socket = \"api.sock\"; };",
	  "F/a.conf:1: socket must be a whole path that begins with \"/\", not "
	  "\"api.sock\".\n" },
	{ "api: { socket = \"/2345678901234567890123456789012345678901234567890"
	  "12345678901234567890123456789012345678901234567890123456/98\"; };",
	  "F/a.conf:1: socket is longer than the 107 bytes a socket's path may have: choose "
	  "a shorter one.\n" },
	/* numbers */
	{ "country_code = \"+86\";",
	  "F/a.conf:1: country_code must be one to three digits without \"+\" or zeros in "
	  "front, like \"86\", not \"+86\".\n" },
	{ "country_code = \"0086\";",
	  "F/a.conf:1: country_code must be one to three digits without \"+\" or zeros in "
	  "front, like \"86\", not \"0086\".\n" },
	{ "country_code = \"8613\";",
	  "F/a.conf:1: country_code must be one to three digits without \"+\" or zeros in "
	  "front, like \"86\", not \"8613\".\n" },
	{ "trunk_prefix = \"(0)\";",
	  "F/a.conf:1: trunk_prefix must be the digits dialled before national numbers, like "
	  "\"0\", or \"\" for none, not \"(0)\".\n" },
	{ "modems: ( { device = \"/dev/a\"; number = \"13800000001\"; } );",
	  "F/a.conf:1: The modem's own number: 13800000001 has no country code: write it as "
	  "+COUNTRY…, or set country_code in footbridge.conf.\n" },
	/* modems */
	{ "modems: ( { name = \"north\"; } );",
	  "F/a.conf:1: This modem has no device: add device = \"/dev/serial/by-id/…\" (ls "
	  "/dev/serial/by-id shows them), or its "
	  "imei, imsi, iccid or usb_path.\n" },
	{ "modems: ( { device = \"ttyUSB0\"; } );",
	  "F/a.conf:1: device must be a whole path that begins with \"/\", not "
	  "\"ttyUSB0\".\n" },
	{ "modems: ( { device = \"/dev/a\"; speed = 115201; } );",
	  "F/a.conf:1: speed must be 9600, 19200, 38400, 57600, 115200, 230400, 460800 or "
	  "921600, without quotes.\n" },
	{ "modems: ( { device = \"/dev/a\"; name = \"a b\"; } );",
	  "F/a.conf:1: A modem's name is at most 63 of the letters a-z, A-Z, digits, and "
	  "\".\", \"_\", \"-\" (not in front), not \"a b\".\n" },
	{ "modems: (\n{ device = \"/dev/a\"; name = \"n\"; },\n"
	  "{ device = \"/dev/b\"; name = \"n\"; } );",
	  "F/a.conf:3: The modem of line 2 is called \"n\" as well: give this one another "
	  "name.\n" },
	{ "modems: (\n{ device = \"/dev/a\"; name = \"modem-2\"; },\n"
	  "{ device = \"/dev/b\"; } );",
	  "F/a.conf:3: The modem of line 2 is called \"modem-2\" as well: give this one "
	  "another name.\n" },
	{ "modems: (\n{ device = \"/dev/a\"; },\n{ device = \"/dev/a\"; } );",
	  "F/a.conf:3: The modem of line 2 has the device /dev/a as well: a device has room "
	  "for one modem.\n" },
	/* syntax */
	{ "log: {\n level = \"info\n};",
	  "F/a.conf:3: syntax error: look for a missing quote, bracket or semicolon here or "
	  "on the line before.\n" },
	{ "a = = 1;", "F/a.conf:1: syntax error: look for a missing quote, bracket or "
		      "semicolon here or on the line before.\n" },
	{ "log: { };\nlog: { };",
	  "F/a.conf:2: duplicate setting name: give each key once, remove one of them.\n" },
	{ "\n@include \"none.conf\"\n",
	  "F/a.conf:2: cannot open include file: @include takes the name of a file in F/.\n" },
};
