package smp

import "testing"

type transcript struct {
	Version   Version
	SessionID hexBytes `json:"session_id"`
	Blocks    []struct {
		From      string
		Handshake bool
		Content   hexBytes // nil where the recording left it out
	}
}

// Recorded sessions of the reference: every block is read by the side that received it and written again.
func TestTranscripts(t *testing.T) {
	sessions := readVectors[transcript](t, "transcripts")
	if len(sessions) != 10 {
		t.Errorf("%d sessions", len(sessions))
	}
	for _, s := range sessions {
		for i, block := range s.Blocks {
			switch {
			case block.Content == nil:
			case block.Handshake && block.From == "server":
				h, ok := ParseServerHello(block.Content)
				if eq(t, "router hello", AppendServerHello(nil, &h), block.Content); !ok {
					t.Errorf("version %d block %d: hello", s.Version, i)
				}
				eq(t, "session ID", h.SessionID, s.SessionID)
			case block.Handshake:
				h, ok := ParseClientHello(block.Content)
				if eq(t, "client hello", AppendClientHello(nil, &h), block.Content); !ok || h.Version != s.Version {
					t.Errorf("version %d block %d: client hello", s.Version, i)
				}
			default:
				s.checkBlock(t, i, block.Content, block.From == "client")
			}
		}
	}
}

func (s *transcript) checkBlock(t *testing.T, i int, content []byte, fromClient bool) {
	t.Helper()
	batch, ok := ParseBatch(content)
	if !ok {
		t.Errorf("version %d block %d: content", s.Version, i)
		return
	}
	var again [][]byte
	for batch.Len() > 0 {
		b, _ := batch.Next()
		if fromClient {
			b = s.again(t, i, b)
		} else {
			b = s.answerAgain(t, i, b)
		}
		again = append(again, b)
	}
	eq(t, "block", AppendBatch(nil, again...), content)
}

func (s *transcript) again(t *testing.T, i int, b []byte) []byte {
	t.Helper()
	tr, err := serve(s.Version, s.SessionID, b)
	if !err.IsZero() {
		s.checkRefusal(t, i+1, tr, err)
		signed := AppendAuthorized(nil, nil, tr.CorrID, tr.EntityID, tr.Command)[1:]
		return AppendTransmission(nil, s.Version, s.SessionID, tr.Auth, tr.ServiceSig, signed)
	}
	tag, params, _ := ParseCommand(s.Version, tr.Command)
	command := reencodeCommand(t, s.Version, tag, params)
	signed := AppendAuthorized(nil, nil, tr.CorrID, tr.EntityID, command)[1:]
	return AppendTransmission(nil, s.Version, s.SessionID, tr.Auth, tr.ServiceSig, signed)
}

func (s *transcript) answerAgain(t *testing.T, i int, b []byte) []byte {
	t.Helper()
	tr, err := ParseResponseTransmission(s.Version, s.SessionID, b)
	if !err.IsZero() {
		t.Errorf("version %d block %d: %v", s.Version, i, err)
		return nil
	}
	tag, params, err := ParseResponse(s.Version, tr.Command)
	if err.IsZero() {
		err = CheckResponseEntity(tag, len(tr.EntityID) > 0)
	}
	if !err.IsZero() {
		t.Errorf("version %d block %d: %v", s.Version, i, err)
		return nil
	}
	header := AppendResponseHeader(nil, s.Version, s.SessionID, tr.CorrID, tr.EntityID)
	return append(header, reencodeResponse(t, s.Version, tag, params)...)
}

// checkRefusal compares err with what the reference's router answered in block i.
func (s *transcript) checkRefusal(t *testing.T, i int, tr Transmission, err Error) {
	t.Helper()
	answer := AppendErr(AppendResponseHeader(nil, s.Version, s.SessionID, tr.CorrID, tr.EntityID), s.Version, err)
	eq(t, "refusal", AppendBatch(nil, answer), s.Blocks[i].Content)
}
