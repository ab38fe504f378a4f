package router

import (
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"syscall"
	"testing"
)

func TestCauseNamesNoFile(t *testing.T) {
	const id = "c2VjcmV0IElEIG9mIGEgcGFja2V0"
	for _, test := range []struct {
		err  error
		want string
	}{
		{&fs.PathError{Op: "read", Path: "/files/" + id, Err: syscall.EIO}, "read: input/output error"},
		{fmt.Errorf("cannot publish: %w", &os.LinkError{Op: "rename", Old: id, New: id, Err: syscall.ENOSPC}), "rename: no space left on device"},
		{errors.Join(&fs.PathError{Op: "sync", Path: id, Err: syscall.EIO}, errors.New(id)), "sync: input/output error"},
		{&url.Error{Op: "Put", URL: "http://s3/xftp/packets/" + id, Err: &fs.PathError{Op: "read", Path: id, Err: syscall.EIO}}, "Put: read: input/output error"},
		{errors.New("the store is closed"), "the store is closed"},
	} {
		if got := cause(test.err); got != test.want {
			t.Errorf("%q: %q, want %q", test.err, got, test.want)
		}
	}
}
