// Package qrcode shows texts as QR codes, on pages and in terminals. Codes correct errors of level M, as those of the
// reference. It imports nothing of ours.
package qrcode

import (
	"fmt"
	"strings"

	"rsc.io/qr"
)

// quiet is how many modules around a code stay light, so that readers find it.
const quiet = 4

// picture is a code with its margin: dark modules, row by row.
type picture struct {
	code *qr.Code
	size int
}

func encode(text string) (picture, error) {
	code, err := qr.Encode(text, qr.M)
	if err != nil {
		return picture{}, fmt.Errorf("qrcode: %w", err)
	}
	return picture{code, code.Size + 2*quiet}, nil
}

func (p picture) dark(x, y int) bool { return p.code.Black(x-quiet, y-quiet) }

// SVG is a text's code as an SVG image.
func SVG(text string) (string, error) {
	p, err := encode(text)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" shape-rendering="crispEdges"><path fill="#fff" d="M0 0h%dv%dH0z"/><path d="`,
		p.size, p.size, p.size, p.size)
	for y := range p.size {
		for x := 0; x < p.size; x++ {
			from := x
			for p.dark(x, y) {
				x++
			}
			if x > from {
				fmt.Fprintf(&b, "M%d %dh%dv1h-%dz", from, y, x-from, x-from)
			}
		}
	}
	b.WriteString(`"/></svg>`)
	return b.String(), nil
}

// Terminal is a text's code in characters of a terminal, two modules each. Light modules are drawn, as most terminals are
// dark; with colours, which a file or another program does not want, it is right on all.
func Terminal(text string, colours bool) (string, error) {
	p, err := encode(text)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	for y := 0; y < p.size; y += 2 {
		if colours {
			b.WriteString("\x1b[38;5;231;48;5;16m")
		}
		for x := range p.size {
			switch above, below := p.dark(x, y), y+1 >= p.size || p.dark(x, y+1); {
			case above && below:
				b.WriteByte(' ')
			case above:
				b.WriteRune('▄')
			case below:
				b.WriteRune('▀')
			default:
				b.WriteRune('█')
			}
		}
		if colours {
			b.WriteString("\x1b[0m")
		}
		b.WriteByte('\n')
	}
	return b.String(), nil
}
