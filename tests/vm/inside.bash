# SPDX-License-Identifier: GPL-2.0-or-later
# In the guest: what the scenario asks of the daemon, of the journal and of the cell.  To be sourced.

# within SECONDS COMMAND…: tries until it succeeds.
within() {
	local end=$((SECONDS + $1))
	until "${@:2}"; do
		[ $SECONDS -lt $end ] || return 1
		sleep 0.5
	done
}

main_pid() {
	systemctl show -P MainPID footbridged
}

# usable MODEM…: all of them are.
usable() {
	footbridge --json modem list | jq -e '(.items? // .) |
		map(select(.state == "ready" or .state == "sending").name) as $up |
		$ARGS.positional - $up == []' --args "$@" >/dev/null
}

# The value of a field of a modem.
modem() {
	footbridge --json modem show "$1" | jq -r ".$2"
}

is() {
	[ "$(modem "$1" "$2")" = "$3" ]
}

# delivered ID…: all of them are.
delivered() {
	local id
	for id in "$@"; do
		[ "$(state "$id")" = delivered ] || return 1
	done
}

state() {
	footbridge --json message show "$1" | jq -r .state
}

# The modem that sent a message.
sender() {
	footbridge --json message show "$1" | jq -r '.recipients[0].modem'
}

# The cell that runs here, for the modems that are gadgets.
cell() {
	socat -t 5 - UNIX-CONNECT:/run/cell/control <<<"$1"
}

# seconds_since_kernel TEXT MODEM STATE: from the kernel's last message that ends in TEXT to the record of
# that state after it.
seconds_since_kernel() {
	local from
	from=$(journalctl -b -k -o json --output-fields=MESSAGE,_SOURCE_MONOTONIC_TIMESTAMP -n 1000 |
		jq -s --arg text "$1" 'map(select(.MESSAGE | type == "string" and endswith($text))) |
			last | ._SOURCE_MONOTONIC_TIMESTAMP | tonumber') || return
	journalctl -b -u footbridged -o json --output-fields=__MONOTONIC_TIMESTAMP \
		"FOOTBRIDGE_MODEM=$2" "FOOTBRIDGE_STATE_TO=$3" |
		jq -es --argjson from "$from" 'map(.__MONOTONIC_TIMESTAMP | tonumber | select(. > $from)) |
			first | (. - $from) / 1e4 | round / 100'
}
