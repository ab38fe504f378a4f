package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"strings"
	"syscall"

	"switchyard/tls"
	"switchyard/xftp"
	"switchyard/xftp/client"
)

// explain says in one line what is wrong and how to mend it.
func explain(ctx context.Context, err error) string {
	var router *client.RouterError
	var room *client.RoomError
	var connect *client.ConnectError
	text := redacted(strings.Join(strings.Fields(err.Error()), " ")) // whatever a library put into it
	switch {
	case ctx.Err() != nil:
		return "interrupted"
	case errors.As(err, &router):
		return meaning(router)
	case errors.As(err, &connect) && errors.Is(err, tls.ErrUnknownCA):
		return text + "; that router has another fingerprint than the address says: correct the address"
	case errors.As(err, &connect):
		return text + "; see that the address is right, its port too, and that an XFTP router runs there"
	case errors.As(err, &room):
		return text + "; make room, or give another directory"
	case errors.Is(err, fs.ErrPermission):
		return text + "; give a place that you may use"
	case errors.Is(err, syscall.EROFS):
		return text + "; give a place that can be written"
	case errors.Is(err, syscall.ENOTDIR):
		return text + "; a part of the path is a file: give another path"
	case errors.Is(err, syscall.ENAMETOOLONG):
		return text + "; give a shorter one"
	case errors.Is(err, client.ErrKind):
		return text + "; what comes through a pipe can be sent as standard input: xftp send --name NAME -"
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return text + "; make room, or give another directory, for what is on its way with --tmp"
	}
	return text
}

// meaning says what a router's answer means at a step.
func meaning(e *client.RouterError) string {
	switch {
	case e.Err == xftp.ErrAuth && e.Step == client.Uploading && e.Password:
		return "the router " + e.Host + " does not accept this password, or takes no new files at present; correct the address in --servers"
	case e.Err == xftp.ErrAuth && e.Step == client.Uploading:
		return "the router " + e.Host + " wants a password, or takes no new files at present; give the password in --servers, as xftp://FINGERPRINT:PASSWORD@" + e.Host
	case e.Err == xftp.ErrAuth && e.Step == client.Deleting:
		return "the router " + e.Host + " does not have the file any more: it was deleted before, or has expired"
	case e.Err == xftp.ErrAuth:
		return "the router " + e.Host + " does not have the file any more: it was received already with this link or description, was deleted, or has expired; ask its sender for another link"
	case e.Err == xftp.ErrQuota:
		return "the router " + e.Host + " is full; try again later, or give another one with --servers"
	case e.Err == xftp.ErrNoFile:
		return "the file has not come to the router " + e.Host + " as a whole; try again when its sender has finished"
	case e.Err.IsBlocked():
		return "the operator of the router " + e.Host + " has blocked the file"
	case e.Err == xftp.ErrTimeout:
		return "the router " + e.Host + " has waited too long for a packet; try again"
	case e.Err == xftp.ErrSize:
		return "the router " + e.Host + " does not take packets of this size; give another one with --servers"
	case e.Err == xftp.ErrFileIO, e.Err == xftp.ErrInternal:
		return fmt.Sprintf("the router %s has a fault of its own (%s); try again later, or tell its operator", e.Host, e.Err)
	}
	return e.Error()
}

// secrets are what may stand in arguments that errors repeat: what is behind # in links, or a link's end that somebody has
// cut off, and passwords in addresses.
var secrets = []*regexp.Regexp{
	regexp.MustCompile(`#[\w/?%=-](?:[^\s"']*[^\s"':])?`),
	regexp.MustCompile(`desc=[^\s"']*[^\s"':]`),
	regexp.MustCompile(`[A-Za-z0-9_%=-]{100,}`),
	regexp.MustCompile(`:[^\s/:@\]"']+@`),
}

// redacted leaves them out.
func redacted(text string) string {
	for i, s := range secrets {
		text = s.ReplaceAllString(text, []string{"#…", "desc=…", "…", ":…@"}[i])
	}
	return text
}
