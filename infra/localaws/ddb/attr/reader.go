package attr

func decode(b []byte) (Item, error) {
	r := reader[string]{rest: string(b)}
	m := r.object(0)
	if r.bad || len(r.rest) > 0 {
		return nil, ErrCorrupt
	}
	return m, nil
}

// reader takes values from the front of what is stored: of a copy, whose parts
// may be kept, or of the bytes themselves.
type reader[T ~string | ~[]byte] struct {
	rest T
	bad  bool
}

func (r *reader[T]) fail() { r.bad, r.rest = true, r.rest[:0] }

func (r *reader[T]) byte() byte {
	if len(r.rest) == 0 {
		r.fail()
		return 0
	}
	b := r.rest[0]
	r.rest = r.rest[1:]
	return b
}

// count reads a number that cannot be larger than what is left to read.
func (r *reader[T]) count() int {
	var n uint64
	for shift := 0; shift < 35; shift += 7 {
		b := r.byte()
		n |= uint64(b&0x7f) << shift
		if b < 0x80 {
			if n > uint64(len(r.rest)) {
				break
			}
			return int(n)
		}
	}
	r.fail()
	return 0
}

func (r *reader[T]) text() T {
	n := r.count()
	s := r.rest[:n]
	r.rest = r.rest[n:]
	return s
}

func (r *reader[T]) object(depth int) map[string]Value {
	n := r.count()
	m := make(map[string]Value, n)
	for range n {
		name := string(r.text())
		m[name] = r.value(depth)
		if r.bad {
			return nil
		}
	}
	return m
}

func (r *reader[T]) value(depth int) Value {
	if depth > 2*MaxDepth {
		r.fail()
		return Value{}
	}
	v := Value{Kind: Kind(r.byte())}
	switch v.Kind {
	case S, B:
		v.Text = string(r.text())
	case N:
		n, err := ParseNumber(string(r.text()))
		if err != nil {
			r.fail()
		}
		v.Num = n
	case BOOL:
		v.Bool = r.byte() == 1
	case NULL:
	case SS, NS, BS, L:
		v.List = r.list(depth+1, v.Kind.Element())
	case M:
		v.Map = r.object(depth + 1)
	default:
		r.fail()
	}
	return v
}

// list reads values, all of one type unless that is 0.
func (r *reader[T]) list(depth int, element Kind) []Value {
	n := r.count()
	list := make([]Value, 0, n)
	for range n {
		v := r.value(depth)
		if list = append(list, v); element != 0 && v.Kind != element {
			r.fail()
		}
		if r.bad {
			return nil
		}
	}
	return list
}
