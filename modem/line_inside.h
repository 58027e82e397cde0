/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What the three files of the line half share: line.c (bytes, commands and answers), line_send.c
 * (the dialogue of AT+CMGS) and line_read.c (what was received, and what is said unasked).
 */
#pragma once

#include "modem/line.h"

#define LINE_TEXT_SIZE 1024
#define LINE_COMMAND_SIZE 256
#define LINE_ANSWER_SIZE 65536

/* An SMS-DELIVER of "A" from 1234: what libgammu is shown in place of any other. */
#define LINE_STAND_IN_LENGTH 16
#define LINE_STAND_IN "0004048121430000621010000000000141"

enum line_state {
	LINE_STATE_IDLE,
	LINE_STATE_ANSWER,
	LINE_STATE_PROMPT,
	LINE_STATE_BODY,
	LINE_STATE_SUBMIT,
};

/* A header whose PDU comes in the next line that is one. */
struct expected {
	bool open;
	int location, status, length;
};

struct line {
	struct line_listener listener;
	void *userdata;

	enum line_state state;
	bool awake;
	bool echoes;    /* the modem has shown that it does */
	bool need_echo; /* a command was given up: what comes before the echo is its answer */
	bool deleting, reading;
	bool escaped; /* libgammu wrote ESC: its carriage return is no command */

	char command[LINE_COMMAND_SIZE]; /* as libgammu wrote it */
	char written[LINE_COMMAND_SIZE]; /* as the modem got it */
	struct answer_form form;
	bool has_text;
	char memory[8]; /* selected for reading; "" unknown */

	struct expected stored, direct;
	bool direct_is_newer;

	/* the send */
	char pdu[LINE_PDU_SIZE];
	size_t tpdu_size;
	bool armed, pdu_written, early_end;
	size_t echo_at;
	struct line_result early;

	char from_gammu[LINE_COMMAND_SIZE];
	size_t from_gammu_size;
	char from_modem[LINE_TEXT_SIZE];
	size_t from_modem_size;
	char answer[LINE_ANSWER_SIZE];
	size_t answer_size;
};

/* line.c */
void line_to_modem(struct line *line, const char *text);
void line_to_gammu(struct line *line, const char *text);
void line_tell(struct line *line, const struct line_event *event);
void line_answer_add(struct line *line, const char *text);
/* Echo, what was gathered, and the final result. */
void line_answer_deliver(struct line *line, const char *final);
void line_dialogue_end(struct line *line);
const char *line_final_text(enum answer_final final, int code, char *buffer, size_t size);
/* True for AT+CPMS="XY": which memory is read from then on. */
bool line_selects_memory(const char *command, char memory[static 8]);

/* line_send.c */
void line_send_begin(struct line *line);
void line_send_prompt(struct line *line);
void line_send_body(struct line *line);    /* libgammu writes its PDU */
void line_send_submit(struct line *line);  /* libgammu has written Ctrl-Z */
void line_send_give_up(struct line *line); /* libgammu has written ESC at the prompt */
void line_send_reference(struct line *line, int reference);
void line_send_finish(struct line *line, enum answer_final final, int code);
/* What stands behind the echo of the PDU, which may come in pieces. */
const char *line_send_skip_echo(struct line *line, const char *text);

/* line_read.c */
/* The header of a stored message that was asked for. */
bool line_read_header(struct line *line, const char *text);
/* A line of hex digits that some header waits for. */
bool line_read_pdu(struct line *line, const char *text);
void line_read_unasked(struct line *line, const char *text);
void line_read_registration(struct line *line, const char *text);
void line_read_store(struct line *line, const char *text);
