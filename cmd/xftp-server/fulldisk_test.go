package main

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"switchyard/box"
	"switchyard/internal/disk/disktest"
	"switchyard/xftp"
	"switchyard/xftp/client"
)

// TestFullDisk has another program fill the disk that a running router's records and packets share. New packets are refused,
// packets are received and deleted, and when there is space again the same process takes packets, and ends when it is told.
func TestFullDisk(t *testing.T) {
	disktest.WithMounts(t, func() { fullDisk(t) })
}

func fullDisk(t *testing.T) {
	p := newProcess(t)
	disk := filepath.Join(p.dir, "var")
	check(t, os.MkdirAll(disk, 0o700))
	disktest.Mount(t, disk, 64<<20)
	p.edit("path = "+filepath.Join(p.dir, "files"), "path = "+filepath.Join(disk, "files"))
	p.start()
	key, err := box.GenerateKey(box.Ed25519, rand.Reader)
	check(t, err)
	body := make([]byte, xftp.Size64K)
	rand.Read(body)
	sum := sha256.Sum256(body)
	create := func(recipients int) (id []byte, recipient []byte, err error) {
		c := p.dial() // as a refusal may end a connection
		defer c.Close()
		var keys []box.PublicKey
		for range recipients {
			keys = append(keys, key.Public())
		}
		id, ids, err := c.Create(ctx, key, client.Packet{Size: xftp.Size64K, Digest: sum[:], Recipients: keys})
		if err != nil {
			return nil, nil, err
		}
		return id, ids[0], nil
	}
	send := func() (id, recipient []byte, err error) {
		if id, recipient, err = create(1); err != nil {
			return nil, nil, err
		}
		c := p.dial()
		defer c.Close()
		return id, recipient, c.Upload(ctx, key, id, bytes.NewReader(body), xftp.Size64K)
	}
	id, recipient, err := send()
	check(t, err)
	ballast := filepath.Join(disk, "store", "RESERVE")
	for _, err := os.Stat(ballast); errors.Is(err, os.ErrNotExist) && ctx.Err() == nil; _, err = os.Stat(ballast) {
	}
	filler := disktest.Fill(t, disk, 600<<10)
	for err = nil; err == nil; { // records fill what is left
		_, _, err = create(200)
	}
	if !errors.Is(err, xftp.ErrQuota) {
		t.Errorf("FNEW got %v", err)
	}
	c := p.dial()
	defer c.Close()
	check(t, c.Download(ctx, key, recipient, xftp.Size64K, sum[:], io.Discard))
	for err := c.Acknowledge(ctx, key, recipient); err != nil; err = c.Acknowledge(ctx, key, recipient) {
		if !errors.Is(err, xftp.ErrFileIO) { // until the place of the ballast is free
			t.Fatalf("FACK got %v", err)
		}
	}
	check(t, c.Delete(ctx, key, id))
	check(t, os.Remove(filler))
	for _, _, err = send(); err != nil; _, _, err = send() {
		if !errors.Is(err, xftp.ErrQuota) {
			t.Fatal(err)
		}
	}
	p.stop(syscall.SIGTERM)
	if n := strings.Count(p.log(), "level=ERROR"); n == 0 || n > 3 {
		t.Errorf("%d errors are logged: %s", n, p.log())
	}
	left, err := os.ReadDir(filepath.Join(disk, "files", ".uploads"))
	if check(t, err); len(left) > 0 {
		t.Errorf("%d uploads are left", len(left))
	}
}
