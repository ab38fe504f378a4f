package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"switchyard/xftp/desc"
)

// input is a description, and where it comes from.
type input struct {
	*desc.Description
	link bool   // others may have it, too
	path string // of the file with the description, empty if there is none
}

// readInput reads a description: that of a link, or of a file, which may hold a link; "-" is standard input.
func (c *console) readInput(ctx context.Context, arg string) (in input, err error) {
	if desc.IsLink(arg) {
		d, err := desc.ParseLink(arg)
		return input{d, true, ""}, err
	}
	text, err := await(ctx, func() ([]byte, error) {
		src := c.in
		if arg != "-" {
			f, err := os.Open(arg)
			if err != nil {
				return nil, err
			}
			defer f.Close()
			src = f
		}
		return io.ReadAll(io.LimitReader(src, desc.MaxText+1))
	})
	if err != nil {
		_, end, cut := strings.Cut(arg, "#")
		if !cut {
			end = arg
		}
		if d, bare := desc.ParseFragment(end); bare == nil { // of a link only the end was copied
			return input{d, true, ""}, nil
		}
		if cut && ctx.Err() == nil {
			err = errors.New("there is no such file, and a link begins with https:// or simplex:/ and has the whole description behind #")
		}
		return input{}, err
	}
	if line := string(bytes.TrimSpace(text)); desc.IsLink(line) {
		d, err := desc.ParseLink(line)
		return input{d, true, ""}, err
	}
	if arg != "-" {
		in.path = arg
	}
	if in.Description, err = desc.Parse(text); err != nil {
		return input{}, fmt.Errorf("Failed to parse file description: %s: %w; it may be cut off: take it anew from who sent it", arg, err)
	}
	return in, nil
}

// readFor reads a description for a party.
func (c *console) readFor(ctx context.Context, arg string, party desc.Party) (input, error) {
	in, err := c.readInput(ctx, arg)
	if err == nil {
		_, err = in.For(party)
	}
	if errors.Is(err, desc.ErrParty) {
		other := map[desc.Party]string{
			desc.Recipient: "a sender, who deletes the file with it: xftp del",
			desc.Sender:    "a recipient, who receives the file with it: xftp recv",
		}
		err = fmt.Errorf("%w: this description is for %s", err, other[party])
	}
	return in, err
}
