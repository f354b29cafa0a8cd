package torture

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync/atomic"
	"testing"
)

var (
	program string // the caddy that TestMain built, with the race detector and failpoints
	kills   = 30   // about how many processes are to be killed
	killed  atomic.Int64
)

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "torture")
	if err != nil {
		panic(err)
	}
	program = filepath.Join(dir, "caddy")
	build := exec.Command("go", "build", "-race", "-tags", "failpoint", "-o", program, "../../cmd/caddy")
	build.Stdout, build.Stderr = os.Stderr, os.Stderr
	if err := build.Run(); err != nil {
		fmt.Fprintln(os.Stderr, "building cmd/caddy:", err)
		os.Exit(1)
	}
	if more, ok := os.LookupEnv("TORTURE_KILLS"); ok {
		if kills, err = strconv.Atoi(more); err != nil {
			fmt.Fprintln(os.Stderr, "TORTURE_KILLS:", err)
			os.Exit(1)
		}
	}
	flag.Parse()
	if err := flag.Set("test.parallel", "4"); err != nil { // they wait more than they work
		panic(err)
	}
	code := m.Run()
	fmt.Println(killed.Load(), "processes were killed")
	os.RemoveAll(dir)
	os.Exit(code)
}
