package gateway

import (
	"errors"
	"math"
	"strings"
	"testing"
	"time"
)

func TestRetriedFailures(t *testing.T) {
	tests := []struct {
		name   string
		on     string // "" is the default
		reason string
		status int
		want   bool
	}{
		{"network", "", ReasonNetwork, 0, true},
		{"broken off after a 200", "", ReasonNetwork, 200, true},
		{"timeout", "", ReasonTimeout, 0, true},
		{"408", "", ReasonStatus, 408, true},
		{"425", "", ReasonStatus, 425, true},
		{"429", "", ReasonStatus, 429, true},
		{"500", "", ReasonStatus, 500, true},
		{"599", "", ReasonStatus, 599, true},
		{"301", "", ReasonStatus, 301, false},
		{"400", "", ReasonStatus, 400, false},
		{"404", "", ReasonStatus, 404, false},
		{"410", "", ReasonStatus, 410, false},
		{"a status beyond the classes", "", ReasonStatus, 600, false},
		{"no reason", "", "", 0, false},
		{"canceled", "", ReasonCanceled, 0, false},
		{"network unlisted", "timeout 5xx", ReasonNetwork, 0, false},
		{"timeout unlisted", "network 5xx", ReasonTimeout, 0, false},
		{"504 is a status", "timeout", ReasonStatus, 504, false},
		{"one status", "503", ReasonStatus, 503, true},
		{"one status and its neighbour", "503", ReasonStatus, 502, false},
		{"class of redirects", "3xx", ReasonStatus, 302, true},
		{"class of refusals", "4xx", ReasonStatus, 404, true},
		{"exception of a class", "5xx !501", ReasonStatus, 501, false},
		{"exception before its class", "!501 5xx", ReasonStatus, 501, false},
		{"beside the exception", "5xx !501", ReasonStatus, 500, true},
		{"exception of itself", "501 !501", ReasonStatus, 501, false},
		{"class as an exception of a status", "404 !4xx", ReasonStatus, 404, false},
		{"network as an exception", "network timeout !network", ReasonNetwork, 0, false},
		{"nothing but an exception", "!501", ReasonStatus, 501, false},
		{"beside nothing but an exception", "!501", ReasonStatus, 500, true},
		{"by default, beside an exception", "!501", ReasonNetwork, 0, true},
	}
	for _, tt := range tests {
		r := Retry{On: strings.Fields(tt.on)}.WithDefaults()
		if got := r.again(tt.reason, tt.status); got != tt.want {
			t.Errorf("%s: again(%q, %d) on %v = %v", tt.name, tt.reason, tt.status, r.On, got)
		}
	}
}

