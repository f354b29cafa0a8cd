package sqlite

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"

	engine "zombiezen.com/go/sqlite"

	"github.com/webhook-gateway/caddy-webhook-gateway/gateway"
	"github.com/webhook-gateway/caddy-webhook-gateway/gateway/storetest"
)

// key is the i-th in order.
func key(i int) half { return half{byte(i >> 8), byte(i)} }

// put writes a run with claims, and puts it before those that are there.
func put(t *testing.T, s *Store, claims map[half]holding) *run {
	t.Helper()
	id := s.keys.newRun()
	d := &draft{run: run{id: id, age: id}, from: &snapshot{sorted(claims), claims, s.keys.filter}}
	writeOut(t, s, d)
	for h := range claims {
		s.keys.filter.add(h)
	}
	return &d.run
}

// writeOut writes the draft page by page. Nobody else may be writing.
func writeOut(t *testing.T, s *Store, d *draft) {
	t.Helper()
	for !d.ended {
		must(t, d.save(s.writer.conn, 1))
		d.committed()
	}
	s.keys.runs = d.replaceIn(s.keys.runs)
}

// TestRunFind: each key of a run of several pages is found, and no other.
func TestRunFind(t *testing.T) {
	s := openNew(t)
	claims := make(map[half]holding)
	for i := range 5 * pageKeys {
		claims[key(2*i+1)] = holding{1, int64(i)}
	}
	r := put(t, s, claims)
	if len(r.starts) != 5 {
		t.Errorf("the run has %d pages, want 5", len(r.starts))
	}
	for i := range 10*pageKeys + 2 {
		want, there := claims[key(i)]
		if v, found, err := r.find(s.writer.conn, key(i)); v != want || found != there || err != nil {
			t.Fatalf("find(%d) = %v, %v, %v; want %v, %v", i, v, found, err, want, there)
		}
	}
}

// TestMerge: of several runs with a key the newest tells the truth, before they
// are merged and after.
func TestMerge(t *testing.T) {
	const now = 100
	lives, other, ended, released := holding{200, 1}, holding{300, 2}, holding{50, 3}, holding{}
	tests := []struct {
		name         string
		older, newer map[half]holding
		want         map[half]holding // of the run that they become, if there is no older one
	}{
		{"different keys", map[half]holding{key(1): lives}, map[half]holding{key(2): other}, map[half]holding{key(1): lives, key(2): other}},
		{"claimed again", map[half]holding{key(1): lives}, map[half]holding{key(1): other}, map[half]holding{key(1): other}},
		{"released", map[half]holding{key(1): lives, key(2): lives}, map[half]holding{key(1): released}, map[half]holding{key(2): lives}},
		{"ended", map[half]holding{key(1): ended, key(2): lives}, map[half]holding{key(3): ended}, map[half]holding{key(2): lives}},
		{"ended earlier than what it hides", map[half]holding{key(1): lives}, map[half]holding{key(1): ended}, nil},
		{"nothing left", map[half]holding{key(1): ended}, map[half]holding{key(2): ended}, nil},
	}
	for _, tt := range tests {
		for _, last := range []bool{true, false} {
			t.Run(fmt.Sprint(tt.name, ", the oldest: ", last), func(t *testing.T) {
				s := openNew(t)
				if !last {
					put(t, s, map[half]holding{key(1): lives, key(9): lives}) // which must stay hidden where it is
				}
				put(t, s, tt.older)
				put(t, s, tt.newer)
				writeOut(t, s, newMerge(s.keys.newRun(), s.keys.runs[:2:2], last, now))
				got := make(map[half]holding)
				for i := range 8 {
					v, err := search(s.writer.conn, s.keys.runs, key(i))
					must(t, err)
					if v.until > now {
						got[key(i)] = v
					}
				}
				want := tt.want
				_, hidden := tt.older[key(1)]
				_, hiddenAnew := tt.newer[key(1)]
				if !last && !hidden && !hiddenAnew {
					want = maps.Clone(want)
					want[key(1)] = lives
				}
				if !maps.Equal(got, want) {
					t.Errorf("after it %v, want %v", got, want)
				}
				if last && len(want) == 0 && len(s.keys.runs) != 0 {
					t.Errorf("%d runs, want none", len(s.keys.runs))
				}
			})
		}
	}
}

// TestMergeable: the oldest of a level go first, and a run with nothing left
// goes at once.
func TestMergeable(t *testing.T) {
	runs := func(levels ...int) (list []*run) {
		for i, level := range levels {
			list = append(list, &run{id: int64(i), level: level, until: 200})
		}
		return list
	}
	ending := runs(0, 1)
	ending[1].until = 100
	for name, tt := range map[string]struct {
		runs []*run
		want []int64
	}{
		"none":         {nil, nil},
		"few":          {runs(0, 0, 0, 0, 0, 0, 0, 1, 1), nil},
		"eight":        {runs(0, 0, 0, 0, 0, 0, 0, 0), []int64{0, 1, 2, 3, 4, 5, 6, 7}},
		"the oldest":   {runs(0, 0, 0, 0, 0, 0, 0, 0, 0, 1), []int64{1, 2, 3, 4, 5, 6, 7, 8}},
		"of level one": {runs(0, 1, 1, 1, 1, 1, 1, 1, 1, 2), []int64{1, 2, 3, 4, 5, 6, 7, 8}},
		"ended":        {ending, []int64{1}},
	} {
		var got []int64
		for _, r := range mergeable(tt.runs, 100) {
			got = append(got, r.id)
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("%s: %v, want %v", name, got, tt.want)
		}
	}
}

