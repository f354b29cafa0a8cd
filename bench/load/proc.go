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

// machineTime is the time of all processors so far, and how much of it the host
// gave to other machines when this one had work for it.
func machineTime() (all, stolen time.Duration, err error) {
	b, err := os.ReadFile("/proc/stat")
	if err != nil {
		return 0, 0, err
	}
	return parseMachineStat(b)
}

// parseMachineStat adds up the first line: user, nice, system, idle, iowait, irq,
// softirq, steal. What follows them is in user and nice already.
func parseMachineStat(b []byte) (all, stolen time.Duration, err error) {
	line, _, _ := bytes.Cut(b, []byte("\n"))
	f := bytes.Fields(line)
	if len(f) < 9 || string(f[0]) != "cpu" {
		return 0, 0, fmt.Errorf("stat begins with %q", line)
	}
	for i, field := range f[1:9] {
		n, err := strconv.ParseInt(string(field), 10, 64)
		if err != nil {
			return 0, 0, err
		}
		all += time.Duration(n) * tick
		if i == 7 {
			stolen = time.Duration(n) * tick
		}
	}
	return all, stolen, nil
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
