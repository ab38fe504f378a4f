#!/bin/sh
# Makes the router's user and directories. It starts nothing: the router is set up by `init` first. Where there is no systemd, as
# in a root that is being made, the operator runs the router as a user of his choice.
set -e
command -v systemd-sysusers >/dev/null && systemd-sysusers
command -v systemd-tmpfiles >/dev/null && systemd-tmpfiles --create --prefix=/etc/opt --prefix=/var/opt --prefix=/srv
[ -d /run/systemd/system ] && systemctl daemon-reload
exit 0
