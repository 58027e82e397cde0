/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * See bench.h.
 */
#include "tests/bench/bench.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

double bench_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* RFC 3339 with microseconds. */
double bench_moment(const json_t *event)
{
	struct tm tm = { 0 };
	const char *text = world_text(event, "at");
	const char *rest = strptime(text, "%Y-%m-%dT%H:%M:%S", &tm);
	double fraction = rest && *rest == '.' ? strtod(rest, NULL) : 0;
	const char *zone = rest ? strpbrk(rest, "+-") : NULL;
	double offset = 0;

	if (zone)
		offset = (double)(strtol(zone, NULL, 10) * 3600);
	return (double)timegm(&tm) + fraction - offset;
}

static int double_compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

double bench_percentile(double *values, size_t count, unsigned percent)
{
	if (count == 0)
		return 0;
	qsort(values, count, sizeof(values[0]), double_compare);
	return values[percent == 0 ? 0 : (count * percent + 99) / 100 - 1];
}

void bench_path(struct world *world, char path[static 256], const char *name)
{
	snprintf(path, 256, "%s/%s", world_directory(world), name);
}

void bench_folder_make(struct world *world, const char *name)
{
	char path[256];

	bench_path(world, path, name);
	if (mkdir(path, 0700) < 0)
		world_fail(world, "the folder %s cannot be made", path);
}

FILE *bench_file_make(struct world *world, const char *name, mode_t mode)
{
	char path[256];
	FILE *file;

	bench_path(world, path, name);
	file = fopen(path, "we");
	if (!file || fchmod(fileno(file), mode) < 0)
		world_fail(world, "the file %s cannot be made", path);
	return file;
}

/* ---------------------------------------------------------------- gammu-smsd */

void bench_gammu_prepare(struct world *world, const char *modem)
{
	static const char *const folders[] = { "in", "out", "sent", "error" };
	char name[64];

	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
		snprintf(name, sizeof(name), "%.40s-%s", modem, folders[i]);
		bench_folder_make(world, name);
	}
}

void bench_gammu_fill(struct world *world, const char *modem, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		char name[96], number[16];
		FILE *file;

		world_number(world, number);
		snprintf(name, sizeof(name), "%.40s-out/OUT%s.txt", modem, number);
		file = bench_file_make(world, name, 0600);
		fputs(BENCH_TEXT, file);
		fclose(file);
	}
}

pid_t bench_gammu_start(struct world *world, const char *modem, const char *hook)
{
	char program[] = BENCH_GAMMU, option[] = "-c", name[64], config[256];
	char *argv[] = { program, option, config, NULL };
	const char *top = world_directory(world);
	FILE *file;

	snprintf(name, sizeof(name), "%.40s.conf", modem);
	bench_path(world, config, name);
	file = bench_file_make(world, name, 0600);
	fprintf(file,
		"[gammu]\ndevice = %s/cell/%s\nconnection = at115200\n"
		"[smsd]\nservice = files\nlogfile = %s/%s.log\n"
		"inboxpath = %s/%s-in/\noutboxpath = %s/%s-out/\nsentsmspath = %s/%s-sent/\n"
		"errorsmspath = %s/%s-error/\n",
		top, modem, top, modem, top, modem, top, modem, top, modem, top, modem);
	if (hook)
		fprintf(file, "runonreceive = %s\n", hook);
	fclose(file);
	return world_program_start(world, argv, modem);
}
