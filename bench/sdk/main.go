// Command sdk measures package verify beside the Go verifiers that providers
// publish themselves, and beside the HMAC that all of them must compute.
//
//	cd bench/sdk && go run .                       about twenty seconds
//	cd bench/sdk && go run . -rounds 11            a quick look
//
// It is a module of its own, so that nobody who imports the gateway downloads
// the providers' SDKs. What counts are the ratios within a round: its runs
// follow each other directly, so most of what else the machine does cancels.
// Many short rounds beat a few long ones: the scheduler leaves most of them
// alone, and the median ignores the others.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"runtime"
	"testing"
	"time"
)

func main() {
	err := run(os.Args[1:])
	switch {
	case errors.Is(err, flag.ErrHelp):
	case err != nil:
		fmt.Fprintln(os.Stderr, "sdk:", err)
		os.Exit(1)
	}
}

// run measures, prints and judges. A missed bar is an error only with -strict.
func run(args []string) error {
	flags := flag.NewFlagSet("sdk", flag.ContinueOnError)
	rounds := flags.Int("rounds", 101, "rounds; the median of each ratio counts")
	length := flags.Duration("time", 3*time.Millisecond, "least time of one benchmark")
	strict := flags.Bool("strict", false, "exit with status 1 if a bar was missed")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *rounds < 1 || flags.NArg() > 0 {
		return errors.New("want at least one round, and no arguments")
	}
	testing.Init()
	if err := flag.Set("test.benchtime", length.String()); err != nil {
		return err
	}

	fmt.Printf("%d cores, %s %s/%s, %d bytes, %d rounds of %v\n\n",
		runtime.NumCPU(), runtime.Version(), runtime.GOOS, runtime.GOARCH, size, *rounds, *length)
	rows, err := measure(*rounds)
	if err != nil {
		return err
	}
	fmt.Print(table(rows))
	missed := 0
	for _, r := range rows {
		for _, bar := range r.missed() {
			fmt.Println(bar)
			missed++
		}
	}
	fmt.Printf("\n%d bars missed\n", missed)
	if *strict && missed > 0 {
		return errors.New("a bar was missed")
	}
	return nil
}
