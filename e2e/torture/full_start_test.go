package torture

import (
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
)

// TestStartFull starts the gateway on a disk that is full: the rest of Caddy
// goes on, and so does the gateway, by itself, when there is room.
func TestStartFull(t *testing.T) {
	for _, tt := range both {
		for _, left := range []uint64{20 << 10, 0} {
			t.Run(fmt.Sprint(tt.mode, ", ", left, " bytes left"), func(t *testing.T) {
				t.Parallel()
				tr := newTrial(t, setup{endpoint: "mode " + tt.mode + quick, store: "reserve 4KiB"})
				disk := newDisk(t)
				tr.store = filepath.Join(disk, "webhooks.db")
				tr.app.down()
				p := tr.begin()
				l := tr.load(senders)
				tr.await(p, 100, acknowledged)
				p.stop()
				free := fill(t, disk, left)
				tr.beginFull().stop()
				p = tr.beginFull()
				free()
				if !p.says("the webhook store is open") {
					t.Error("it was not told that the store is open")
				}
				tr.awaitMore(p, 100, acknowledged)
				tr.app.up()
				tr.awaitMore(p, 100, received)
				l.end()
				tr.finish(p)
			})
		}
	}
}

// beginFull starts the next life on a disk that is full, under load.
func (tr *trial) beginFull() *process {
	tr.t.Helper()
	p := tr.begin()
	if !p.says("the webhook store cannot be opened") {
		tr.t.Error("it was not told that the store cannot be opened")
	}
	tr.awaitMore(p, 50, refused)
	tr.otherSite()
	tr.mustReload()
	if status, text, err := tr.reload(strings.Replace(tr.caddyfile(), tr.store, tr.store+"2", 1)); err != nil || status == http.StatusOK {
		tr.t.Errorf("a reload that wants another store on the same disk was answered %d %s %v", status, text, err)
	}
	tr.awaitMore(p, 50, refused)
	if tr.metric("store_state", `state="full"`) != 1 || tr.metric("requests_total", `outcome="store_full"`) == 0 {
		tr.t.Error("the metrics do not say that the store is full")
	}
	return p
}
