package sqlite

import (
	"encoding/hex"
	"math"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// said is the end of the name of the file in which a process that is watched
// writes down what it was promised.
const said = "-said"

// parts are the ends of the names of the files that a store is in. What else
// there is beside them is not needed after a power cut.
var parts = []string{"", "-wal", "-journal"}

// A tape is what a process has asked of the kernel that changes its store.
type tape struct {
	path  string // of the store
	calls []*sysCall
	said  []string // promises, in order

	files int                 // made until now
	file  map[string]int      // by path, those that there are
	open  map[string]*sysCall // by thread: not ended
}

// A sysCall is one of these.
type sysCall struct {
	name         string
	path         string
	file         int    // its number
	data         []byte // written
	at           int64  // where, or how long the file is made
	begun, ended int    // lines: calls may overlap
	said         int    // promises before it
}

// folder is the file that is the folder: to sync it keeps what was made and
// removed.
const folder = 0

// keeper is the file that has to be synced for the call to outlive a power cut.
func (c *sysCall) keeper() int {
	if c.name == "open" || c.name == "unlink" {
		return folder
	}
	return c.file
}

func (c *sysCall) syncs() bool { return c.name == "fsync" || c.name == "fdatasync" }

// newTape reads what strace has written of a store at path: lines such as
//
//	17 fdatasync(8</hooks.db-wal>) = 0
//	17 pwrite64(8</hooks.db-wal>, "data", 4, 4096 <unfinished ...>
//	17 <... pwrite64 resumed>) = 4
//
// with paths and data in hexadecimal digits. What a thread was in when the process
// ended is "<detached ...>", and "???" where it is not known.
func newTape(t *testing.T, text, path string) *tape {
	t.Helper()
	tp := &tape{path: path, file: make(map[string]int), open: make(map[string]*sysCall)}
	for n, line := range strings.Split(strings.TrimSpace(text), "\n") {
		thread, line, _ := strings.Cut(line, " ")
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "+++ exited") || strings.HasPrefix(line, "???(") {
			continue
		}
		if name, args, _ := strings.Cut(line, "("); !strings.HasPrefix(line, "<... ") {
			tp.begin(t, thread, n, name, args)
		}
		if !strings.HasSuffix(line, " <unfinished ...>") && !strings.HasSuffix(line, " <detached ...>") {
			tp.end(thread, n, line[strings.LastIndex(line, "= ")+2:])
		}
	}
	return tp
}

// begin takes note of a call if it is one that matters.
func (tp *tape) begin(t *testing.T, thread string, line int, name, args string) {
	t.Helper()
	before, text, _ := strings.Cut(args, `"`)
	text, after, _ := strings.Cut(text, `"`)
	c := &sysCall{name: strings.TrimSuffix(strings.TrimSuffix(name, "2"), "at"), data: unhex(t, text), begun: line, ended: math.MaxInt, said: len(tp.said)}
	switch c.name {
	case "open", "unlink", "rename":
		c.path = string(c.data)
	default:
		_, path, _ := strings.Cut(before, "<")
		path, size, _ := strings.Cut(path, ">")
		c.path, c.at = string(unhex(t, path)), lastNumber(size+after)
	}
	if name == "write" && c.path == tp.path+said {
		tp.said = append(tp.said, strings.TrimSpace(string(c.data)))
	}
	if tp.matters(t, c, strings.Contains(after, "O_CREAT")) {
		tp.calls = append(tp.calls, c)
		tp.open[thread] = c
	}
}

// matters finds the file of a call, if it is one of the store's and changes it.
func (tp *tape) matters(t *testing.T, c *sysCall, creates bool) bool {
	t.Helper()
	if c.path == filepath.Dir(tp.path) {
		return c.syncs()
	}
	if part, ours := strings.CutPrefix(c.path, tp.path); !ours || !slices.Contains(parts, part) {
		return false
	}
	exists := false
	c.file, exists = tp.file[c.path]
	switch c.name {
	case "open":
		if exists || !creates {
			return false
		}
		tp.files++
		c.file, tp.file[c.path] = tp.files, tp.files
	case "unlink":
		delete(tp.file, c.path)
	case "pwrite64", "ftruncate", "fsync", "fdatasync":
	default:
		t.Fatalf("%s of %s, which this test does not know", c.name, c.path)
	}
	return true
}

// end is of the call that the thread was in.
func (tp *tape) end(thread string, line int, result string) {
	c := tp.open[thread]
	delete(tp.open, thread)
	if c != nil && !strings.HasPrefix(result, "-") {
		c.ended = line
	}
}

// durable reports whether a call outlives a power cut at the line.
func (tp *tape) durable(c *sysCall, line int) bool {
	return slices.ContainsFunc(tp.calls, func(y *sysCall) bool {
		return y.syncs() && y.file == c.keeper() && y.begun > c.ended && y.ended < line
	})
}

// lastNumber is the last one among arguments; 0 if there is none.
func lastNumber(args string) int64 {
	args, _, _ = strings.Cut(args, " <")
	args, _, _ = strings.Cut(args, ")")
	n, _ := strconv.ParseInt(args[strings.LastIndex(args, " ")+1:], 10, 64)
	return n
}

func unhex(t *testing.T, text string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(text, `\x`, ""))
	must(t, err)
	return b
}
