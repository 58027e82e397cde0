/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The calls of libgammu 1.42.  Its errors begin at 1 (ERR_NONE); it is told of stand-ins only, so
 * that nothing here carries a text or a number of anybody.
 */
#include "modem/gammu.h"

#include <errno.h>
#include <gammu.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

struct gammu {
	GSM_StateMachine *machine;
	bool answered; /* the result of a send has come */
};

static int translate(GSM_Error error)
{
	switch ((int)error) {
	case ERR_NONE:
		return 0;
	case ERR_TIMEOUT:
		return -ETIMEDOUT;
	case ERR_EMPTY:
	case ERR_INVALIDLOCATION:
		return -ENOENT;
	case ERR_SECURITYERROR:
		return -EACCES;
	case ERR_NOTSUPPORTED:
	case ERR_MEMORY_NOT_AVAILABLE:
		return -EOPNOTSUPP;
	case ERR_DEVICEWRITEERROR:
	case ERR_DEVICEREADERROR:
	case ERR_DEVICEOPENERROR:
	case ERR_NOTCONNECTED:
		return -EIO;
	case ERR_MOREMEMORY:
		return -ENOMEM;
	default:
		return -EPROTO;
	}
}

static void send_answered(GSM_StateMachine *machine, int status, int reference, void *userdata)
{
	struct gammu *gammu = userdata;

	(void)machine;
	(void)status;
	(void)reference;
	gammu->answered = true;
}

/* "dku2at" is the serial AT driver without its wait after every byte. */
static int configure(GSM_StateMachine *machine, const char *path)
{
	GSM_Config *config = GSM_GetConfig(machine, 0);

	config->Device = strdup(path);
	config->Connection = strdup("dku2at");
	if (!config->Device || !config->Connection)
		return -ENOMEM;
	strcpy(config->Model, "at");
	config->DebugLevel[0] = '\0';
	config->DebugFile = NULL;
	config->SyncTime = FALSE;
	config->LockDevice = FALSE;
	config->StartInfo = FALSE;
	config->UseGlobalDebugFile = FALSE;
	config->PhoneFeatures[0] = 0;
	memcpy(config->CNMIParams, (const int[5]){ -1, 1, -1, 1, -1 }, sizeof(config->CNMIParams));
	GSM_SetConfigNum(machine, 1);
	return 0;
}

int gammu_open(const char *path, struct gammu **ret_gammu)
{
	struct gammu *gammu = calloc(1, sizeof(*gammu));
	int r;

	if (!gammu)
		return -ENOMEM;
	gammu->machine = GSM_AllocStateMachine();
	r = gammu->machine ? configure(gammu->machine, path) : -ENOMEM;
	/* One try for each command: with more, a PIN would be sent again after a time-out. */
	if (r == 0)
		r = translate(GSM_InitConnection(gammu->machine, 1));
	if (r < 0) {
		gammu_close(gammu);
		return r;
	}
	GSM_SetSendSMSStatusCallback(gammu->machine, send_answered, gammu);
	*ret_gammu = gammu;
	return 0;
}

struct gammu *gammu_close(struct gammu *gammu)
{
	if (!gammu)
		return NULL;
	if (gammu->machine) {
		if (GSM_IsConnected(gammu->machine))
			GSM_TerminateConnection(gammu->machine);
		GSM_FreeStateMachine(gammu->machine);
	}
	free(gammu);
	return NULL;
}

int gammu_send(struct gammu *gammu)
{
	static GSM_SMSMessage message;
	GSM_Error error;

	GSM_SetDefaultSMSData(&message);
	message.PDU = SMS_Submit;
	message.Class = -1;
	message.Coding = SMS_Coding_Default_No_Compression;
	/* Location 1 would ask the modem for its service centre each time. */
	message.SMSC.Location = 0;
	EncodeUnicode(message.SMSC.Number, "1234", 4);
	EncodeUnicode(message.Number, "1234", 4);
	EncodeUnicode(message.Text, "A", 1);
	message.Length = 1;

	gammu->answered = false;
	error = GSM_SendSMS(gammu->machine, &message);
	if (error != ERR_NONE)
		return translate(error);
	/* Past Ctrl-Z there is no giving up: the daemon holds the deadline. */
	while (!gammu->answered)
		if (GSM_ReadDevice(gammu->machine, TRUE) < 0)
			return -EIO;
	return 0;
}

/* The two that it reads in the same way as the modem. */
static bool memory_type(const char *memory, GSM_MemoryType *ret)
{
	bool sim = strcmp(memory, "SM") == 0;

	*ret = sim ? MEM_SM : MEM_ME;
	return sim || strcmp(memory, "ME") == 0;
}

int gammu_read(struct gammu *gammu, const char *memory, int location)
{
	static GSM_MultiSMSMessage messages;

	/* One of the 50 is asked for; the others stay untouched, 260 kB that take no memory. */
	messages.Number = 0;
	memset(&messages.SMS[0], 0, sizeof(messages.SMS[0]));
	if (!memory_type(memory, &messages.SMS[0].Memory))
		return -EOPNOTSUPP;
	messages.SMS[0].Location = location;
	return translate(GSM_GetSMS(gammu->machine, &messages));
}

int gammu_delete(struct gammu *gammu, const char *memory, int location)
{
	static GSM_SMSMessage message;

	memset(&message, 0, sizeof(message));
	if (!memory_type(memory, &message.Memory))
		return -EOPNOTSUPP;
	message.Location = location;
	return translate(GSM_DeleteSMS(gammu->machine, &message));
}

int gammu_identify(struct gammu *gammu)
{
	char text[GSM_MAX_INFO_LENGTH + 1];
	GSM_Error imei, imsi;

	imei = GSM_GetIMEI(gammu->machine, text);
	imsi = GSM_GetSIMIMSI(gammu->machine, text);
	return translate(imei != ERR_NONE ? imei : imsi);
}

int gammu_signal(struct gammu *gammu, int *ret_percent)
{
	GSM_SignalQuality quality;
	int r;

	memset(&quality, 0, sizeof(quality));
	quality.SignalPercent = -1;
	r = translate(GSM_GetSignalQuality(gammu->machine, &quality));
	*ret_percent = -1;
	if (r == 0 && quality.SignalPercent >= 0 && quality.SignalPercent <= 100)
		*ret_percent = quality.SignalPercent;
	return r;
}
