package browser

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// populate has the gateway take in and refuse some of everything.
func populate(g *gateway) {
	g.t.Helper()
	for i := range 4 {
		g.broxi("/hook", fmt.Sprint("paid-", i), "order.paid")
	}
	g.broxi("/shop", "shipped-0", "order.shipped")
	g.settled("state=delivered", 6) // the shop has two destinations
	g.dead(2, "order.lost")
	g.app.then(http.StatusOK)
	if status := g.forged("/hook/forged", "{}"); status != http.StatusUnauthorized {
		g.t.Fatalf("a forged event was answered %d", status)
	}
}

// TestPages: each page shows what the gateway really did.
func TestPages(t *testing.T) {
	eachFront(t, func(t *testing.T, g *gateway, f front) {
		populate(g)
		b := f.open(t, "#/")
		b.shows(one("health"), "degraded") // a quarter of the deliveries are dead
		b.shows(one("tile-accepted"), "7")
		b.shows(one("tile-refused"), "1")
		b.shows(one("tile-delivered"), "6")
		b.shows(one("tile-failed"), "2")
		b.wait(one("chart-rates", " canvas") + " && " + one("chart-latency", " canvas"))

		b.click(one("nav-deliveries"))
		b.rows(8)
		for _, d := range g.deliveries("") {
			row := one("delivery-row", fmt.Sprintf(`[data-id="%s"]`, d.ID))
			for _, text := range []string{d.Event, d.Reference, d.Endpoint, d.Destination, d.State} {
				b.shows(row, text)
			}
		}

		b.click(one("nav-refusals"))
		b.shows(one("refusal-row"), "/hook/forged")
		b.shows(one("refusal-row"), "hook")
		b.shows(one("refusal-row"), "401")
		b.click(one("refusal-row", " summary")) // what to do
		b.unfold()
		b.wait(one("refusal-advice") + `.innerText.length > 30`)

		b.click(one("nav-endpoints"))
		for name, says := range map[string]string{"hook": "BroxiAI", "shop": "archive", "github": "GitHub"} {
			b.shows(one("endpoint-card", fmt.Sprintf(`[data-name="%s"]`, name)), says)
		}
		for _, secret := range []string{broxiSecret, githubSecret} {
			b.wait(fmt.Sprintf("!document.documentElement.outerHTML.includes(%q)", secret))
		}
	})
}

// TestFilters narrows the list down, in the page and in its address.
func TestFilters(t *testing.T) {
	t.Parallel()
	g := start(t)
	populate(g)
	b := g.command().open(t, "#/deliveries")
	b.rows(8)
	b.fill(one("filter-state"), "dead")
	b.click(one("apply-filters"))
	b.rows(2)
	b.wait(all("delivery-row") + `.every(r => r.innerText.includes("order.lost"))`)
	b.wait(`location.hash.includes("state=dead")`)
	b.fill(one("filter-state"), "")
	b.fill(one("filter-event"), "order.shipped")
	b.click(one("apply-filters"))
	b.rows(2)
	b.fill(one("filter-endpoint"), "hook")
	b.click(one("apply-filters"))
	b.rows(0)
	b.click(one("clear-filters"))
	b.rows(8)
	b.fill(one("filter-id"), "paid-2")
	b.click(one("apply-filters"))
	b.rows(1)
	b.do(chromedp.Reload())
	b.rows(1) // the address has the filters
	b.fill(one("filter-id"), "")
	b.fill(one("filter-q"), "SHIPPED-0")
	b.click(one("apply-filters"))
	b.rows(2)
}

// TestDelivery opens one by a click on its row, and looks at all of it.
func TestDelivery(t *testing.T) {
	t.Parallel()
	g := start(t)
	ids := g.dead(1, "order.lost")
	b := g.command().open(t, "#/deliveries")
	b.click(one("delivery-row"))
	b.wait(fmt.Sprintf(`location.hash === "#/deliveries/%s"`, ids[0]))
	b.shows(one("detail-state"), "dead")
	b.wait(all("attempt") + ".length === 1")
	b.shows(one("attempt"), "422")
	b.shows(one("attempt"), "the application says Unprocessable Entity")
	b.shows(one("body-pretty"), `"name": "Zoë"`)
	b.click(one("toggle-raw"))
	b.shows(one("body-raw"), `"customer":{"name":"Zoë","vip":true}`)
	page := eval[string](b, "document.body.innerText")
	if strings.Contains(page, mac(broxiSecret, "")) || !strings.Contains(page, "X-Broxi-Timestamp") || !strings.Contains(page, "/hook") {
		t.Errorf("the page has a secret, or lacks the request:\n%s", page)
	}
	if size := eval[int](b, `fetch(`+one("download-body")+`.href).then(r => r.text()).then(t => t.length)`); size != eval[int](b, one("body-raw")+".textContent.length") {
		t.Errorf("the download has %d characters", size)
	}
}
