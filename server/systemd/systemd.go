// Package systemd tells systemd how far a server has come (sd_notify(3)), for units of Type=notify and Type=notify-reload:
//
//	Ready      it serves, at the start and after a reload
//	Reloading  it rereads its settings
//	Stopping   it was told to end
//
// Without systemd nothing is said, and a word that does not arrive is no fault of the server's: systemd itself says what it
// misses. The package imports nothing of ours.
package systemd

import "github.com/coreos/go-systemd/v22/daemon"

// Ready says that the server serves.
func Ready() { tell(daemon.SdNotifyReady) }

// Reloading says that the server rereads its settings, until Ready.
func Reloading() { tell(daemon.SdNotifyReloading + "\n" + daemon.SdNotifyMonotonicUsec()) }

// Stopping says that the server ends.
func Stopping() { tell(daemon.SdNotifyStopping) }

func tell(state string) { _, _ = daemon.SdNotify(false, state) }
