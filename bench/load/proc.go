package load

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"time"
)

// A tick is the unit of CPU time in /proc, whatever the kernel's own.
const tick = time.Second / 100

// cpuTime is what process pid has used so far, in user and system mode.
func cpuTime(pid int) (time.Duration, error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, err
	}
	return parseStat(b)
}

// parseStat adds fields 14 and 15. The second field is a name in parentheses
// that may hold spaces, so counting starts after the last one.
func parseStat(b []byte) (time.Duration, error) {
	f := bytes.Fields(b[bytes.LastIndexByte(b, ')')+1:])
	if len(f) < 13 {
		return 0, fmt.Errorf("stat has %d fields", len(f))
	}
	user, err := strconv.ParseInt(string(f[11]), 10, 64)
	if err != nil {
		return 0, err
	}
	system, err := strconv.ParseInt(string(f[12]), 10, 64)
	return time.Duration(user+system) * tick, err
}

// memory is the resident set of process pid and its peak, bytes.
func memory(pid int) (rss, peak int64, err error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, 0, err
	}
	return parseStatus(b)
}

func parseStatus(b []byte) (rss, peak int64, err error) {
	for line := range bytes.Lines(b) {
		if _, e := fmt.Sscanf(string(line), "VmRSS: %d kB", &rss); e == nil {
			continue
		}
		_, _ = fmt.Sscanf(string(line), "VmHWM: %d kB", &peak)
	}
	if rss == 0 || peak == 0 {
		return 0, 0, fmt.Errorf("status has VmRSS %d, VmHWM %d", rss, peak)
	}
	return rss << 10, peak << 10, nil
}
