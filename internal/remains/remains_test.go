package remains

import (
	"bytes"
	"reflect"
	"testing"
)

type hidden interface{ is() }

type inside struct{ key [32]byte }

func (*inside) is() {}

type holder struct {
	direct  [40]byte
	pointer *inside
	slice   []byte
	structs []inside
	text    string
	mapped  map[int]inside
	keyed   map[[32]byte]bool
	boxed   any
	hidden  hidden
	array   [2]*inside
	self    *holder
	//lint:ignore U1000 the walk has to pass it over
	function func() *inside
}

// The secret is found wherever it lies, and only there.
func TestOf(t *testing.T) {
	secret := bytes.Repeat([]byte{7}, 32)
	key := [32]byte(secret)
	long := make([]byte, 40)
	copy(long[8:], secret)
	for name, h := range map[string]*holder{
		"direct":  {direct: [40]byte(long)},
		"pointer": {pointer: &inside{key}},
		"slice":   {slice: append([]byte(nil), secret...)},
		"beyond":  {slice: append(make([]byte, 0, 8), append([]byte{1}, secret...)...)[:1]},
		"structs": {structs: []inside{{}, {key}}[:1]},
		"text":    {text: string(secret)},
		"mapped":  {mapped: map[int]inside{1: {key}}},
		"keyed":   {keyed: map[[32]byte]bool{key: true}},
		"boxed":   {boxed: inside{key}},
		"hidden":  {hidden: &inside{key}},
		"array":   {array: [2]*inside{nil, {key}}},
	} {
		h.self = h
		places := Of(secret, h)
		if len(places) == 0 {
			t.Errorf("%s: not found", name)
		}
		if found := Of(bytes.Repeat([]byte{8}, 32), h); len(found) > 0 {
			t.Errorf("%s: found %q", name, found)
		}
		if name == "hidden" && len(Of(secret, h, reflect.TypeFor[hidden]())) > 0 {
			t.Error("looked into what is beyond")
		}
	}
}
