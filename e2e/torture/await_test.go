package torture

import (
	"context"
	"time"
)

func sent(c counts) int         { return c.sent }
func acknowledged(c counts) int { return c.acknowledged }
func refused(c counts) int      { return c.refused }
func received(c counts) int     { return c.received }

// awaitMore waits until n more than now are counted, which p has to bring about.
func (tr *trial) awaitMore(p *process, n int, of func(counts) int) {
	tr.t.Helper()
	tr.await(p, of(tr.ledger.now())+n, of)
}

// await waits until n are counted.
func (tr *trial) await(p *process, n int, of func(counts) int) {
	tr.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	if !tr.ledger.await(ctx, func(c counts) bool { return of(c) >= n }) {
		tr.t.Fatalf("in vain waited for something to happen; counted %+v; caddy ended: %v\n%s", tr.ledger.now(), p.ctx.Err(), p.log.tail(60))
	}
}

// until asks again and again whether a condition holds, which nobody reports.
func (tr *trial) until(what string, holds func() bool) {
	tr.t.Helper()
	again, enough := time.NewTicker(20*time.Millisecond), patient()
	defer again.Stop()
	for !holds() {
		select {
		case <-again.C:
		case <-enough:
			tr.t.Fatalf("in vain waited until %s; counted %+v", what, tr.ledger.now())
		}
	}
}
