package load

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
)

func TestWindow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWindow(2)
		passed := make(chan bool, 1)
		if !w.wait(0) || !w.wait(1) {
			t.Fatal("a request within the window was refused")
		}
		go func() { passed <- w.wait(2) }()
		synctest.Wait()
		select {
		case <-passed:
			t.Fatal("request 2 passed with 0 received and a window of 2")
		default:
		}
		w.move(1)
		if !<-passed {
			t.Error("request 2 was refused with 1 received")
		}
		go func() { passed <- w.wait(3) }()
		synctest.Wait()
		w.close()
		if <-passed {
			t.Error("request 3 passed a closed window")
		}
	})
}

func TestWindowFollows(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		w, asked := newWindow(1), 0
		err := w.follow(ctx, func() (int, error) {
			if asked++; asked == 3 {
				cancel()
			}
			return asked, nil
		})
		if err != nil || w.received != 3 || w.wait(0) {
			t.Errorf("follow = %v at %d received; open: %v", err, w.received, w.wait(0))
		}
		broken := errors.New("no application")
		if err := newWindow(1).follow(t.Context(), func() (int, error) { return 0, broken }); !errors.Is(err, broken) {
			t.Errorf("follow = %v, want %v", err, broken)
		}
	})
}

func TestNoWindow(t *testing.T) {
	var w *window
	if !w.wait(1 << 40) {
		t.Error("the nil window refuses")
	}
}
