# SPDX-License-Identifier: GPL-2.0-or-later
# A guest in qemu, and the modems of a simulated cell as USB devices of it: FTDI adapters, each joined
# to the pseudo-terminal of a modem.  To be sourced; `folder` (a new one, with a short path: it holds
# sockets) and `guest` (build-guest's) are set by the caller.  Everything ends with vm_stop.

# The cell on the host; its options as arguments.
vm_cell_start() {
	mkdir -p "$folder/cell"
	"$FOOTBRIDGE_BIN/footbridge-cell" "$@" "$folder/cell" >"$folder/cell.log" 2>&1 &
	vm_cell_pid=$!
	until grep -qx ready "$folder/cell.log"; do
		kill -0 $vm_cell_pid 2>/dev/null || { cat "$folder/cell.log" >&2; return 1; }
		sleep 0.1
	done
}

# Everything below $folder/stage is in the guest at the same place.
vm_start() {
	# Software emulation: a KVM that is there need not work.
	qemu-system-x86_64 -M q35 -accel tcg,tb-size=256 -cpu max -m 1024 -nodefaults -no-user-config \
		-display none -nic none -kernel "$guest/vmlinuz" -initrd "$guest/initrd.img" \
		-append 'root=/dev/vda rw console=ttyS0 loglevel=4 mitigations=off random.trust_cpu=on net.ifnames=0 audit=0' \
		-drive "if=virtio,format=raw,snapshot=on,file=$guest/root.img" \
		-device qemu-xhci,id=usb,p2=15,p3=2,addr=0a \
		-device virtio-rng-pci -device virtio-serial-pci \
		-virtfs "local,path=$folder/stage,mount_tag=stage,security_model=none,readonly=on" \
		-chardev "socket,id=agent,path=$folder/agent,server=on,wait=off" \
		-device virtserialport,chardev=agent,name=agent \
		-serial "file:$folder/console" -qmp "unix:$folder/qmp,server=on,wait=off" \
		>"$folder/qemu.log" 2>&1 &
	vm_pid=$!
	until [ -S "$folder/agent" ] && [ -S "$folder/qmp" ]; do
		kill -0 $vm_pid 2>/dev/null || { cat "$folder/qemu.log" >&2; return 1; }
		sleep 0.1
	done
	coproc AGENT { exec socat - "UNIX-CONNECT:$folder/agent"; }
	# The shell warns of a second coprocess.
	{ coproc QMP { exec socat - "UNIX-CONNECT:$folder/qmp"; }; } 2>"$folder/coproc.log"
	# Its own descriptors are kept from subshells.
	exec {vm_to}>&"${AGENT[1]}" {vm_from}<&"${AGENT[0]}" {qmp_to}>&"${QMP[1]}" {qmp_from}<&"${QMP[0]}"
	vm_qmp '{"execute":"qmp_capabilities"}'
	vm_booted
	vm_run 'mount -t 9p -o trans=virtio,ro stage /mnt && cp -a --no-preserve=ownership /mnt/. /'
}

vm_booted() {
	vm_run 'systemctl is-system-running --wait' >"$folder/booted" ||
		[ "$(cat "$folder/booted")" = degraded ]
}

# Runs a command of bash in the guest as root: its output, and its exit status.
vm_run() {
	local line output
	base64 -w 0 <<<"$1" >&"$vm_to"
	echo >&"$vm_to"
	read -r -t 400 -u "$vm_from" line || return 125
	output=$(base64 -d <<<"$line")
	[ "$output" = "${output##*$'\n'}" ] || printf '%s\n' "${output%$'\n'*}"
	return "${output##*$'\n'}"
}

# One command of qemu's monitor protocol.
vm_qmp() {
	local line
	printf '%s\n' "$1" >&"$qmp_to"
	while read -r -t 30 -u "$qmp_from" line; do
		case $line in
		*'"return"'*) return 0 ;;
		*'"error"'*) echo "qemu: $line" >&2; return 1 ;;
		esac
	done
	return 1
}

# One line of JSON to the cell on the host; its answer.
vm_cell() {
	socat -t 5 - "UNIX-CONNECT:$folder/cell/control" <<<"$1"
}

# vm_plug MODEM PORT: the modem of the cell is an FTDI adapter at that port, its name the serial number.
vm_plug() {
	vm_cell "{\"op\":\"plug\",\"modem\":\"$1\"}" >/dev/null
	vm_qmp "{\"execute\":\"chardev-add\",\"arguments\":{\"id\":\"$1\",\"backend\":{\"type\":\"serial\",\"data\":{\"device\":\"$folder/cell/$1\"}}}}" &&
	vm_qmp "{\"execute\":\"device_add\",\"arguments\":{\"driver\":\"usb-serial\",\"id\":\"dev-$1\",\"chardev\":\"$1\",\"bus\":\"usb.0\",\"port\":\"$2\",\"serial\":\"$1\"}}"
}

# The cable is out; the modem loses its power with it.
vm_unplug() {
	local tries
	vm_qmp "{\"execute\":\"device_del\",\"arguments\":{\"id\":\"dev-$1\"}}" || return
	vm_cell "{\"op\":\"unplug\",\"modem\":\"$1\"}" >/dev/null
	for ((tries = 0; tries < 50; tries++)); do
		vm_qmp "{\"execute\":\"chardev-remove\",\"arguments\":{\"id\":\"$1\"}}" 2>/dev/null && return
		sleep 0.1
	done
	return 1
}

vm_stop() {
	local pid
	for pid in ${vm_pid:-} ${vm_cell_pid:-} ${AGENT_PID:-} ${QMP_PID:-}; do
		kill "$pid" 2>/dev/null || true
	done
	wait 2>/dev/null || true
}
