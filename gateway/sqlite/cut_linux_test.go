package sqlite

import (
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
)

// A cut is what is on the disk after the power was cut in the middle of a
// tape.
type cut struct {
	at         int // calls begun before it
	said       int // promises made before it
	kept, lost int // pieces of what was not synced
	whim       whim
	random     *rand.Rand
	contents   map[int][]byte
	file       map[string]int // by path
}

// A whim is what becomes of what was not synced.
type whim struct {
	keep  float64 // share of the calls that reached the disk
	torn  bool    // of these calls some sectors only
	grown bool    // the file is as long as if all of it had
	noise bool    // there is anything where nothing was written, and in the index
}

const sector = 512 // which a disk writes as a whole

// cut cuts the power at a random call.
func (tp *tape) cut(random *rand.Rand) *cut {
	c := &cut{at: random.IntN(len(tp.calls) + 1), said: len(tp.said), random: random, contents: make(map[int][]byte), file: make(map[string]int)}
	line := math.MaxInt
	if c.at < len(tp.calls) {
		line, c.said = tp.calls[c.at].begun, tp.calls[c.at].said
	}
	c.whim = whim{[]float64{0, 0.5, 0.9, 1}[random.IntN(4)], random.IntN(2) == 0, random.IntN(2) == 0, random.IntN(2) == 0}
	journalled := true // what became of the folder is on the disk in its order
	for _, call := range tp.calls[:c.at] {
		durable := tp.durable(call, line)
		kept := durable || random.Float64() < c.whim.keep
		switch call.name {
		case "open":
			if journalled = journalled && kept; journalled {
				c.file[call.path] = call.file
			}
		case "unlink":
			if journalled = journalled && kept; journalled {
				delete(c.file, call.path)
			}
		case "ftruncate":
			if kept {
				c.resize(call.file, call.at)
			}
		case "pwrite64":
			c.pieces(call, kept, durable)
		}
	}
	return c
}

// pieces writes of a call what reached the disk.
func (c *cut) pieces(call *sysCall, kept, durable bool) {
	for from := int64(0); from < int64(len(call.data)); {
		at := call.at + from
		n := min(sector-at%sector, int64(len(call.data))-from)
		switch {
		case durable:
			c.put(call.file, at, call.data[from:from+n])
		case kept && !(c.whim.torn && c.random.IntN(4) == 0):
			c.put(call.file, at, call.data[from:from+n])
			c.kept++
		default:
			if c.whim.grown {
				c.resize(call.file, max(at+n, int64(len(c.contents[call.file]))))
			}
			c.lost++
		}
		from += n
	}
}

func (c *cut) put(file int, at int64, data []byte) {
	c.resize(file, max(at+int64(len(data)), int64(len(c.contents[file]))))
	copy(c.contents[file][at:], data)
}

// resize cuts the file, or fills it up with what may be there.
func (c *cut) resize(file int, size int64) {
	old := c.contents[file]
	if size <= int64(len(old)) {
		c.contents[file] = old[:size:size]
		return
	}
	c.contents[file] = append(old, c.filling(size-int64(len(old)))...)
}

func (c *cut) filling(n int64) []byte {
	b := make([]byte, n)
	for i := range b {
		if c.whim.noise {
			b[i] = byte(c.random.Uint32())
		}
	}
	return b
}

// write makes the files, and returns the path of the store.
func (c *cut) write(t *testing.T, path string) (copied string) {
	t.Helper()
	copied = filepath.Join(t.TempDir(), "hooks.db")
	for _, part := range parts {
		if file, exists := c.file[path+part]; exists {
			must(t, os.WriteFile(copied+part, c.contents[file], 0o600))
		}
	}
	if c.whim.noise {
		must(t, os.WriteFile(copied+"-shm", c.filling(32<<10), 0o600))
	}
	return copied
}
