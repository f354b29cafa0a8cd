package sqlite

import (
	"time"

	engine "zombiezen.com/go/sqlite"
)

// A binding fills in a statement's parameters, in their order. The statement
// is prepared when the connection first meets its text.
type binding struct {
	stmt *engine.Stmt
	err  error
	n    int
}

func prepare(c *engine.Conn, query string) *binding {
	stmt, err := c.Prepare(query)
	return &binding{stmt: stmt, err: err}
}

func (b *binding) next() (param int, ok bool) {
	b.n++
	return b.n, b.err == nil
}

func (b *binding) int(values ...int64) *binding {
	for _, v := range values {
		if n, ok := b.next(); ok {
			b.stmt.BindInt64(n, v)
		}
	}
	return b
}

func (b *binding) text(v string) *binding {
	if n, ok := b.next(); ok {
		b.stmt.BindText(n, v)
	}
	return b
}

func (b *binding) bytes(v []byte) *binding {
	if n, ok := b.next(); ok {
		b.stmt.BindBytes(n, v)
	}
	return b
}

// null leaves the parameter as it is: nothing.
func (b *binding) null() *binding {
	b.n++
	return b
}

// intOrNull binds nothing for zero.
func (b *binding) intOrNull(v int64) *binding {
	if v == 0 {
		return b.null()
	}
	return b.int(v)
}

// time binds an instant; nothing for the zero one.
func (b *binding) time(t time.Time) *binding { return b.intOrNull(nanos(t)) }

// run executes a statement that returns nothing.
func (b *binding) run() error {
	if b.err != nil {
		return b.err
	}
	_, err := b.stmt.Step()
	return err
}

// each calls row for every row of the result. The row is not valid after it.
func (b *binding) each(row func(*engine.Stmt)) error {
	if b.err != nil {
		return b.err
	}
	for {
		more, err := b.stmt.Step()
		if err != nil || !more {
			return err
		}
		row(b.stmt)
	}
}

// one calls row for the first row of the result, and reports whether there is
// one.
func (b *binding) one(row func(*engine.Stmt)) (found bool, err error) {
	if b.err != nil {
		return false, b.err
	}
	found, err = b.stmt.Step()
	if found {
		row(b.stmt)
		err = b.stmt.Reset()
	}
	return found, err
}

// nanos is how an instant is stored: 0 is the zero one.
func nanos(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixNano()
}

func instant(n int64) time.Time {
	if n == 0 {
		return time.Time{}
	}
	return time.Unix(0, n).UTC()
}

func blob(s *engine.Stmt, column int) []byte {
	n := s.ColumnLen(column)
	if n == 0 {
		return nil
	}
	p := make([]byte, n)
	s.ColumnBytes(column, p)
	return p
}