// TestRunMerged: who looks into a run that is merged and deleted in that moment
// looks again; a page that is missing for no reason is damage.
func TestRunMerged(t *testing.T) {
	s := openNew(t)
	k := gateway.NewKey("a")
	gone := put(t, s, map[half]holding{half(k[:]): {200, 1}})
	erase := fmt.Sprint(`DELETE FROM keys WHERE id = `, gone.page(0))
	must(t, prepare(s.writer.conn, erase).run())
	if _, _, err := gone.find(s.writer.conn, half(k[:])); !errors.Is(err, errGone) {
		t.Errorf("find = %v, want errGone", err)
	}
	if _, err := s.keys.holder(s.writer.conn, k); !errors.Is(err, errBroken) {
		t.Errorf("holder = %v, want errBroken", err)
	}
}

// TestRunsAfterCrash: a run that was not completed does not count, and its pages
// are deleted.
func TestRunsAfterCrash(t *testing.T) {
	path := closed(t)
	page := keyList{}.append(key(1), holding{1 << 62, 1})
	script(t, path, fmt.Sprintf(`INSERT INTO keys VALUES (%d, x'%x'), (%d, x'%x')`, int64(5)<<runShift, []byte(page), int64(7)<<runShift, []byte(page)))
	s := openAt(t, path, testOptions(t))
	if len(s.keys.runs) != 0 || !slices.Equal(s.keys.garbage, []int64{5, 7}) || s.keys.nextRun != 8 {
		t.Errorf("runs %v, garbage %v, next %d; want none, 5 and 7, 8", s.keys.runs, s.keys.garbage, s.keys.nextRun)
	}
	for _, name := range []string{"one", "two"} {
		mustAppend(t, s, storetest.Entry(name, to))
	}
	if n := countKeys(t, s); n != 0 || len(s.keys.garbage) != 0 {
		t.Errorf("%d pages are left, garbage %v", n, s.keys.garbage)
	}
}

func countKeys(t *testing.T, s *Store) (n int64) {
	t.Helper()
	must(t, s.read(t.Context(), func(c *engine.Conn) (err error) {
		n, err = number(c, `SELECT count(*) FROM keys`)
		return err
	}))
	return n
}

// TestMigrateKeys: what version 2 had in ranges of keys is known.
func TestMigrateKeys(t *testing.T) {
	path := goldenFile(t, 2)
	until := storetest.Epoch.AddDate(0, 0, 1).UnixNano()
	claims := make(map[half]holding)
	var keys []gateway.Key
	for i := range 300 {
		k := gateway.NewKey(fmt.Sprint("old ", i))
		keys = append(keys, k)
		claims[half(k[:])] = holding{until, 0}
	}
	var low, high keyList
	for _, h := range sorted(claims) {
		if h[0] < 128 {
			low = low.append(h, claims[h])
		} else {
			high = high.append(h, claims[h])
		}
	}
	script(t, path, fmt.Sprintf(`DELETE FROM keys; INSERT INTO keys VALUES (-9223372036854775808, x'%x'), (-5, x''), (0, x'%x')`, []byte(low), []byte(high)))
	for range 2 { // migrated, and opened again
		s := openAt(t, path, testOptions(t))
		for _, k := range keys {
			if known, err := s.Known(t.Context(), storetest.Epoch, k); !known || err != nil {
				t.Fatalf("Known(%x) = %v, %v; want true", k[:4], known, err)
			}
		}
		must(t, s.Close())
	}
}

// TestMergeGoesOnAfterAnError: the disk may be full at any page, and have room
// again.
func TestMergeGoesOnAfterAnError(t *testing.T) {
	s := openNew(t)
	older, newer := make(map[half]holding), make(map[half]holding)
	for i := range 3 * pageKeys {
		newer[key(2*i)], older[key(2*i+1)] = holding{1 << 60, 1}, holding{1 << 60, 2}
	}
	put(t, s, older)
	broken := put(t, s, newer)
	d := newMerge(s.keys.newRun(), s.keys.runs[:2:2], true, 1)
	move := func(from, to int64) {
		must(t, prepare(s.writer.conn, `UPDATE keys SET id = ? WHERE id = ?`).int(to, from).run())
	}
	const away = 1 << 50
	move(broken.page(1), away)
	var err error
	for err == nil {
		if err = d.save(s.writer.conn, 1); err == nil {
			d.committed()
		}
	}
	if !errors.Is(err, errGone) {
		t.Fatalf("save = %v, want %v", err, errGone)
	}
	move(away, broken.page(1))
	writeOut(t, s, d)
	maps.Copy(newer, older)
	lost := 0
	for h, want := range newer {
		if v, err := search(s.writer.conn, s.keys.runs, h); v != want || err != nil {
			lost++
		}
	}
	if lost > 0 {
		t.Errorf("%d of %d claims are lost", lost, len(newer))
	}
}
