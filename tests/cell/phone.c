/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Numbers and screens.  A part that comes twice while its message is incomplete is ignored; after
 * that it begins a message of its own, as on a real phone, so that a repeated send is seen.
 */
#include "tests/cell/phone.h"

#include <errno.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "tests/cell/events.h"

struct phonebook {
	struct events *events;
	void *tree;
	size_t count;
};

static struct message *message_free(struct message *message)
{
	if (!message)
		return NULL;
	for (size_t i = 0; message->part && i < message->total; i++)
		free(message->part[i].text);
	free(message->part);
	free(message);
	return NULL;
}

static struct message *message_new(const char *from, const struct content *content)
{
	struct message *message = calloc(1, sizeof(*message));

	if (!message)
		return NULL;
	text_copy(message->from, sizeof(message->from), from);
	message->message_class = content->message_class;
	message->concat = content->concat;
	message->total = content->concat.present ? content->concat.total : 1;
	message->part = calloc(message->total, sizeof(*message->part));
	return message->part ? message : message_free(message);
}

char *message_text(const struct message *message, size_t *ret_size)
{
	size_t size = 0;
	char *text;

	for (size_t i = 0; i < message->total; i++)
		size += message->part[i].size;
	text = malloc(size + 1);
	if (!text)
		return NULL;
	size = 0;
	for (size_t i = 0; i < message->total; i++) {
		if (!message->part[i].here)
			continue;
		memcpy(text + size, message->part[i].text, message->part[i].size);
		size += message->part[i].size;
	}
	text[size] = '\0';
	*ret_size = size;
	return text;
}

static struct message *find_incomplete(struct phone *phone, const char *from,
				       const struct concat *concat)
{
	struct message *message;

	TAILQ_FOREACH(message, &phone->incomplete, next)
	if (message->concat.reference == concat->reference &&
	    message->concat.wide == concat->wide && message->total == concat->total &&
	    strcmp(message->from, from) == 0)
		return message;
	return NULL;
}

static void show_whole(struct phone *phone, struct message *message)
{
	size_t size;
	char *text;

	TAILQ_REMOVE(&phone->incomplete, message, next);
	phone->incomplete_count--;
	TAILQ_INSERT_TAIL(&phone->screen, message, next);
	if (++phone->screen_count > SCREEN_MAX) {
		struct message *oldest = TAILQ_FIRST(&phone->screen);

		TAILQ_REMOVE(&phone->screen, oldest, next);
		message_free(oldest);
		phone->screen_count--;
	}
	text = message_text(message, &size);
	if (text)
		events_log(phone->events, "screen", "{s:s,s:s,s:s%,s:i}", "phone", phone->number,
			   "from", message->from, "text", text, size, "parts", (int)message->parts);
	free(text);
}

static struct message *begin_message(struct phone *phone, const char *from,
				     const struct content *content)
{
	struct message *message = message_new(from, content);

	if (!message)
		return NULL;
	TAILQ_INSERT_TAIL(&phone->incomplete, message, next);
	if (++phone->incomplete_count > SCREEN_INCOMPLETE_MAX) {
		struct message *oldest = TAILQ_FIRST(&phone->incomplete);

		TAILQ_REMOVE(&phone->incomplete, oldest, next);
		message_free(oldest);
		phone->incomplete_count--;
	}
	return message;
}

int phone_show(struct phone *phone, const char *from, const struct user_data *data, int64_t at_usec)
{
	struct message *message = NULL;
	struct message_part *part;
	struct content content;

	user_data_read(data, &content);
	if (content.concat.present)
		message = find_incomplete(phone, from, &content.concat);
	if (!message)
		message = begin_message(phone, from, &content);
	if (!message)
		return -ENOMEM;

	part = &message->part[content.concat.present ? content.concat.sequence - 1 : 0];
	if (part->here)
		return 0;
	part->text = malloc(content.text_size + 1);
	if (!part->text)
		return -ENOMEM;
	memcpy(part->text, content.text, content.text_size + 1);
	part->size = content.text_size;
	part->here = true;
	message->at_usec = at_usec;
	if (++message->parts == message->total)
		show_whole(phone, message);
	return 0;
}

static int compare_numbers(const void *a, const void *b)
{
	return strcmp(((const struct phone *)a)->number, ((const struct phone *)b)->number);
}

struct phone *phonebook_get(struct phonebook *book, const char *number)
{
	struct phone *phone, key;
	struct phone *const *found;

	if (strlen(number) >= ADDRESS_SIZE)
		return NULL;
	text_copy(key.number, sizeof(key.number), number);
	found = tfind(&key, &book->tree, compare_numbers);
	if (found)
		return *found;
	if (book->count >= PHONES_MAX)
		return NULL;

	phone = calloc(1, sizeof(*phone));
	if (!phone)
		return NULL;
	text_copy(phone->number, sizeof(phone->number), number);
	phone->events = book->events;
	phone->reachable = true;
	phone->report_status = -1;
	phone->line = &phone->inbox;
	TAILQ_INIT(&phone->inbox.queue);
	TAILQ_INIT(&phone->withheld);
	TAILQ_INIT(&phone->screen);
	TAILQ_INIT(&phone->incomplete);
	if (!tsearch(phone, &book->tree, compare_numbers)) {
		free(phone);
		return NULL;
	}
	book->count++;
	return phone;
}

struct visit {
	void (*visit)(struct phone *, void *);
	void *userdata;
};

static void visit_node(const void *node, VISIT when, void *closure)
{
	const struct visit *visit = closure;

	if (when == postorder || when == leaf)
		visit->visit(*(struct phone *const *)node, visit->userdata);
}

void phonebook_each(const struct phonebook *book, void (*visit)(struct phone *, void *),
		    void *userdata)
{
	struct visit closure = { visit, userdata };

	twalk_r(book->tree, visit_node, &closure);
}

struct phonebook *phonebook_new(struct events *events)
{
	struct phonebook *book = calloc(1, sizeof(*book));

	if (book)
		book->events = events;
	return book;
}

static void free_list(struct message_list *list)
{
	struct message *message;

	while ((message = TAILQ_FIRST(list))) {
		TAILQ_REMOVE(list, message, next);
		message_free(message);
	}
}

static void free_phone(void *node)
{
	struct phone *phone = node;

	free_list(&phone->screen);
	free_list(&phone->incomplete);
	free(phone);
}

struct phonebook *phonebook_free(struct phonebook *book)
{
	if (!book)
		return NULL;
	tdestroy(book->tree, free_phone);
	free(book);
	return NULL;
}
