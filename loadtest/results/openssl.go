package results

import (
	"bytes"
	"context"
	"fmt"
	"os/exec"
	"strconv"
	"strings"
)

// opensslBlock is the size of what openssl is timed with: that of a block.
const opensslBlock = 16384

// OpenSSLTimings times the parts of the floor that the openssl program has, if it is installed: ChaCha20-Poly1305 as
// TLS uses it, and SHA-512. Its Ed25519 knows no batches.
func OpenSSLTimings(ctx context.Context) []Timing {
	var timings []Timing
	for _, c := range []struct {
		parts []string
		args  []string
	}{
		{[]string{"TLSOpen", "TLSSeal"}, []string{"-evp", "chacha20-poly1305"}},
		{[]string{"SHA512"}, []string{"-evp", "sha512"}},
	} {
		args := append([]string{"speed", "-mr", "-seconds", "1", "-bytes", strconv.Itoa(opensslBlock)}, c.args...)
		out, err := exec.CommandContext(ctx, "openssl", args...).Output()
		if err != nil {
			continue // not there, or not able to: the floor goes without
		}
		if rate, ok := opensslRate(out); ok {
			for _, part := range c.parts {
				timings = append(timings, Timing{fmt.Sprintf("Floor/%s/openssl", part), opensslBlock / rate * 1e9})
			}
		}
	}
	return timings
}

// opensslRate finds the bytes a second in the machine-readable output of `openssl speed`:
//
//	+F:22:ChaCha20-Poly1305:1712324608.00
func opensslRate(out []byte) (float64, bool) {
	for line := range bytes.Lines(out) {
		if text := strings.TrimSpace(string(line)); strings.HasPrefix(text, "+F:") {
			rate, err := strconv.ParseFloat(text[strings.LastIndexByte(text, ':')+1:], 64)
			return rate, err == nil && rate > 0
		}
	}
	return 0, false
}
