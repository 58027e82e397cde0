/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What the files of the line half share: line.c (libgammu's side), line_hear.c (the modem's side),
 * line_answer.c (answers for libgammu, and what is put right in them), line_send.c (the dialogue of
 * AT+CMGS), line_read.c (received PDUs), line_unasked.c (what is said unasked) and line_ussd.c.
 */
#pragma once

#include "modem/line.h"

#define LINE_TEXT_SIZE 1024
#define LINE_COMMAND_SIZE 1024 /* a USSD code in UCS2 is long */
#define LINE_ANSWER_SIZE 65536
#define LINE_IDENTITY_SIZE 256
#define LINE_USSD_SIZE 1024

/* In ticks. */
#define LINE_HOLD_TICKS 2       /* for the echo, behind what may be an older answer */
#define LINE_HOLD_LONG_TICKS 20 /* the same when a command was given up */
#define LINE_CLOSE_TICKS 4      /* for an OK that some modems leave out */
#define LINE_FORGOTTEN_TICKS 20 /* for a modem that restarts while it owes an answer */
#define LINE_LOST_TICKS 340     /* the same, from Ctrl-Z: 5 s before the daemon ends the worker */
#define LINE_PROMPT_TICKS 2     /* for more of a line that begins as a prompt does */
#define LINE_USSD_TICKS 4       /* for the closing quote */
#define LINE_USSD_MOST_TICKS 20 /* the same, whatever is said meanwhile */

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

/* A final result that came before the echo: it may be that of an older command. */
struct held {
	unsigned ticks; /* 0: none */
	enum answer_final final;
	int code;
};

/* The text of +CUSD, which may have many lines. */
struct gathered {
	bool open;
	unsigned ticks, most; /* most is not renewed */
	int status;
	size_t size;
	char text[LINE_USSD_SIZE];
};

struct line {
	struct line_listener listener;
	void *userdata;

	enum line_state state;
	bool awake;
	bool echoes;     /* the modem has shown that it does */
	bool given_up;   /* the command before this one was: its answer may still come */
	size_t echo_at;  /* how much of the command was echoed */
	bool echo_whole; /* all of it */
	bool deleting, reading;
	bool restart_told; /* since the last command that was answered */
	bool escaped;      /* libgammu wrote ESC: its carriage return is no command */

	char command[LINE_COMMAND_SIZE]; /* as libgammu wrote it */
	char written[LINE_COMMAND_SIZE]; /* as the modem got it */
	struct answer_form form;
	char identity[LINE_IDENTITY_SIZE]; /* free text, a number or the memories; "" none yet */
	char other_domain[64];             /* +CGREG: where +CEREG: was asked for; "" none */
	char memory[8];                    /* selected for reading; "" unknown */

	struct held held;
	unsigned closing, forgotten; /* ticks left; 0: not under way */
	unsigned prompted;           /* the same: a prompt instead of an answer */
	unsigned submitted;          /* ticks since Ctrl-Z, below LINE_LOST_TICKS */
	bool prompt_left;            /* ESC was written to one, and nothing has come of it yet */

	struct expected stored, direct;
	bool direct_is_newer;
	struct gathered ussd;

	/* the send */
	char pdu[LINE_PDU_SIZE];
	size_t tpdu_size;
	bool armed, pdu_written, early_end;
	bool asked_again; /* for the prompt */
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
void line_dialogue_end(struct line *line);
/* Forgets what was gathered for the answer, but not that it is waited for. */
void line_answer_forget(struct line *line);
/* True for AT+CPMS="XY": which memory is read from then on. */
bool line_selects_memory(const char *command, char memory[static 8]);

/* line_hear.c */
/* The final result of what is pending, whatever it is. */
void line_ended(struct line *line, enum answer_final final, int code);

/* The pending command was taken for text. */
void line_prompted(struct line *line);

/* line_answer.c */
void line_answer_add(struct line *line, const char *text);
/* Echo, what was gathered, and the final result. */
void line_answer_deliver(struct line *line, const char *final);
/* A line that belongs to the pending answer. */
void line_answer_line(struct line *line, const char *text);
void line_answer_finish(struct line *line, enum answer_final final, int code);
const char *line_final_text(enum answer_final final, int code, char *buffer, size_t size);

/* line_send.c */
void line_send_begin(struct line *line);
void line_send_prompt(struct line *line);
void line_send_body(struct line *line);    /* libgammu writes its PDU */
void line_send_submit(struct line *line);  /* libgammu has written Ctrl-Z */
void line_send_give_up(struct line *line); /* libgammu has written ESC at the prompt */
void line_send_reference(struct line *line, int reference);
void line_send_finish(struct line *line, enum answer_final final, int code);
/* The reference of "+CMGS: 17", -1 when it is none. */
bool line_send_is_reference(const char *text, int *ret_reference);

/* line_read.c */
/* The header of a stored message that was asked for. */
bool line_read_header(struct line *line, const char *text);
/* The header of one that comes directly. */
bool line_read_direct(struct line *line, const char *text);
/* A line of hex digits that some header waits for. */
bool line_read_pdu(struct line *line, const char *text);
/* The PDU that was waited for does not come any more. */
void line_read_give_up(struct line *line);

/* line_unasked.c */
void line_unasked(struct line *line, const char *text);
void line_unasked_registration(struct line *line, const char *text);

/* line_ussd.c */
/* "+CUSD: …", asked for or not. */
bool line_ussd_begin(struct line *line, const char *text);
/* True: the line went into the text that is open. */
bool line_ussd_gather(struct line *line, const char *text);
void line_ussd_feed(struct line *line); /* a line feed */
void line_ussd_end(struct line *line);
