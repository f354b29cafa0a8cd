// Command bench measures the gateway beside plain Caddy on this machine.
//
// It builds ./cmd/caddy, starts an application and, for each experiment, the
// Caddys to compare; a load generator of its own process sends all the same
// signed requests in alternating rounds. What counts is the ratio within a round:
// the runs are seconds apart, so most of what else the machine does cancels. A
// round in which the machine itself got less of its host is repeated.
//
//	go run ./bench                                everything, about fifteen minutes
//	go run ./bench -run accept,sustained          two of the experiments
//	go run ./bench -rounds 2 -duration 1s -rps 0 -fill 100000  a quick look
//	go run ./bench -only plain,defaults,respond   only plain Caddy's side
//
// It needs Linux: CPU time and memory come from /proc. The stores need a disk,
// and some 4 GB of it.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"syscall"
	"time"

	"github.com/webhook-gateway/caddy-webhook-gateway/bench/load"
	"github.com/webhook-gateway/caddy-webhook-gateway/bench/program"
)

// options are the flags, parsed.
type options struct {
	caddy              string // program to load; empty means build ./cmd/caddy
	rounds, conns      int
	warmup             time.Duration
	duration, paceTime time.Duration   // measured time of one run, closed and open loop
	rps                int             // open loop; 0 means none
	fill               int             // events in the store that is already large
	sizes              []int           // bytes
	run                map[string]bool // experiments
	only               map[string]bool // targets
	stolen             float64         // share of the processors
	dir                string          // where the files go
	strict             bool
}

func main() {
	ctx, cancel := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := role(ctx, os.Args[1:])
	cancel()
	switch {
	case errors.Is(err, flag.ErrHelp):
	case err != nil:
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// role tells the three uses of this program apart: it starts itself again as
// the application and as the load generator.
func role(ctx context.Context, args []string) error {
	switch {
	case len(args) == 2 && args[0] == "app":
		return load.ServeApp(args[1])
	case len(args) == 1 && args[0] == "load":
		return load.Serve(os.Stdin, os.Stdout)
	}
	o, err := parseOptions(args)
	if err != nil {
		return err
	}
	return bench(ctx, o)
}

// bench runs the whole plan. A missed bar is an error only with -strict.
func bench(ctx context.Context, o options) error {
	fmt.Printf("%d cores, %s %s/%s, GOGC=100, %d connections, %d rounds of %v after %v\n",
		runtime.NumCPU(), runtime.Version(), runtime.GOOS, runtime.GOARCH, o.conns, o.rounds, o.duration, o.warmup)
	p, err := program.New(ctx, o.dir, o.caddy)
	if err != nil {
		return err
	}
	defer p.Close()

	missed := 0
	for _, e := range plan(o) {
		n, err := e.run(ctx, p, o)
		switch {
		case ctx.Err() != nil:
			return errors.New("interrupted")
		case err != nil:
			return fmt.Errorf("%s: %w", e.name, err)
		}
		missed += n
	}
	fmt.Printf("\n%d bars missed\n", missed)
	if o.strict && missed > 0 {
		return errors.New("a bar was missed")
	}
	return nil
}
