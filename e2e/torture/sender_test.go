package torture

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"time"
)

const secret = "the-secret-of-broxi"

// A load is senders that go on until they are told to stop.
type load struct {
	trial   *trial
	client  *http.Client
	ctx     context.Context // ends when the senders are to
	stop    context.CancelFunc
	senders sync.WaitGroup
}

// load starts n senders. Every other one sends again what was not acknowledged,
// as providers do.
func (tr *trial) load(n int) *load { return tr.loadWith(n, func(i int) int { return 1 + 3*(i%2) }) }

// patientLoad starts n senders that do not give up soon.
func (tr *trial) patientLoad(n int) *load { return tr.loadWith(n, func(int) int { return 10 }) }

func (tr *trial) loadWith(n int, tries func(i int) int) *load {
	l := &load{trial: tr, client: newClient(tr.t)}
	l.ctx, l.stop = context.WithCancel(context.Background())
	for i := range n {
		name := fmt.Sprintf("l%d-s%d", tr.loads, i)
		l.senders.Go(func() { l.run(name, tries(i)) })
	}
	tr.loads++
	tr.t.Cleanup(l.end) // when the test has given up
	return l
}

// end lets every sender finish what it is at.
func (l *load) end() {
	l.stop()
	l.senders.Wait()
	l.client.CloseIdleConnections() // or caddy waits for them when it stops
}

func (l *load) run(name string, tries int) {
	random := rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), uint64(len(name))))
	for n := 0; l.trial.ready(l.ctx) && l.ctx.Err() == nil; n++ {
		id := fmt.Sprintf("%s-%d", name, n)
		l.one(id, newBody(id, random.IntN(1<<random.IntN(14))), tries)
	}
}

// one sends one event, until it is acknowledged or the sender has lost patience.
func (l *load) one(id string, body []byte, tries int) {
	l.trial.ledger.send(id, body)
	for range tries {
		status, err := l.post(body)
		switch {
		case err != nil:
			l.trial.ledger.note(func(c *counts) { c.unanswered++ })
		case status != http.StatusOK:
			l.trial.ledger.refuse(http.StatusText(status))
		default:
			l.trial.ledger.acknowledge(id)
			return
		}
		if !l.trial.ready(l.ctx) {
			return
		}
	}
}

func (l *load) post(body []byte) (status int, err error) {
	r, err := http.NewRequest(http.MethodPost, "http://"+l.trial.site+"/hook", bytes.NewReader(body))
	if err != nil {
		return 0, err
	}
	sign(r.Header, body)
	answer, err := l.client.Do(r)
	if err != nil {
		return 0, err
	}
	defer answer.Body.Close()
	_, err = io.Copy(io.Discard, answer.Body)
	return answer.StatusCode, err
}

// newBody is an event with some padding.
func newBody(id string, padding int) []byte {
	return fmt.Appendf(nil, `{"delivery_id":%q,"event":"tortured","padding":%q}`, id, strings.Repeat("x", padding))
}

// sign computes the signature apart from the gateway.
func sign(h http.Header, body []byte) {
	ts := fmt.Sprint(time.Now().Unix())
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write(fmt.Appendf(nil, "%s.%s", ts, body))
	h.Set("Content-Type", "application/json")
	h.Set("X-Broxi-Timestamp", ts)
	h.Set("X-Broxi-Signature", hex.EncodeToString(mac.Sum(nil)))
}
