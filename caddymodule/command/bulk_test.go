package command

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"github.com/webhook-gateway/caddy-webhook-gateway/admin/client"
	"github.com/webhook-gateway/caddy-webhook-gateway/gateway"
)

func TestReplayOne(t *testing.T) {
	t.Parallel()
	s := newStand(t)
	s.add(3, stored{id: "evt_", state: gateway.Dead, last: failed})
	s.execute("replay", "1").wants(t, 0, "1 delivery replayed\n", "")
	s.execute("replay", "1", "2", "99").wants(t, 1, "1 delivery replayed\n", "delivery 1: the delivery is pending, and cannot be replayed\ncaddy webhook replay: delivery 99: no such delivery\n")
	s.execute("replay", "3", "--json").wants(t, 0, "{\"count\":1,\"more\":false}\n", "")
	s.execute("discard", "3").wants(t, 2, "", "to discard 1 delivery, confirm it with --yes")
	s.execute("discard", "3", "--yes").wants(t, 0, "1 delivery discarded\n", "")
	if n := s.in(gateway.Pending); n != 2 {
		t.Errorf("%d are pending, want 2", n)
	}
}

func TestReplayMany(t *testing.T) {
	t.Parallel()
	s := newStand(t)
	s.add(620, stored{id: "evt_", typ: "a", state: gateway.Dead, last: failed})
	s.add(2, stored{id: "other_", typ: "b", state: gateway.Dead, last: failed})
	s.execute("replay", "--event", "a", "--dry-run").wants(t, 0, "620 deliveries would be replayed\n", "")
	s.execute("replay", "--event", "a", "--dry-run", "--json").wants(t, 0, "{\"count\":620,\"more\":false,\"dry_run\":true}\n", "")
	s.execute("replay", "--event", "a", "--progress").wants(t, 0, "620 deliveries replayed\n", "100%  620 of 620")
	if pending, dead := s.in(gateway.Pending), s.in(gateway.Dead); pending != 620 || dead != 2 {
		t.Errorf("%d pending, %d dead; want 620, 2", pending, dead)
	}
	s.execute("replay", "--state", "delivered").wants(t, 0, "0 deliveries replayed\n", "")
	s.execute("replay", "--state", "pending").wants(t, 2, "", "pending cannot be replayed")
	s.execute("discard", "--all-dead").wants(t, 2, "", "to discard 2 deliveries, confirm it with --yes")
	s.execute("discard", "--all-dead", "--yes", "--json").wants(t, 0, "{\"count\":2,\"more\":false}\n", "")
	s.execute("discard", "--state", "pending", "--until", "1h", "--yes").wants(t, 0, "0 deliveries discarded\n", "")
	s.execute("replay").wants(t, 2, "", "say which: ids, or a filter")
	s.execute("replay", "1", "--event", "a").wants(t, 2, "", "ids and filters exclude each other")
	s.execute("replay", "1", "--all-dead").wants(t, 2, "", "ids and --all-dead exclude each other\n")
	s.execute("replay", "1", "--dry-run").wants(t, 2, "", "ids and --dry-run exclude each other: it counts what filters select\n")
	s.execute("discard", "1", "--dry-run").wants(t, 2, "", "ids and --dry-run exclude each other: it counts what filters select\n")
}

// --all-dead says which state: another one beside it could only be ignored.
func TestAllDeadBesideState(t *testing.T) {
	t.Parallel()
	s := newStand(t)
	s.add(2, stored{id: "evt_", state: gateway.Delivered})
	for _, args := range [][]string{
		{"replay", "--all-dead", "--state", "delivered", "--yes"},
		{"replay", "--all-dead", "--state", "dead", "--dry-run"},
		{"discard", "--all-dead", "--state", "delivered", "--yes"},
	} {
		s.execute(args...).wants(t, 2, "", "caddy webhook "+args[0]+": --all-dead and --state exclude each other\n")
	}
	if n := s.in(gateway.Delivered); n != 2 {
		t.Errorf("%d are delivered, want 2", n)
	}
}

// A dead letter that the application refuses again at once is dead again
// before the next step: it must not be replayed for ever.
func TestReplayMeetsEachOnce(t *testing.T) {
	t.Parallel()
	var asked []string
	address := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		switch asked = append(asked, string(body)); {
		case r.Method == http.MethodPost && strings.Contains(string(body), "dry_run"):
			io.WriteString(w, `{"count":2,"more":false}`)
		case r.Method == http.MethodPost:
			io.WriteString(w, `{"count":1,"more":true}`)
		case r.FormValue("cursor") == "":
			io.WriteString(w, `{"deliveries":[{"id":"9"}],"next":"a"}`)
		default:
			io.WriteString(w, `{"deliveries":[{"id":"8"}]}`)
		}
	}))
	execute(t, "", "replay", "--endpoint", "a", "--address", address).wants(t, 0, "2 deliveries replayed\n", "")
	want := []string{`{"endpoint":"a","state":"dead","dry_run":true}`, "", `{"ids":["9"],"state":"dead","limit":500}`, "", `{"ids":["8"],"state":"dead","limit":500}`}
	if fmt.Sprint(asked) != fmt.Sprint(want) {
		t.Errorf("asked %q, want %q", asked, want)
	}
}

// Ctrl-C during the first step.
func TestReplayStopped(t *testing.T) {
	t.Parallel()
	s := newStand(t)
	s.add(700, stored{id: "evt_", state: gateway.Dead, last: failed})
	ctx, interrupt := context.WithCancel(t.Context())
	defer interrupt()
	b := &bulk{change: client.Replay, done: "replayed"}
	b.address = s.address
	c, err := b.dial()
	if err != nil {
		t.Fatal(err)
	}
	do, posts := c.Do, 0
	c.Do = func(r *http.Request) (*http.Response, error) {
		if r.Method == http.MethodPost {
			posts++
		}
		if posts == 2 { // the first one only counts
			interrupt()
		}
		return do(r)
	}
	var out bytes.Buffer
	cmd := &cobra.Command{}
	cmd.SetOut(&out)
	cmd.SetErr(io.Discard)
	cmd.SetContext(t.Context())
	err = b.many(ctx, cmd, c, client.Query{State: "dead"})
	left := s.in(gateway.Dead)
	want := fmt.Sprintf("stopped: %d deliveries replayed, %d are left\n", 700-left, left)
	if !errors.Is(err, errNo) || out.String() != want || left == 0 || left == 700 {
		t.Errorf("error %v, %q; want %q", err, &out, want)
	}
	b.json = true
	out.Reset()
	if err := b.some(ctx, cmd, c, []string{"1"}); !errors.Is(err, errNo) || out.String() != "{\"count\":0,\"more\":true}\n" {
		t.Errorf("error %v, %q", err, &out)
	}
}
