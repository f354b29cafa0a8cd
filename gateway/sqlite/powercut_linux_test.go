package sqlite

import (
	"bytes"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	engine "zombiezen.com/go/sqlite"

	"github.com/webhook-gateway/caddy-webhook-gateway/gateway"
	"github.com/webhook-gateway/caddy-webhook-gateway/gateway/storetest"
)

var (
	cuts   = flag.Int("powercuts", 25, "how many power cuts the test of them makes")
	traced = flag.String("traced", "", "where that test, when strace watches it, has its store")
)

// TestPowerCut has strace watch a store at work, and cuts the power again and
// again: of what was written and not synced anything may be on the disk. A
// store opened on that has all that was acknowledged before the cut.
func TestPowerCut(t *testing.T) {
	if *traced != "" {
		workTraced(t, *traced)
		return
	}
	t.Parallel()
	path := filepath.Join(t.TempDir(), "hooks.db")
	tp := watch(t, path)
	random := rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), 0))
	var kept, lost int
	for range *cuts {
		c := tp.cut(random)
		kept, lost = kept+c.kept, lost+c.lost
		if !survives(t, c.write(t, path), tp.said[:c.said]) {
			t.Fatalf("after %d of %d calls and %d promises, with %+v", c.at, len(tp.calls), c.said, c.whim)
		}
	}
	t.Logf("%d cuts in %d calls and %d promises; of what was not synced %d pieces were kept, and %d lost", *cuts, len(tp.calls), len(tp.said), kept, lost)
	if kept == 0 || lost == 0 || len(tp.said) == 0 {
		t.Error("nothing was lost, or kept, or promised: this test says nothing")
	}
}

// watch runs this test under strace, with a store at path.
func watch(t *testing.T, path string) *tape {
	t.Helper()
	log := filepath.Join(t.TempDir(), "strace.log")
	cmd := exec.Command("strace", "-f", "--seccomp-bpf", "-qq", "-y", "-xx", "-s", "1000000", "-e", "signal=none",
		"-e", "trace=?open,openat,?unlink,unlinkat,?rename,?renameat,renameat2,write,pwrite64,writev,pwritev,ftruncate,fallocate,fsync,fdatasync", "-o", log,
		os.Args[0], "-test.run=^TestPowerCut$", "-test.timeout=5m", "-traced="+path)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("this test needs strace: %v\n%s", err, out)
	}
	text, err := os.ReadFile(log)
	must(t, err)
	return newTape(t, string(text), path)
}

// workTraced does with a store what a gateway does, and writes down what it was
// promised. A clean end and another start are in the middle.
func workTraced(t *testing.T, path string) {
	said, err := os.Create(path + said)
	must(t, err)
	defer said.Close()
	for life := range 2 {
		s := openAt(t, path, testOptions(t))
		s.keys.limit = 20 // so that they are moved
		var senders sync.WaitGroup
		for sender := range 3 {
			senders.Go(func() { sendTraced(t, s, said, fmt.Sprintf("%d-%d", life, sender)) })
		}
		for range 10 {
			deliverTraced(t, s, said)
			must(t, s.do(t.Context(), copyLog{}, 0, 0))
		}
		senders.Wait()
		deliverTraced(t, s, said)
		must(t, s.Close())
	}
}

func sendTraced(t *testing.T, s *Store, said *os.File, sender string) {
	for n := range 10 {
		name := fmt.Sprintf("%s-%d", sender, n)
		if claim, err := s.Append(t.Context(), powerEntry(name)); err != nil || claim != gateway.Ours {
			t.Errorf("Append = %v, %v; want Ours", claim, err)
		}
		io.WriteString(said, "stored "+name+"\n")
	}
}

// powerEntry is an event whose body follows from its name, of some pages now
// and then.
func powerEntry(name string) *gateway.Entry {
	e := storetest.Entry(name, to)
	e.Event.Body = bytes.Repeat([]byte(name), 1<<(len(name)+int(name[len(name)-1]))%12)
	return e
}

func deliverTraced(t *testing.T, s *Store, said *os.File) {
	leased, _, err := s.Lease(t.Context(), to, storetest.Epoch, storetest.Epoch.Add(time.Hour), 2)
	must(t, err)
	for _, d := range leased {
		d.State = gateway.Delivered
		_, err := s.Finish(t.Context(), d)
		must(t, err)
		io.WriteString(said, "delivered "+d.Event.ID+"\n")
	}
}

// survives opens what a power cut has left, and reports whether the promises
// are kept.
func survives(t *testing.T, path string, promises []string) bool {
	t.Helper()
	s, err := Open(path, testOptions(t))
	if err != nil {
		t.Errorf("Open = %v", err)
		return false
	}
	defer func() { must(t, s.Close()) }()
	stored := make(map[string]*gateway.Delivery)
	for _, d := range everything(t, s) {
		stored[d.Event.ID] = d
		full, err := s.Show(t.Context(), d.ID)
		if err != nil || !bytes.Equal(full.Event.Body, powerEntry(d.Event.ID).Event.Body) {
			t.Errorf("event %s, %v, is not as it was sent: %v", d.Event.ID, d.State, err)
		}
	}
	for _, p := range promises {
		promise, name, _ := strings.Cut(p, " ")
		d := stored[name]
		if d == nil || promise == "delivered" && d.State != gateway.Delivered {
			t.Errorf("event %s was %s, and now is %+v", name, promise, d)
		}
		if known, err := s.Known(t.Context(), storetest.Epoch, gateway.NewKey(name)); !known || err != nil {
			t.Errorf("Known(%s) = %v, %v; want true", name, known, err)
		}
	}
	expectSound(t, s, int64(len(stored)))
	mustAppend(t, s, storetest.Entry("after it", to))
	return !t.Failed()
}

// expectSound has SQLite check the whole file.
func expectSound(t *testing.T, s *Store, events int64) {
	t.Helper()
	expectEvents(t, s, events)
	found := ""
	must(t, s.read(t.Context(), func(c *engine.Conn) error {
		_, err := prepare(c, `PRAGMA integrity_check`).one(func(row *engine.Stmt) { found = row.ColumnText(0) })
		return err
	}))
	if found != "ok" {
		t.Errorf("the file is not sound: %s", found)
	}
}
