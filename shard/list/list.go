// Package list is an intrusive doubly linked list: its elements hold their own links, so that an element is removed in
// constant time and a list takes no memory beside them. An element is in one list at a time. Whoever owns the elements owns
// the list; there is no lock. It imports nothing.
package list

// List is a list of T, which embeds Links[T].
type List[T any, P Linked[T]] struct {
	first, last *T
	len         int
}

// Links is the place of a T in a list.
type Links[T any] struct{ next, prev *T }

func (l *Links[T]) place() *Links[T] { return l }

// Next is the element behind this one, nil when there is none.
func (l *Links[T]) Next() *T { return l.next }

// Linked is a pointer to a T that embeds Links[T].
type Linked[T any] interface {
	*T
	place() *Links[T]
}

// First is the first element, nil when there is none.
func (l *List[T, P]) First() *T { return l.first }

// Len is the number of elements.
func (l *List[T, P]) Len() int { return l.len }

// Push adds an element behind the others.
func (l *List[T, P]) Push(one *T) {
	l.len++
	*P(one).place() = Links[T]{prev: l.last}
	if l.last == nil {
		l.first = one
	} else {
		P(l.last).place().next = one
	}
	l.last = one
}

// Remove takes out an element that is in the list.
func (l *List[T, P]) Remove(one *T) {
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
	*at = Links[T]{}
}
