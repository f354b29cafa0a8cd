package browser

import (
	"fmt"
	"slices"
	"testing"

	"github.com/chromedp/chromedp/kb"
)

// TestKeyboard walks through the page with the Tab key, to the navigation and
// to a delivery, opens it and has it replayed, without a mouse.
func TestKeyboard(t *testing.T) {
	t.Parallel()
	g := start(t)
	id := g.dead(1, "order.lost")[0]
	g.app.then(200)
	b := g.command().open(t, "#/")
	var order []string
	for range 12 {
		b.press(kb.Tab)
		if at := eval[string](b, `document.activeElement.dataset.testid ?? ""`); at != "" {
			order = append(order, at)
		}
		if !eval[bool](b, focusIsSeen) {
			t.Errorf("after %q the focus is not to be seen", order)
		}
		if len(order) > 0 && order[len(order)-1] == "nav-deliveries" {
			break
		}
	}
	if want := []string{"nav-overview", "nav-deliveries"}; !slices.Equal(order, want) {
		t.Fatalf("the Tab key goes to %q, want %q", order, want)
	}
	b.press(kb.Enter)
	b.wait(one("delivery-row"))
	b.tabTo(one("delivery-row", " a"))
	b.press(kb.Enter)
	b.wait(fmt.Sprintf(`location.hash === "#/deliveries/%s"`, id))
	b.shows(one("detail-state"), "dead")
	b.tabTo(one("replay"))
	b.press(kb.Enter)
	b.wait(one("confirm-cancel") + " === document.activeElement") // the safe one has the focus
	b.press(kb.Escape)
	b.wait("!" + one("confirm-cancel"))
	b.wait(one("replay") + " === document.activeElement")
	b.press(kb.Enter)
	b.tabTo(one("confirm-ok"))
	b.press(kb.Enter)
	b.shows(one("detail-state"), "delivered")
}

// focusIsSeen: what has the focus has an outline or a shadow, or is the page itself.
const focusIsSeen = `(e => {
	const s = getComputedStyle(e)
	return e === document.body || s.outlineStyle !== "none" && parseFloat(s.outlineWidth) > 0 || s.boxShadow !== "none"
})(document.activeElement)`

// tabTo presses the Tab key until the element has the focus.
func (b *tab) tabTo(element string) {
	b.t.Helper()
	b.wait(element)
	for range 60 {
		if eval[bool](b, element+" === document.activeElement") {
			return
		}
		b.press(kb.Tab)
	}
	b.t.Fatalf("the Tab key does not reach %s", element)
}
