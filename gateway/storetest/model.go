// Package storetest has the suite that every gateway.Store must pass, and the
// simplest store that does.
package storetest

import (
	"bytes"
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/webhook-gateway/caddy-webhook-gateway/gateway"
)

var _ gateway.Store = (*Model)(nil)

// A Model is a gateway.Store in memory: what a store should do, as plainly as
// can be said. It is slow with many events. A Model may be used concurrently.
type Model struct {
	// RetainFor is how long settled events are kept, and MaxEvents how many may
	// be unsettled before Append fails; 0 is no bound for either. They must not
	// be changed while the Model is used.
	RetainFor time.Duration
	MaxEvents int

	mu         sync.Mutex
	next       int64
	events     map[int64]*gateway.Event
	settled    map[int64]time.Time // when, of those events that are
	deliveries map[int64]*gateway.Delivery
	attempts   map[int64][]gateway.Attempt // but the last
	claims     map[gateway.Key]claim
	lanes      map[gateway.Address]bool // that there have ever been
	closed     bool
}

type claim struct {
	until time.Time
	event int64
}

// NewModel returns an empty Model.
func NewModel() *Model {
	return &Model{
		next: 1, events: make(map[int64]*gateway.Event), settled: make(map[int64]time.Time), deliveries: make(map[int64]*gateway.Delivery),
		attempts: make(map[int64][]gateway.Attempt), claims: make(map[gateway.Key]claim), lanes: make(map[gateway.Address]bool),
	}
}

// Close ends it: whatever follows fails with gateway.ErrClosed, until Reopen.
func (m *Model) Close() error {
	defer m.lock()()
	m.closed = true
	return nil
}

// Reopen is the same store after a restart at now: leases are given back.
func (m *Model) Reopen(now time.Time) *Model {
	defer m.lock()()
	m.closed = false
	for _, d := range m.deliveries {
		if d.State == gateway.Delivering {
			d.State, d.Due = gateway.Pending, now
		}
	}
	return m
}

func (m *Model) lock() (unlock func()) {
	m.mu.Lock()
	return m.mu.Unlock
}

func (m *Model) usable() error {
	if m.closed {
		return gateway.ErrClosed
	}
	return nil
}

// Append is gateway.Journal's.
func (m *Model) Append(_ context.Context, e *gateway.Entry) (gateway.Claim, error) {
	defer m.lock()()
	if err := m.usable(); err != nil {
		return 0, err
	}
	if m.MaxEvents > 0 && m.unsettled() >= m.MaxEvents {
		return 0, gateway.ErrFull
	}
	return m.take(e), nil
}

// Note is gateway.Journal's; here it is done at once.
func (m *Model) Note(e *gateway.Entry) {
	defer m.lock()()
	if m.usable() != nil {
		return
	}
	copied := *e
	copied.Deliveries = nil
	for _, d := range e.Deliveries {
		d := *d // a Note gives no ids
		copied.Deliveries = append(copied.Deliveries, &d)
	}
	m.take(&copied)
}

func (m *Model) take(e *gateway.Entry) gateway.Claim {
	if e.Until.IsZero() {
		m.insert(e)
		return gateway.Ours
	}
	for _, key := range e.Event.Keys() {
		if m.claims[key].until.After(e.Event.ReceivedAt) {
			return gateway.Done
		}
	}
	id := m.insert(e)
	for _, key := range e.Event.Keys() {
		m.claims[key] = claim{e.Until, id}
	}
	return gateway.Ours
}

func (m *Model) insert(e *gateway.Entry) (id int64) {
	if len(e.Deliveries) == 0 {
		return 0
	}
	id = m.next
	m.events[id] = copyEvent(e.Event)
	for _, d := range e.Deliveries {
		d.ID, d.EventID, d.ReceivedAt = m.next, id, e.Event.ReceivedAt
		m.next++
		m.lanes[d.Address] = true
		stored := *d
		stored.Event = nil
		stored.LastAttempt.Answer = bytes.Clone(d.LastAttempt.Answer)
		m.deliveries[stored.ID] = &stored
	}
	m.settle(id)
	return id
}

func copyEvent(e *gateway.Event) *gateway.Event {
	return &gateway.Event{
		Key: e.Key, Proof: e.Proof, ID: e.ID, Type: e.Type, Endpoint: e.Endpoint, Provider: e.Provider, ReceivedAt: e.ReceivedAt, Sender: e.Sender,
		Method: e.Method, Target: e.Target, Host: e.Host, RemoteAddr: e.RemoteAddr, TLS: e.TLS, Header: e.Header.Clone(), Trace: e.Trace, Body: bytes.Clone(e.Body),
	}
}

// Known is gateway.Journal's.
func (m *Model) Known(_ context.Context, now time.Time, k gateway.Key) (bool, error) {
	defer m.lock()()
	return m.claims[k].until.After(now), m.usable()
}

// of are the event's deliveries.
func (m *Model) of(event int64) (list []*gateway.Delivery) {
	for _, d := range m.deliveries {
		if d.EventID == event {
			list = append(list, d)
		}
	}
	return list
}

// settle notes when the event was settled, if it is.
func (m *Model) settle(event int64) {
	at := m.events[event].ReceivedAt
	for _, d := range m.of(event) {
		if open(d) {
			return
		}
		if end := d.LastAttempt.Start.Add(d.LastAttempt.Duration); end.After(at) {
			at = end
		}
	}
	m.settled[event] = at
}

func (m *Model) unsettled() int { return len(m.events) - len(m.settled) }

func open(d *gateway.Delivery) bool {
	return d.State == gateway.Pending || d.State == gateway.Delivering
}

// sorted are the ids of all deliveries.
func (m *Model) sorted() []int64 { return slices.Sorted(maps.Keys(m.deliveries)) }

// Backup is gateway.Archive's; there is nothing to write it to.
func (m *Model) Backup(context.Context, string) error { return errors.ErrUnsupported }
