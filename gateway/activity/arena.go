package activity

import "bytes"

// mostBodies is how many bytes of refused bodies are kept in all.
const mostBodies = 16 << 20

// An arena keeps the latest of what is put into it, in memory that is taken
// with the first. The zero arena is empty. It must not be used concurrently.
type arena struct {
	memory []byte
	end    int64 // bytes that were ever put into it, gaps included
}

// put keeps a copy of p, which is not longer than the arena, and returns where
// it is.
func (a *arena) put(p []byte) (start int64) {
	if len(p) == 0 {
		return a.end
	}
	if a.memory == nil {
		a.memory = make([]byte, mostBodies)
	}
	at := a.end % mostBodies
	if gap := mostBodies - at; gap < int64(len(p)) {
		a.end, at = a.end+gap, 0
	}
	start = a.end
	a.end += int64(copy(a.memory[at:], p))
	return start
}

// get returns a copy of the n bytes that are at start; nil if there are none,
// or not any more.
func (a *arena) get(start int64, n int) []byte {
	if n == 0 || a.end-start > mostBodies {
		return nil
	}
	at := start % mostBodies
	return bytes.Clone(a.memory[at : at+int64(n)])
}
