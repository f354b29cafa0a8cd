package sqlite

import (
	engine "zombiezen.com/go/sqlite"

	"github.com/webhook-gateway/caddy-webhook-gateway/gateway"
)

// A ledger counts what is stored, so that nobody has to. It belongs to the
// writer, which saves it with each group.
type ledger struct {
	totals
	lanes map[gateway.Address]*lane
	byID  map[int64]*lane
}

type totals struct {
	next                      int64 // the id of the next delivery
	events, bytes             int64
	unsettled, unsettledBytes int64
}

// A lane is a destination and the number of its deliveries by state.
type lane struct {
	id      int64
	address gateway.Address
	count   [gateway.Dead + 1]int64
	changed bool
}

func (l *lane) open() int64 { return l.count[gateway.Pending] + l.count[gateway.Delivering] }

// move counts a delivery in another state than before.
func (l *lane) move(from, to gateway.State) {
	l.count[from]--
	l.count[to]++
	l.changed = true
}

func (l *lane) add(s gateway.State, n int64) {
	l.count[s] += n
	l.changed = true
}

// loadLedger reads it as it was committed last.
func loadLedger(c *engine.Conn) (ledger, error) {
	l := ledger{lanes: make(map[gateway.Address]*lane), byID: make(map[int64]*lane)}
	_, err := prepare(c, `SELECT next, events, bytes, unsettled, unsettled_bytes FROM totals`).one(func(s *engine.Stmt) {
		l.totals = totals{s.ColumnInt64(0), s.ColumnInt64(1), s.ColumnInt64(2), s.ColumnInt64(3), s.ColumnInt64(4)}
	})
	if err != nil {
		return l, err
	}
	err = prepare(c, `SELECT id, endpoint, name, pending, delivering, delivered, dead FROM destinations`).each(func(s *engine.Stmt) {
		d := &lane{id: s.ColumnInt64(0), address: gateway.Address{Endpoint: s.ColumnText(1), Destination: s.ColumnText(2)}}
		for i := range d.count {
			d.count[i] = s.ColumnInt64(3 + i)
		}
		l.lanes[d.address], l.byID[d.id] = d, d
	})
	return l, err
}

// lane is the address's; it is made when there is none yet.
func (l *ledger) lane(c *engine.Conn, a gateway.Address) (*lane, error) {
	if d := l.lanes[a]; d != nil {
		return d, nil
	}
	d := &lane{id: int64(len(l.lanes)) + 1, address: a}
	l.lanes[a], l.byID[d.id] = d, d
	return d, prepare(c, `INSERT INTO destinations VALUES (?, ?, ?, 0, 0, 0, 0)`).int(d.id).text(a.Endpoint).text(a.Destination).run()
}

// save writes what differs from before.
func (l *ledger) save(c *engine.Conn, before totals) error {
	for _, d := range l.lanes {
		if !d.changed {
			continue
		}
		d.changed = false
		err := prepare(c, `UPDATE destinations SET pending = ?, delivering = ?, delivered = ?, dead = ? WHERE id = ?`).int(d.count[:]...).int(d.id).run()
		if err != nil {
			return err
		}
	}
	if l.totals == before {
		return nil
	}
	t := l.totals
	return prepare(c, `UPDATE totals SET next = ?, events = ?, bytes = ?, unsettled = ?, unsettled_bytes = ?`).
		int(t.next, t.events, t.bytes, t.unsettled, t.unsettledBytes).run()
}

// settle counts an event of the size as settled; n is -1 when it is not any more.
func (t *totals) settle(size, n int64) {
	t.unsettled -= n
	t.unsettledBytes -= n * size
}
