package smp

import (
	"bytes"
	"slices"
	"testing"
)

type batchResult struct {
	Error   string
	Item    int
	Items   []int
	Content digest
}

func TestBatchVectors(t *testing.T) {
	eachCase(t, readVectors[rawCase](t, "transmissions"), "batch", 20, func(t *testing.T, c struct {
		Lengths []int
		Result  []batchResult
	}) {
		spans := AppendBatchSpans(nil, c.Lengths)
		if len(spans) != len(c.Result) {
			t.Fatalf("%v: %d spans, want %d", c.Lengths, len(spans), len(c.Result))
		}
		for i, want := range c.Result {
			span := spans[i]
			if want.Error != "" {
				if !span.TooLarge || span.From != want.Item || span.To != want.Item+1 {
					t.Errorf("%v: span %d is %+v", c.Lengths, i, span)
				}
				continue
			}
			if span.TooLarge || span.From != want.Items[0] || span.To != want.Items[len(want.Items)-1]+1 {
				t.Errorf("%v: span %d is %+v, want %v", c.Lengths, i, span, want.Items)
				continue
			}
			var items [][]byte
			for n := span.From; n < span.To; n++ {
				items = append(items, bytes.Repeat([]byte{byte(n % 251)}, c.Lengths[n]))
			}
			checkContent(t, items, &want.Content)
		}
	})
}

// checkContent writes items into one block in both ways and reads them back.
func checkContent(t *testing.T, items [][]byte, want *digest) {
	t.Helper()
	content := AppendBatch(nil, items...)
	if !want.matches(content) {
		t.Errorf("content %.64x of %d bytes", content, len(content))
	}
	var p Packer
	p.Reset([]byte("room"))
	for _, item := range items {
		if !p.End(append(p.Begin(), item...)) {
			t.Fatalf("no room for a transmission of %d bytes", len(item))
		}
	}
	if eq(t, "packed", p.Bytes()[4:], content); p.Len() != len(items) {
		t.Errorf("%d transmissions packed, want %d", p.Len(), len(items))
	}
	batch, ok := ParseBatch(content)
	if !ok || batch.Len() != len(items) {
		t.Fatalf("content of %d transmissions: %v", batch.Len(), ok)
	}
	for _, item := range items {
		got, ok := batch.Next()
		if eq(t, "transmission", got, item); !ok {
			t.Error("batch ends early")
		}
	}
}

// The counts that the reference's own tests expect.
func TestFact59BatchSpans(t *testing.T) {
	sizes := func(counts ...[2]int) (sizes []int) {
		for _, c := range counts {
			sizes = append(sizes, slices.Repeat([]int{c[1]}, c[0])...)
		}
		return sizes
	}
	const sub, subV6, end, nmsg, send, sendV6 = 119, 151, 53, 201, 8000 + 139, 8000 + 155
	for _, c := range []struct {
		name  string
		sizes []int
		want  []int // transmissions of each block; -1 for one that is too large
	}{
		{"no transmissions", nil, nil},
		{"300 SUB", sizes([2]int{300, sub}), []int{30, 135, 135}},
		{"300 END", sizes([2]int{300, end}), []int{45, 255}},
		{"200 NMSG", sizes([2]int{200, nmsg}), []int{40, 80, 80}},
		{"250 SUB of version 6", sizes([2]int{250, subV6}), []int{38, 106, 106}},
		{"SEND in the middle", sizes([2]int{60, sub}, [2]int{1, send}, [2]int{40, sub}), []int{33, 68}},
		{"the same of version 6", sizes([2]int{60, subV6}, [2]int{1, sendV6}, [2]int{40, subV6}), []int{47, 54}},
		{"large first", sizes([2]int{1, 17000}, [2]int{210, sub}), []int{-1, 75, 135}},
		{"large in the middle", sizes([2]int{60, sub}, [2]int{1, 17000}, [2]int{150, sub}), []int{60, -1, 15, 135}},
		{"large last", sizes([2]int{2, sub}, [2]int{1, 17000}), []int{2, -1}},
	} {
		var got []int
		for _, s := range AppendBatchSpans(nil, c.sizes) {
			if n := s.To - s.From; s.TooLarge {
				got = append(got, -n)
			} else {
				got = append(got, n)
			}
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}

func TestPackerFull(t *testing.T) {
	var p Packer
	p.Reset(make([]byte, 0, BlockSize))
	for range MaxBatch {
		if !p.End(AppendOK(p.Begin())) {
			t.Fatal("no room for 255 short transmissions")
		}
	}
	if p.End(AppendOK(p.Begin())) || p.Len() != MaxBatch {
		t.Error("room for a 256th")
	}
	p.Reset(p.Bytes()[:0])
	if !p.End(append(p.Begin(), make([]byte, BatchLimit-2)...)) {
		t.Error("no room for the longest transmission")
	}
	whole := bytes.Clone(p.Bytes())
	if len(whole) != MaxEncryptedContent || p.End(p.Begin()) || p.Len() != 1 {
		t.Errorf("content of %d bytes with %d transmissions", len(whole), p.Len())
	}
	eq(t, "content after a refusal", p.Bytes(), whole)
	if allocs := testing.AllocsPerRun(100, func() {
		p.Reset(p.Bytes()[:0])
		p.End(AppendOK(AppendResponseHeader(p.Begin(), CurrentVersion, nil, nil, nil)))
	}); allocs > 0 && !raceEnabled {
		t.Errorf("%v allocations to pack a response", allocs)
	}
}

func TestBatchCut(t *testing.T) {
	content := AppendBatch(nil, []byte("one"), nil, []byte("three"))
	for n := range content {
		if _, ok := ParseBatch(content[:n]); ok {
			t.Errorf("read %d of %d bytes", n, len(content))
		}
	}
	if _, ok := ParseBatch(append(content, '#')); ok {
		t.Error("read a content with a byte left over")
	}
}
