/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * footbridge.conf as a file: found, its owner and mode checked, parsed by libconfig; and the
 * defaults for what it leaves open.  What its keys mean is in keys.c.
 */
#include "config/config.h"

#include <errno.h>
#include <fcntl.h>
#include <libconfig.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <syslog.h>

#include "bridge/base/cleanup.h"
#include "config/keys.h"

#define SYSTEM_FILE "/etc/footbridge/footbridge.conf"
#define SYSTEM_STATE "/var/lib/footbridge"
#define SYSTEM_SOCKET "/run/footbridge/api.sock"
#define FILE_SIZE_MOST (1 << 20)
#define INCLUDE_DEPTH_MOST 10 /* libconfig's own */

/* Remembers that memory ran out; the caller looks once at the end. */
__attribute__((format(printf, 2, 3))) static char *print_path(struct config_reader *reader,
							      const char *format, ...)
{
	char *path;
	va_list arguments;
	int r;

	va_start(arguments, format);
	r = vasprintf(&path, format, arguments);
	va_end(arguments);
	if (r < 0) {
		reader->out_of_memory = true;
		return NULL;
	}
	return path;
}

/* ---- defaults */

/* A folder that the environment names; relative ones don't count (XDG base directories 0.8). */
static const char *folder_from(const char *variable)
{
	const char *folder = getenv(variable);

	return folder && folder[0] == '/' ? folder : NULL;
}

/* The first of the folders that systemd made for the service (systemd.exec, StateDirectory=). */
static char *folder_of_service(struct config_reader *reader, const char *variable,
			       const char *below)
{
	const char *folders = folder_from(variable);

	return folders ? print_path(reader, "%.*s%s", (int)strcspn(folders, ":"), folders, below)
		       : NULL;
}

static char *default_state_directory(struct config_reader *reader)
{
	const char *folder;
	char *given = folder_of_service(reader, "STATE_DIRECTORY", "");

	if (given)
		return given;
	if (geteuid() == 0)
		return print_path(reader, SYSTEM_STATE);
	folder = folder_from("XDG_STATE_HOME");
	if (folder)
		return print_path(reader, "%s/footbridge", folder);
	folder = folder_from("HOME");
	if (folder)
		return print_path(reader, "%s/.local/state/footbridge", folder);
	config_complain(reader, NULL,
			"neither HOME nor XDG_STATE_HOME says where to keep the data: set "
			"state_directory.");
	return NULL;
}

static char *default_socket(struct config_reader *reader)
{
	const char *folder;
	char *given = folder_of_service(reader, "RUNTIME_DIRECTORY", "/api.sock");

	if (given)
		return given;
	if (geteuid() == 0)
		return print_path(reader, SYSTEM_SOCKET);
	folder = folder_from("XDG_RUNTIME_DIR");
	if (folder)
		return print_path(reader, "%s/footbridge/api.sock", folder);
	if (!reader->config->state_directory)
		return NULL; /* complained of already */
	return print_path(reader, "%s/api.sock", reader->config->state_directory);
}

static void fill_defaults(struct config_reader *reader)
{
	struct config *config = reader->config;
	const size_t most = sizeof(((struct sockaddr_un *)NULL)->sun_path) - 1;

	if (!config->state_directory)
		config->state_directory = default_state_directory(reader);
	if (config->api.socket)
		return;
	config->api.socket = default_socket(reader);
	if (config->api.socket && strlen(config->api.socket) > most)
		config_complain(reader, NULL,
				"the socket's path %s would be longer than %zu bytes: set api: { "
				"socket = \"…\"; }.",
				config->api.socket, most);
}

/* ---- the file */

/* What others may change would let them run the bridge as they like. */
static int check_file(struct config_reader *reader, const char *path, int fd)
{
	struct stat status;

	if (fstat(fd, &status) < 0 || !S_ISREG(status.st_mode) || status.st_size > FILE_SIZE_MOST) {
		fprintf(reader->errors,
			"%s: not a plain file of at most 1 MiB: name another one.\n", path);
		return -EINVAL;
	}
	if (status.st_uid != 0 && status.st_uid != geteuid()) {
		fprintf(reader->errors,
			"%s: belongs to user %u, who could change it: run chown %u '%s'.\n", path,
			(unsigned)status.st_uid, (unsigned)geteuid(), path);
		return -EPERM;
	}
	if (status.st_mode & (S_IWGRP | S_IWOTH)) {
		fprintf(reader->errors, "%s: may be written by others: run chmod go-w '%s'.\n",
			path, path);
		return -EPERM;
	}
	return 0;
}

/* -EPERM, -EINVAL (both complained of), -ENOMEM, or what open() says. */
static int open_file(struct config_reader *reader, const char *path, FILE **ret_file)
{
	CLEANUP_CLOSE int fd = -1;
	int r;

	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return -errno;
	r = check_file(reader, path, fd);
	if (r < 0)
		return r;
	*ret_file = fdopen(fd, "r");
	if (!*ret_file)
		return -ENOMEM;
	(void)TAKE_FD(fd);
	return 0;
}

/* The name in a line like «@include "more.conf"», cut out of it; NULL for any other line. */
static char *included_name(char *line)
{
	static const char keyword[] = "@include";
	char *end;

	line += strspn(line, " \t");
	if (strncmp(line, keyword, strlen(keyword)) != 0)
		return NULL;
	line += strlen(keyword);
	line += strspn(line, " \t");
	end = line[0] == '"' ? strchr(line + 1, '"') : NULL;
	if (!end)
		return NULL;
	*end = '\0';
	return line + 1;
}

