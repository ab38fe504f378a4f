package packets

import (
	"errors"
	"io/fs"
	"net/url"
	"os"
)

// Cause is what the log may say of an error: without the names of files and objects, which are IDs of packets.
func Cause(err error) string {
	var file *fs.PathError
	var link *os.LinkError
	var remote *url.Error
	switch {
	case errors.As(err, &remote): // first, as it may hold one of the others
		return remote.Op + ": " + Cause(remote.Err)
	case errors.As(err, &file):
		return file.Op + ": " + Cause(file.Err)
	case errors.As(err, &link):
		return link.Op + ": " + Cause(link.Err)
	}
	return err.Error()
}