func TestSettle(t *testing.T) {
	const almost = 1 - 1.0/(1<<53)
	again := Result{Verdict: Again}
	asks := func(d time.Duration) Result { return Result{Verdict: Again, RetryAfter: d} }
	tests := []struct {
		name   string
		spent  int
		age    time.Duration // of the event
		result Result
		random float64
		state  State
		after  int           // spent then
		wait   time.Duration // until due, when Pending
	}{
		{"accepted", 0, 0, Result{Verdict: Accepted}, 0, Delivered, 1, 0},
		{"accepted at last", 7, 0, Result{Verdict: Accepted}, 0, Delivered, 8, 0},
		{"accepted after all time", 0, 48 * time.Hour, Result{Verdict: Accepted}, 0, Delivered, 1, 0},
		{"final", 0, 0, Result{Verdict: Final}, 0, Dead, 1, 0},
		{"first failure, least wait", 0, 0, again, 0, Pending, 1, 0},
		{"first failure, middle wait", 0, 0, again, 0.5, Pending, 1, 2500 * time.Millisecond},
		{"first failure, longest wait", 0, 0, again, almost, Pending, 1, 5*time.Second - 1},
		{"third failure", 2, 0, again, 0.5, Pending, 3, 10 * time.Second},
		{"seventh failure", 6, 0, again, 0.5, Pending, 7, 160 * time.Second},
		{"last failure", 7, 0, again, 0, Dead, 8, 0},
		{"more spent than there are, after a reload", 20, 0, again, 0, Dead, 21, 0},
		{"just young enough", 0, 48*time.Hour - 1, again, 0, Pending, 1, 0},
		{"too old", 0, 48 * time.Hour, again, 0, Dead, 1, 0},
		{"received in the future", 0, -time.Hour, again, 0, Pending, 1, 0},
		{"asked for more than the jitter", 0, 0, asks(30 * time.Second), 0.5, Pending, 1, 30 * time.Second},
		{"asked for less than the jitter", 0, 0, asks(time.Second), 0.5, Pending, 1, 2500 * time.Millisecond},
		{"asked for more than the longest wait", 0, 0, asks(20 * time.Minute), 0.5, Pending, 1, 20 * time.Minute},
		{"asked for an hour", 0, 0, asks(time.Hour), 0, Pending, 1, time.Hour},
		{"asked for more than an hour", 0, 0, asks(math.MaxInt64), 0, Pending, 1, time.Hour},
		{"probe that failed", 0, 0, Result{Verdict: Again, Probe: true}, 0.5, Pending, 0, 2500 * time.Millisecond},
		{"probe that failed, with one attempt left", 7, 0, Result{Verdict: Again, Probe: true}, 0, Pending, 7, 0},
		{"probe of what is too old", 0, 48 * time.Hour, Result{Verdict: Again, Probe: true}, 0, Dead, 0, 0},
		{"probe that was accepted", 3, 0, Result{Verdict: Accepted, Probe: true}, 0, Delivered, 4, 0},
		{"probe that was refused", 3, 0, Result{Verdict: Final, Probe: true}, 0, Dead, 4, 0},
		{"canceled", 3, 0, Result{Verdict: Canceled}, 0.5, Pending, 3, 0},
		{"canceled last attempt", 7, 48 * time.Hour, Result{Verdict: Canceled}, 0.5, Pending, 7, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d := &Delivery{State: Delivering, Attempt: 9, Spent: tt.spent, ReceivedAt: t0.Add(-tt.age), Due: t0.Add(time.Minute)}
			Retry{}.WithDefaults().Settle(d, tt.result, t0, tt.age, tt.random)
			if d.State != tt.state || d.Spent != tt.after || d.Attempt != 9 || d.LastAttempt.Number != 9 {
				t.Errorf("settled as %+v, want %v with %d spent", d, tt.state, tt.after)
			}
			if wait := d.Due.Sub(t0); d.State == Pending && wait != tt.wait {
				t.Errorf("due in %v, want %v", wait, tt.wait)
			}
		})
	}
}

// A replay gives all that the policy allows, its time included.
func TestAgeAfterReplay(t *testing.T) {
	for name, tt := range map[string]struct{ replayed, want time.Time }{
		"never replayed":                       {time.Time{}, t0},
		"replayed":                             {t0.Add(time.Hour), t0.Add(time.Hour)},
		"replayed when the clock was put back": {t0.Add(-time.Hour), t0},
	} {
		if got := (&Delivery{ReceivedAt: t0, ReplayedAt: tt.replayed}).Begun(); !got.Equal(tt.want) {
			t.Errorf("%s: its age began at %v, want %v", name, got, tt.want)
		}
	}
}

func TestTheAttemptIsRemembered(t *testing.T) {
	d := &Delivery{Attempt: 3, ReceivedAt: t0}
	r := Result{Verdict: Final, Status: 404, Reason: ReasonStatus, Err: errDown, Answer: []byte("no"), Start: t0, Duration: time.Second}
	Retry{}.WithDefaults().Settle(d, r, t0, 0, 0)
	got := d.LastAttempt
	if got.Number != 3 || !got.Start.Equal(t0) || got.Duration != time.Second || got.Status != 404 || got.Reason != ReasonStatus || got.Error != errDown.Error() || string(got.Answer) != "no" {
		t.Errorf("remembered %+v", got)
	}
}

