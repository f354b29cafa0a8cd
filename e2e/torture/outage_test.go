package torture

import "testing"

// TestFaultFree is a run in which nothing goes wrong: nothing may arrive twice.
func TestFaultFree(t *testing.T) {
	for _, tt := range []struct {
		name  string
		setup setup
		mood  mood
	}{
		{"store", setup{endpoint: "mode store" + quick}, healthy},
		{"proxy", setup{endpoint: "mode proxy" + quick}, healthy},
		{"proxy to a slow application", setup{endpoint: "mode proxy" + quick}, slow},
		{"fan-out", setup{endpoint: "mode store" + quick, destinations: []string{"first", "second"}}, healthy},
		{"fan-out in mode proxy", setup{endpoint: "mode proxy" + quick, destinations: []string{"first", "second"}}, slow},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tr := newTrial(t, tt.setup)
			tr.app.behave(tt.mood)
			p := tr.begin()
			l := tr.load(senders)
			tr.await(p, 200, acknowledged)
			l.end()
			v := tr.finish(p)
			if v.duplicates > 0 || v.acknowledged != v.sent || v.received != v.sent*max(1, len(tt.setup.destinations)) {
				t.Errorf("%d of %d acknowledged, %d received", v.acknowledged, v.sent, v.received)
			}
		})
	}
}

// TestApplicationDown has the application come up when half is done.
func TestApplicationDown(t *testing.T) {
	for _, tt := range both {
		t.Run(tt.mode, func(t *testing.T) {
			t.Parallel()
			tr := newTrial(t, setup{endpoint: "mode " + tt.mode + quick})
			tr.app.down()
			p := tr.begin()
			l := tr.load(senders)
			tr.await(p, 150, acknowledged)
			tr.app.up()
			tr.await(p, 300, acknowledged)
			l.end()
			v := tr.finish(p)
			if v.duplicates > 0 || v.acknowledged != v.sent {
				t.Errorf("%d of %d acknowledged", v.acknowledged, v.sent)
			}
		})
	}
}

// TestApplicationFails has an application that fails in all ways.
func TestApplicationFails(t *testing.T) {
	for _, tt := range both {
		t.Run(tt.mode, func(t *testing.T) {
			t.Parallel()
			tr := newTrial(t, setup{endpoint: "mode " + tt.mode + impatient})
			tr.app.behave(fussy)
			p := tr.begin()
			l := tr.load(senders)
			tr.await(p, 200, acknowledged)
			l.end()
			if v := tr.finish(p); tt.mode == "store" && v.dead == 0 {
				t.Error("nothing was refused for good")
			}
		})
	}
}
