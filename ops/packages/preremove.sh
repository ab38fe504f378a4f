#!/bin/sh
# Stops what is removed, but not what is replaced by a newer package. Configuration and store stay.
set -e
case ${1:-} in
remove | 0) ;;
*) exit 0 ;;
esac
[ -d /run/systemd/system ] || exit 0
for unit in smp-server xftp-server; do
	if [ ! -e /usr/bin/$unit ] || [ "${DPKG_MAINTSCRIPT_PACKAGE:-$unit}" != $unit ]; then continue; fi
	systemctl disable --now $unit.service $unit-backup.timer || true
done