// The longest wait doubles with each attempt until it is the longest of all.
func TestWaitsDoubleUpToTheLongest(t *testing.T) {
	tests := []struct {
		name           string
		delay, longest time.Duration
		spent          int
		want           time.Duration
	}{
		{"probe of what never failed", time.Second, time.Minute, 0, time.Second},
		{"first", time.Second, time.Minute, 1, time.Second},
		{"sixth", time.Second, time.Minute, 6, 32 * time.Second},
		{"between two powers", time.Second, time.Minute, 7, time.Minute},
		{"constant", time.Minute, time.Minute, 9, time.Minute},
		{"very many", time.Second, time.Minute, math.MaxInt32, time.Minute},
		{"many, and no bound to speak of", time.Second, math.MaxInt64, 100, math.MaxInt64},
	}
	for _, tt := range tests {
		r := Retry{Delay: Duration(tt.delay), Longest: Duration(tt.longest)}
		if got := r.wait(tt.spent, 0, 0.5); (got - tt.want/2).Abs() > 1 {
			t.Errorf("%s: half of the wait is %v, want %v", tt.name, got, tt.want/2)
		}
	}
}

func TestRetryDefaults(t *testing.T) {
	got := Retry{}.WithDefaults()
	if got.Attempts != 8 || got.Delay != Duration(5*time.Second) || got.Longest != Duration(10*time.Minute) || got.GiveUpAfter != Duration(48*time.Hour) || len(got.On) == 0 {
		t.Errorf("defaults %+v", got)
	}
	if got := (Retry{Delay: Duration(time.Hour)}).WithDefaults(); got.Longest != Duration(time.Hour) {
		t.Errorf("a delay of an hour is cut to %v", got.Longest)
	}
	if err := got.Validate(); err != nil {
		t.Errorf("the defaults are wrong: %v", err)
	}
}

func TestRetryValidate(t *testing.T) {
	tests := []struct {
		name string
		r    Retry
		want string // "" is valid
	}{
		{"zero", Retry{}, ""},
		{"negative attempts", Retry{Attempts: -1}, "retry: attempts: -1 is negative"},
		{"negative delay", Retry{Delay: -1}, "retry: delay: -1ns is negative"},
		{"negative longest", Retry{Longest: -1}, "retry: delay: -1ns is negative"},
		{"longest below the first", Retry{Delay: 2, Longest: 1}, "retry: delay: the longest, 1ns, is shorter than the first, 2ns"},
		{"longest like the first", Retry{Delay: 2, Longest: 2}, ""},
		{"negative give up", Retry{GiveUpAfter: -1}, "retry: give_up_after: -1ns is negative"},
		{"all that can be retried", Retry{On: strings.Fields("network timeout 300 599 3xx 4xx 5xx !network !timeout !501 !4xx")}, ""},
		{"success", Retry{On: []string{"200"}}, `retry: on: "200" is not`},
		{"class of success", Retry{On: []string{"2xx"}}, `retry: on: "2xx" is not`},
		{"past all classes", Retry{On: []string{"600"}}, `retry: on: "600" is not`},
		{"class of nothing", Retry{On: []string{"xx"}}, `retry: on: "xx" is not`},
		{"class in capitals", Retry{On: []string{"5XX"}}, `retry: on: "5XX" is not`},
		{"exception of nothing", Retry{On: []string{"!"}}, `retry: on: "!" is not`},
		{"exception of an exception", Retry{On: []string{"!!501"}}, `retry: on: "!!501" is not`},
		{"status with a sign, which no status has", Retry{On: []string{"+503"}}, `retry: on: "+503" is not`},
		{"status with a zero in front", Retry{On: []string{"0503"}}, `retry: on: "0503" is not`},
		{"canceled", Retry{On: []string{ReasonCanceled}}, `retry: on: "canceled" is not`},
	}
	for _, tt := range tests {
		if err := tt.r.Validate(); !says(err, tt.want) {
			t.Errorf("%s: Validate = %v, want %q", tt.name, err, tt.want)
		}
	}
	err := Retry{Attempts: -1, Delay: -1, On: []string{"x", "y"}}.Validate()
	var all interface{ Unwrap() []error }
	if !errors.As(err, &all) || len(all.Unwrap()) != 4 {
		t.Errorf("of four problems it says: %v", err)
	}
}

// says reports whether the error's text begins with want; none has no text.
func says(err error, want string) bool {
	if err == nil || want == "" {
		return err == nil && want == ""
	}
	return strings.HasPrefix(err.Error(), want)
}
