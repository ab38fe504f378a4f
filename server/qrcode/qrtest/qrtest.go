// Package qrtest reads QR codes, as a camera would. Only tests import it; it imports nothing of ours.
package qrtest

import (
	"image"
	"image/color"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode"
)

// Read is the text of the code in an image. What cannot be read ends the test.
func Read(t testing.TB, img image.Image) string {
	t.Helper()
	source := gozxing.NewLuminanceSourceFromImage(img)
	var fault error
	for _, how := range []gozxing.DecodeHintType{gozxing.DecodeHintType_TRY_HARDER, gozxing.DecodeHintType_PURE_BARCODE} {
		bitmap, err := gozxing.NewBinaryBitmap(gozxing.NewHybridBinarizer(source))
		if err != nil {
			t.Fatal(err)
		}
		result, err := qrcode.NewQRCodeReader().Decode(bitmap, map[gozxing.DecodeHintType]any{how: true, gozxing.DecodeHintType_CHARACTER_SET: "UTF-8"})
		if err == nil {
			return result.GetText()
		}
		fault = err
	}
	t.Fatalf("no QR code can be read in %v: %v", img.Bounds(), fault)
	return ""
}

// scale is how many pixels a module has on each side.
const scale = 4

// modules is an image of a code, light where nothing is drawn.
type modules struct {
	size int
	dark map[image.Point]bool
}

func (m modules) ColorModel() color.Model { return color.GrayModel }
func (m modules) Bounds() image.Rectangle { return image.Rect(0, 0, m.size*scale, m.size*scale) }
func (m modules) At(x, y int) color.Color {
	if m.dark[image.Pt(x/scale, y/scale)] {
		return color.Black
	}
	return color.White
}

var (
	viewBox = regexp.MustCompile(`viewBox="0 0 (\d+) (\d+)"`)
	run     = regexp.MustCompile(`M(\d+) (\d+)h(\d+)v1h-(\d+)z`)
)

// ReadSVG is the text of the code in an SVG image that draws the dark modules as runs.
func ReadSVG(t testing.TB, svg string) string {
	t.Helper()
	number := func(s string) int {
		n, err := strconv.Atoi(s)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	size := viewBox.FindStringSubmatch(svg)
	if size == nil {
		t.Fatalf("no picture: %.200s", svg)
	}
	m := modules{number(size[1]), make(map[image.Point]bool)}
	for _, r := range run.FindAllStringSubmatch(svg, -1) {
		for x := range number(r[3]) {
			m.dark[image.Pt(number(r[1])+x, number(r[2]))] = true
		}
	}
	return Read(t, m)
}

// ReadTerminal is the text of the code in the lines of half blocks that a terminal shows.
func ReadTerminal(t testing.TB, text string) string {
	t.Helper()
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	m := modules{len([]rune(lines[0])), make(map[image.Point]bool)}
	for i, line := range lines {
		for x, r := range []rune(line) {
			m.dark[image.Pt(x, 2*i)] = r == ' ' || r == '▄'
			m.dark[image.Pt(x, 2*i+1)] = r == ' ' || r == '▀'
		}
	}
	return Read(t, m)
}
