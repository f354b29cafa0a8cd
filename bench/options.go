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
	f.BoolVar(&o.strict, "strict", false, "exit 1 when a bar is missed")
	sizes := f.String("sizes", "2,16,256", "body `sizes` of plain and gateway, KiB")
	only := f.String("only", "", "run these `targets` alone, of plain,gateway,defaults,to,respond,refuse")
	if err := f.Parse(args); err != nil {
		return o, err
	}
	if f.NArg() > 0 || o.rounds < 1 || o.conns < 1 || o.duration <= 0 || o.paceTime <= 0 || o.warmup < 0 || o.rps < 0 {
		return o, errors.New("leftover argument, or a number below its least value")
	}
	var err error
	if o.sizes, err = parseSizes(*sizes); err != nil {
		return o, err
	}
	o.only, err = parseOnly(*only)
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

// parseOnly returns the set of targets named in s; the empty s means all.
func parseOnly(s string) (map[string]bool, error) {
	only := make(map[string]bool)
	for _, t := range targets {
		only[t.name] = s == ""
	}
	if s == "" {
		return only, nil
	}
	for f := range strings.SplitSeq(s, ",") {
		if _, ok := only[f]; !ok {
			return nil, fmt.Errorf("-only %q: no such target", f)
		}
		only[f] = true
	}
	return only, nil
}
