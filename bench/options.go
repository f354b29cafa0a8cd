package main

import (
	"errors"
	"flag"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// parseOptions reads the flags and refuses what cannot be measured.
func parseOptions(args []string) (options, error) {
	var o options
	f := flag.NewFlagSet("bench", flag.ContinueOnError)
	f.StringVar(&o.caddy, "caddy", "", "Caddy `program` to load (default: build ./cmd/caddy)")
	f.IntVar(&o.rounds, "rounds", 5, "alternating `rounds` per experiment")
	f.IntVar(&o.conns, "conns", 64, "keep-alive `connections`")
	f.DurationVar(&o.warmup, "warmup", time.Second, "`time` before each measurement")
	f.DurationVar(&o.duration, "duration", 3*time.Second, "measured `time` of each run")
	f.IntVar(&o.rps, "rps", 500, "requests per second of the open loop; 0 skips it")
	f.DurationVar(&o.paceTime, "pace-duration", 6*time.Second, "measured `time` of each run of the open loop")
	f.IntVar(&o.fill, "fill", 1_000_000, "`events` in the store that is already large")
	f.Float64Var(&o.stolen, "stolen", 0.03, "repeat a round in which the machine's host took more than this `share` of the processors, up to 10 times")
	f.StringVar(&o.dir, "dir", "bin", "`folder` on a disk, for the stores and all other files")
	f.BoolVar(&o.strict, "strict", false, "exit 1 when a bar is missed")
	sizes := f.String("sizes", "2,16,256", "body `sizes` of plain and gateway, KiB")
	run := f.String("run", "", "run these `experiments` alone, of "+strings.Join(experimentNames, ","))
	only := f.String("only", "", "run these `targets` alone, of "+targetNames(targets))
	if err := f.Parse(args); err != nil {
		return o, err
	}
	if f.NArg() > 0 || o.rounds < 1 || o.conns < 1 || o.duration <= 0 || o.paceTime <= 0 || o.warmup < 0 || o.rps < 0 || o.fill < 1 || o.stolen < 0 {
		return o, errors.New("leftover argument, or a number below its least value")
	}
	var err error
	if o.sizes, err = parseSizes(*sizes); err != nil {
		return o, err
	}
	if o.run, err = choose("run", *run, experimentNames); err != nil {
		return o, err
	}
	o.only, err = choose("only", *only, strings.Split(targetNames(targets), ","))
	return o, err
}

// parseSizes turns "2,16" into bytes. Below 1 KiB a realistic body does not fit.
func parseSizes(s string) ([]int, error) {
	var sizes []int
	for f := range strings.SplitSeq(s, ",") {
		n, err := strconv.Atoi(f)
		if err != nil || n < 1 || n > 1024 {
			return nil, fmt.Errorf("-sizes %q: want KiB from 1 to 1024", f)
		}
		sizes = append(sizes, n<<10)
	}
	return sizes, nil
}

// choose returns the set of names in list, of those known; the empty list means all.
func choose(flag, list string, known []string) (map[string]bool, error) {
	chosen := make(map[string]bool)
	for _, name := range known {
		chosen[name] = list == ""
	}
	if list == "" {
		return chosen, nil
	}
	for name := range strings.SplitSeq(list, ",") {
		if _, ok := chosen[name]; !ok {
			return nil, fmt.Errorf("-%s %q: no such name, want of %q", flag, name, known)
		}
		chosen[name] = true
	}
	return chosen, nil
}
