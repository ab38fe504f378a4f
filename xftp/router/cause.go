package router

import (
	"errors"
	"io/fs"
	"net/url"
	"os"
)

// cause is what the log may say of an error: without the names of files and objects, which are IDs of packets.
func cause(err error) string {
	var file *fs.PathError
	var link *os.LinkError
	var remote *url.Error
	switch {
	case errors.As(err, &remote): // first, as it may hold one of the others
		return remote.Op + ": " + cause(remote.Err)
	case errors.As(err, &file):
		return file.Op + ": " + cause(file.Err)
	case errors.As(err, &link):
		return link.Op + ": " + cause(link.Err)
	}
	return err.Error()
}
