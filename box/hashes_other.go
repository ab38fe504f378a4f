//go:build !amd64 || purego

package box

type hashLanes struct{}

// run hashes all messages.
func (h *hashes) run() {
	for i := range h.messages {
		h.runOne(&h.messages[i])
	}
}
