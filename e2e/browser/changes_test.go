package browser

import (
	"fmt"
	"net/http"
	"testing"
)

// TestReplay: a dead letter is replayed when the application is mended, and the
// page says so by itself.
func TestReplay(t *testing.T) {
	eachFront(t, func(t *testing.T, g *gateway, f front) {
		ids := g.dead(1, "order.lost")
		b := f.open(t, "#/deliveries/"+ids[0])
		b.shows(one("detail-state"), "dead")
		g.app.then(http.StatusOK)
		b.click(one("replay"))
		b.click(one("confirm-cancel"))
		b.wait("!" + one("confirm-ok"))
		b.click(one("replay"))
		b.click(one("confirm-ok"))
		b.shows(one("detail-state"), "delivered")
		b.wait(all("attempt") + ".length === 2")
		g.settled("state=delivered&event=order.lost", 1)
		if n := g.app.received("order.lost-0"); n != 2 {
			t.Errorf("the application got it %d times, want 2", n)
		}
	})
}

// TestBulkReplay replays all that are shown, and no others.
func TestBulkReplay(t *testing.T) {
	t.Parallel()
	const many = 40
	g := start(t)
	g.dead(many, "order.lost")
	others := g.dead(2, "order.kept")
	g.app.then(http.StatusOK)
	b := g.handler().open(t, "#/deliveries?state=dead&event=order.lost")
	b.rows(many)
	b.click(one("select-all"))
	b.click(one("bulk-replay"))
	b.click(one("confirm-ok"))
	b.shows(one("notice"), fmt.Sprint(many))
	g.settled("state=delivered", many)
	b.rows(0)
	if left := g.deliveries("state=dead"); len(left) != len(others) {
		t.Errorf("%d dead letters are left, want %d", len(left), len(others))
	}
}

// TestDiscard discards one from its page, and then one of two from the list.
func TestDiscard(t *testing.T) {
	t.Parallel()
	g := start(t)
	ids := g.dead(3, "order.lost")
	b := g.command().open(t, "#/deliveries")
	b.rows(3)
	b.click(one("delivery-row", fmt.Sprintf(`[data-id="%s"]`, ids[0])))
	b.click(one("discard"))
	b.click(one("confirm-ok"))
	b.rows(2)
	b.click(one("delivery-row", fmt.Sprintf(`[data-id="%s"]`, ids[1]), ` [data-testid="select-row"]`))
	b.click(one("bulk-discard"))
	b.click(one("confirm-ok"))
	b.rows(1)
	if left := g.deliveries(""); len(left) != 1 || left[0].ID != ids[2] {
		t.Errorf("what is left is %v, want %s", left, ids[2])
	}
}

// TestPauseAndResume holds a destination back, and lets it go on.
func TestPauseAndResume(t *testing.T) {
	eachFront(t, func(t *testing.T, g *gateway, f front) {
		b := f.open(t, "#/endpoints")
		hook := `[data-name="hook"]`
		b.click(one("endpoint-card", hook, ` [data-testid="pause"]`))
		b.shows(one("endpoint-card", hook), "paused")
		g.broxi("/hook", "held-0", "order.held")
		g.settled("state=pending&event=order.held", 1)
		if n := g.app.received("held-0"); n != 0 {
			t.Errorf("the application got it %d times while it was held back", n)
		}
		b.click(one("endpoint-card", hook, ` [data-testid="resume"]`))
		g.settled("state=delivered&event=order.held", 1)
		b.wait(one("endpoint-card", hook, ` [data-testid="pause"]`))
	})
}

// TestSendTest has the gateway send itself an event, which it verifies.
func TestSendTest(t *testing.T) {
	eachFront(t, func(t *testing.T, g *gateway, f front) {
		b := f.open(t, "#/endpoints")
		b.click(one("endpoint-card", `[data-name="hook"]`, ` [data-testid="send-test"]`))
		b.fill(one("test-event"), "order.tested")
		b.fill(one("test-body"), `{"hello": `)
		b.click(one("test-submit"))
		b.shows(one("test-result"), "not JSON")
		b.fill(one("test-body"), `{"hello": "from the dashboard"}`)
		b.click(one("test-submit"))
		b.shows(one("test-result"), "200")
		g.settled("state=delivered&event=order.tested", 1)
		if n := g.app.received("from the dashboard"); n != 1 {
			t.Errorf("the application got it %d times, want once", n)
		}
	})
}

// TestLive: what happens shows up in a page that nobody touches.
func TestLive(t *testing.T) {
	eachFront(t, func(t *testing.T, g *gateway, f front) {
		b := f.open(t, "#/deliveries")
		b.shows(one("live-toggle"), "on")
		eval[bool](b, "window.untouched = true")
		g.broxi("/hook", "live-0", "order.live")
		b.shows(one("delivery-row"), "live-0")
		b.shows(one("delivery-row"), "delivered")
		b.click(one("nav-refusals"))
		g.forged("/hook/live", "{}")
		b.shows(one("refusal-row"), "/hook/live")
		b.click(one("nav-overview"))
		b.shows(one("tile-refused"), "1")
		b.wait("window.untouched")
	})
}
