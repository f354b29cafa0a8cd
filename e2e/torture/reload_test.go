package torture

import (
	"net/http"
	"strings"
	"testing"
)

// TestReloads reloads under load, now and then with a configuration that is
// refused. A sender whose connection broke off sends again, as providers do:
// Linux resets those that it has not yet handed to a socket that is closed.
func TestReloads(t *testing.T) {
	const reloads = 50
	for _, tt := range both {
		t.Run(tt.mode, func(t *testing.T) {
			t.Parallel()
			tr := newTrial(t, setup{endpoint: "mode " + tt.mode + quick})
			p := tr.begin()
			l := tr.patientLoad(senders)
			for i := range reloads {
				tr.mustReload()
				if i%10 == 0 {
					tr.refusedReload()
				}
			}
			l.end()
			if again := tr.metric("requests_total", `outcome="duplicate"`); again > 0 {
				t.Errorf("%v connections broke off after their request had been taken in", again)
			}
			v := tr.finish(p)
			if v.refused > 0 || v.acknowledged != v.sent || v.duplicates > 0 {
				t.Errorf("%d of %d acknowledged, refused were %v, %d duplicates", v.acknowledged, v.sent, tr.ledger.refused, v.duplicates)
			}
			t.Logf("%d reloads, during which %d connections broke off", reloads, v.unanswered)
		})
	}
}

// refusedReload loads a configuration that is no good: one that does not parse,
// and one that cannot start.
func (tr *trial) refusedReload() {
	tr.t.Helper()
	for _, bad := range []string{
		strings.Replace(tr.caddyfile(), "verify broxi", "verify brokey", 1),
		strings.Replace(tr.caddyfile(), tr.store, "/proc/version/webhooks.db", 1),
	} {
		if status, text, err := tr.reload(bad); err != nil || status == http.StatusOK {
			tr.t.Errorf("a bad configuration was answered %d %s %v", status, text, err)
		}
	}
}

// TestOrphans takes an endpoint away while deliveries wait for it.
func TestOrphans(t *testing.T) {
	t.Parallel()
	tr := newTrial(t, setup{endpoint: "mode store" + quick})
	tr.app.down()
	p := tr.begin()
	l := tr.load(senders)
	tr.await(p, 50, acknowledged)
	l.end()
	waiting := tr.depth()
	tr.setup.removed = true
	tr.mustReload()
	tr.app.up()
	tr.until("they are orphans", func() bool { return tr.metric("orphaned", `endpoint="hook"`) == float64(waiting) })
	if got := tr.ledger.now().received; got > 0 || waiting < 50 {
		t.Errorf("%d were waiting, and %d were delivered nevertheless", waiting, got)
	}
	tr.setup.removed = false
	tr.mustReload()
	if v := tr.finish(p); v.duplicates > 0 {
		t.Errorf("%d duplicates", v.duplicates)
	}
}
