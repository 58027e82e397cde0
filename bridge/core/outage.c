/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * See outage.h.
 */
#include "bridge/core/outage.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static bool is_disk_error(int error)
{
	return error == -ENOSPC || error == -EIO || error == -EUCLEAN || error == -EROFS ||
	       error == -EACCES;
}

enum outage_news outage_failed(struct outage *outage, int error, int64_t monotonic_usec)
{
	if (!is_disk_error(error) || outage->error == error)
		return OUTAGE_NO_NEWS;
	if (outage->error == 0)
		outage->since_usec = monotonic_usec;
	outage->error = error;
	return OUTAGE_BEGAN;
}

enum outage_news outage_worked(struct outage *outage)
{
	if (outage->error == 0)
		return OUTAGE_NO_NEWS;
	outage->error = 0;
	return OUTAGE_ENDED;
}

const char *outage_name(int error)
{
	if (error == -ENOSPC)
		return "StoreFull";
	return error == -EUCLEAN ? "StoreDamaged" : "StoreFailed";
}

const char *outage_explain(int error, const char *state_directory, char *buffer, size_t size)
{
	if (error == -ENOSPC)
		snprintf(buffer, size,
			 "The disk with %.200s is full; nothing was done. Free some space (df -h "
			 "shows where), then try again.",
			 state_directory);
	else if (error == -EUCLEAN)
		snprintf(
			buffer, size,
			"The database %.200s/footbridge.db is damaged; nothing was done, and it is "
			"not touched. Stop footbridged, move the file away, put a backup in its "
			"place (or none, to begin anew), and start it again.",
			state_directory);
	else
		snprintf(
			buffer, size,
			"The store in %.200s failed (%s); nothing was done. Look for a failing disk "
			"(journalctl -k -p err), then try again.",
			state_directory, strerror(-error));
	return buffer;
}
