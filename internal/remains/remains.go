// Package remains tells tests what is left of a secret in memory: it follows everything that can be reached from a value, and
// looks at all bytes of it, those beyond the length of slices included. So a test can say of a connection, a queue, or a
// whole shard that a key which it had is there no more.
//
// Of what it does not follow it knows nothing: closures, channels, pools, stacks, and memory that nothing leads to and that
// the collector has not given to somebody else. Only tests use it. It imports nothing of ours, and reads what it is given
// without a lock: nobody may write there meanwhile.
package remains

import (
	"bytes"
	"fmt"
	"reflect"
	"unsafe"
)

// Of returns the places below root where the secret's bytes stand. root is a pointer. Values of the types in beyond, which
// may be interfaces, are not looked into.
func Of(secret []byte, root any, beyond ...reflect.Type) (places []string) {
	w := walk{secret: secret, seen: make(map[visit]bool), beyond: make(map[reflect.Type]bool)}
	for _, t := range beyond {
		w.beyond[t] = true
	}
	v := reflect.ValueOf(root)
	if v.Kind() != reflect.Pointer || len(secret) == 0 {
		panic("remains: looks below pointers for something")
	}
	w.follow(v, v.Type().String())
	return w.places
}

type walk struct {
	secret []byte
	seen   map[visit]bool
	beyond map[reflect.Type]bool
	places []string
}

// visit is a place that was looked at.
type visit struct {
	at   unsafe.Pointer
	t    reflect.Type
	size int
}

// look looks at memory, and says whether that is for the first time.
func (w *walk) look(at unsafe.Pointer, t reflect.Type, size int, path string) bool {
	v := visit{at, t, size}
	if at == nil || size == 0 || w.seen[v] {
		return false
	}
	w.seen[v] = true
	if bytes.Contains(unsafe.Slice((*byte)(at), size), w.secret) {
		w.places = append(w.places, fmt.Sprintf("%s (%d bytes)", path, size))
	}
	return true
}

// follow goes where a value leads.
func (w *walk) follow(v reflect.Value, path string) {
	if w.beyond[v.Type()] {
		return
	}
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() && !w.beyond[v.Type().Elem()] && w.look(v.UnsafePointer(), v.Type(), int(v.Type().Elem().Size()), path) {
			w.follow(v.Elem(), path)
		}
	case reflect.Interface:
		if !v.IsNil() {
			w.copied(v.Elem(), path+"."+v.Elem().Type().String())
		}
	case reflect.String:
		w.look(unsafe.Pointer(unsafe.StringData(v.String())), v.Type(), v.Len(), path)
	case reflect.Slice:
		if w.look(v.UnsafePointer(), v.Type(), v.Cap()*int(v.Type().Elem().Size()), path+"[]") && leads(v.Type().Elem()) {
			w.each(v.Slice(0, v.Cap()), path)
		}
	case reflect.Array:
		if leads(v.Type().Elem()) {
			w.each(v, path)
		}
	case reflect.Map:
		if w.look(v.UnsafePointer(), v.Type(), 1, path) {
			for entries := v.MapRange(); entries.Next(); {
				w.copied(entries.Key(), path+"[key]")
				w.copied(entries.Value(), path+"[…]")
			}
		}
	case reflect.Struct:
		for i := range v.NumField() {
			w.follow(v.Field(i), path+"."+v.Type().Field(i).Name)
		}
	}
}

func (w *walk) each(all reflect.Value, path string) {
	for i := range all.Len() {
		w.follow(all.Index(i), fmt.Sprintf("%s[%d]", path, i))
	}
}

// copied looks at a value that has no address, as those in maps and interfaces.
func (w *walk) copied(v reflect.Value, path string) {
	if w.beyond[v.Type()] {
		return
	}
	if v.Kind() == reflect.Struct || v.Kind() == reflect.Array {
		if bytes.Contains(plain(v), w.secret) {
			w.places = append(w.places, path)
		}
	}
	w.follow(v, path)
}

// plain is the bytes of a value in the order of its fields, whoever may see them.
func plain(v reflect.Value) (b []byte) {
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			b = append(b, plain(v.Field(i))...)
		}
	case reflect.Array:
		for i := range v.Len() {
			b = append(b, plain(v.Index(i))...)
		}
	case reflect.Uint8:
		b = append(b, byte(v.Uint()))
	default:
		b = append(b, make([]byte, v.Type().Size())...)
	}
	return b
}

// leads tells whether values of a type lead anywhere.
func leads(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.Pointer, reflect.Interface, reflect.String, reflect.Slice, reflect.Map:
		return true
	case reflect.Array:
		return leads(t.Elem())
	case reflect.Struct:
		for i := range t.NumField() {
			if leads(t.Field(i).Type) {
				return true
			}
		}
	}
	return false
}
