package agent

// Message is what a recipient reads.
type Message struct {
	ID     []byte
	Time   int64 // of the router, seconds since 1970
	Notify bool  // the sender asked for a notification
	Quota  bool  // no message but a mark: here the queue was full
	Body   []byte
}

// Open decrypts the body of MSG in place: sealed is overwritten and the message's slices are parts of it and msgID. The
// error is ErrBody.
func (q *RcvQueue) Open(msgID, sealed []byte) (Message, error) { panic("agent: being built") }
