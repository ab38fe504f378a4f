package shard

// list is a list of what is linked through itself: subscriptions, and those that are parked.
type list[T any, P linked[T]] struct {
	first, last *T
	len         int
}

// links is the place of a T in a list.
type links[T any] struct{ next, prev *T }

func (l *links[T]) place() *links[T] { return l }

// linked is a pointer to what has links.
type linked[T any] interface {
	*T
	place() *links[T]
}

// push gives one the last place.
func (l *list[T, P]) push(one *T) {
	l.len++
	*P(one).place() = links[T]{prev: l.last}
	if l.last == nil {
		l.first = one
	} else {
		P(l.last).place().next = one
	}
	l.last = one
}

// remove takes one out that is in the list.
func (l *list[T, P]) remove(one *T) {
	l.len--
	at := P(one).place()
	if at.prev == nil {
		l.first = at.next
	} else {
		P(at.prev).place().next = at.next
	}
	if at.next == nil {
		l.last = at.prev
	} else {
		P(at.next).place().prev = at.prev
	}
	*at = links[T]{}
}
