package sqlite

import (
	"math"
	"testing"
)

// TestTapeOfExit: where threads are in the middle of a call as the process ends,
// strace does not always know of which, and never whether it did anything.
func TestTapeOfExit(t *testing.T) {
	const path = `\x2f\x61` // /a
	tp := newTape(t, `1 openat(AT_FDCWD<\x2f>, "`+path+`", O_RDWR|O_CREAT, 0600) = 3<`+path+`>
2 ???( <detached ...>
3 ???( <unfinished ...>
4 ???()                             = ?
1 fsync(3<`+path+`> <detached ...>
1 fsync(3<`+path+`>) = 0
1 +++ exited with 0 +++`, "/a")
	if len(tp.calls) != 3 {
		t.Fatalf("there are %d calls, want 3", len(tp.calls))
	}
	if broken, done := tp.calls[1], tp.calls[2]; broken.ended != math.MaxInt || done.ended == math.MaxInt {
		t.Errorf("the calls ended at %d and %d, want the second one's end alone", broken.ended, done.ended)
	}
}