/*
 * Checks the files that this one includes before libconfig opens them: they hold settings as well,
 * and of a folder libconfig 1.5 makes an exit().  What can't be opened is left to its parser, which
 * knows the line, and whether that line is in a comment.
 */
static int check_included(struct config_reader *reader, const char *folder, FILE *file, int depth)
{
	CLEANUP_FREE char *line = NULL;
	size_t capacity = 0;

	while (getline(&line, &capacity, file) >= 0) {
		const char *name = included_name(line);
		CLEANUP_FCLOSE FILE *included = NULL;
		CLEANUP_FREE char *path = NULL;
		int r;

		if (!name)
			continue;
		path = print_path(reader, "%s%s", name[0] == '/' ? "" : folder, name);
		if (!path)
			return -ENOMEM;
		r = open_file(reader, path, &included);
		if (r == -EPERM || r == -EINVAL || r == -ENOMEM)
			return r;
		if (r == 0 && depth < INCLUDE_DEPTH_MOST) {
			r = check_included(reader, folder, included, depth + 1);
			if (r < 0)
				return r;
		}
	}
	rewind(file);
	return 0;
}

static void complain_of_syntax(const struct config_reader *reader, const config_t *parsed,
			       const char *folder)
{
	const char *file = config_error_file(parsed), *what = config_error_text(parsed);

	fprintf(reader->errors, "%s:%d: %s: ", file ? file : reader->path,
		config_error_line(parsed), what);
	if (strstr(what, "nesting"))
		fprintf(reader->errors, "a file must not include itself.\n");
	else if (strstr(what, "include file"))
		fprintf(reader->errors, "@include takes the name of a file in %s.\n", folder);
	else if (strstr(what, "duplicate"))
		fprintf(reader->errors, "give each key once, remove one of them.\n");
	else
		fprintf(reader->errors, "look for a missing quote, bracket or semicolon here or on "
					"the line before.\n");
}

static int parse_file(struct config_reader *reader, config_t *parsed)
{
	CLEANUP_FCLOSE FILE *file = NULL;
	CLEANUP_FREE char *folder = NULL;
	const char *slash = strrchr(reader->path, '/');
	int r;

	r = open_file(reader, reader->path, &file);
	if (r == -EPERM || r == -EINVAL || r == -ENOMEM)
		return r;
	if (r < 0) {
		fprintf(reader->errors, "%s: can't be opened (%s): check the path%s.\n",
			reader->path, strerror(-r), r == -EACCES ? " and who may read it" : "");
		return r == -EACCES ? -EPERM : r == -ENOENT ? -ENOENT : -EINVAL;
	}
	folder = slash ? print_path(reader, "%.*s", (int)(slash - reader->path + 1), reader->path)
		       : print_path(reader, "./");
	if (!folder)
		return -ENOMEM;
	r = check_included(reader, folder, file, 1);
	if (r < 0)
		return r;
	config_set_include_dir(parsed, folder);
	if (!config_read(parsed, file)) {
		complain_of_syntax(reader, parsed, folder);
		return -EINVAL;
	}
	config_read_root(reader, config_root_setting(parsed));
	return 0;
}

static struct config *config_new(void)
{
	struct config *config = calloc(1, sizeof(*config));

	if (!config)
		return NULL;
	config->delivery.ttl_hours = 72;
	config->delivery.unknown_minutes = 30;
	config->delivery.max_parts = 10;
	config->delivery.on_unknown = CONFIG_ON_UNKNOWN_RESEND;
	config->retention.text_days = 90;
	config->retention.record_days = 400;
	config->log.level = LOG_INFO;
	config->modem_discovery = true;
	return config;
}

static void cleanup_config(struct config **config)
{
	config_free(*config);
}

static int read_all(struct config_reader *reader, const char *path)
{
	CLEANUP(config_destroy) config_t parsed;
	int r;

	config_init(&parsed);
	if (path || access(SYSTEM_FILE, F_OK) == 0) {
		reader->path = path ? path : SYSTEM_FILE;
		reader->config->path = print_path(reader, "%s", reader->path);
		r = parse_file(reader, &parsed);
		if (r < 0)
			return r;
	}
	fill_defaults(reader);
	if (reader->out_of_memory)
		return -ENOMEM;
	return reader->error_count > 0 ? -EINVAL : 0;
}

int config_load(const char *path, FILE *errors, struct config **ret_config)
{
	CLEANUP(cleanup_config) struct config *config = config_new();
	struct config_reader reader = { .config = config, .errors = errors, .path = SYSTEM_FILE };
	int r = config ? read_all(&reader, path) : -ENOMEM;

	if (r == -ENOMEM)
		fprintf(errors, "%s: out of memory: free some and try again.\n", reader.path);
	if (r < 0)
		return r;
	*ret_config = TAKE_PTR(config);
	return 0;
}

static void modem_clear(struct config_modem *modem)
{
	free(modem->name);
	free(modem->device);
	free(modem->imei);
	free(modem->imsi);
	free(modem->iccid);
	free(modem->usb_path);
	free(modem->number);
	if (modem->pin)
		explicit_bzero(modem->pin, strlen(modem->pin));
	free(modem->pin);
	for (char **prefix = modem->prefixes; prefix && *prefix; prefix++)
		free(*prefix);
	free(modem->prefixes);
	free(modem->balance.code);
	free(modem->balance.pattern);
}

struct config *config_free(struct config *config)
{
	if (!config)
		return NULL;
	for (size_t i = 0; i < config->modem_count; i++)
		modem_clear(&config->modems[i]);
	free(config->modems);
	free(config->path);
	free(config->state_directory);
	free(config->country_code);
	free(config->trunk_prefix);
	free(config->api.socket);
	free(config);
	return NULL;
}
