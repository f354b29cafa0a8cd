package browser

import (
	"fmt"
	"net/http"
	"net/url"
	"testing"
)

// attacks would each set window.pwned, open a dialog or add an element with the
// class pwned, if they were taken for HTML or for an address.
// They have no spaces, which ids cannot have.
var attacks = []string{
	`<script>window.pwned=1</script><b/class="pwned">bold</b>`,
	`<img/class="pwned"/src="x"/onerror="window.pwned=1;alert(1)">`,
	`"><svg/class="pwned"/onload="alert(1)">`,
	`</code></pre></textarea></title></script><iframe/class="pwned"/srcdoc="<script>parent.pwned=1</script>">`,
	`javascript:window.pwned=1`,
	`'-window.pwned=1-'${window.pwned=1}{{constructor.constructor("window.pwned=1")()}}`,
}

// TestHostileContent has senders put HTML and script into everything that is
// shown: it is text.
func TestHostileContent(t *testing.T) {
	eachFront(t, func(t *testing.T, g *gateway, f front) {
		for i, attack := range attacks {
			g.attack(i, attack)
		}
		g.settled("endpoint=github&state=dead", len(attacks))
		b := f.open(t, "#/deliveries")
		b.rows(len(attacks))
		for _, attack := range attacks {
			b.wait(fmt.Sprintf("%s.some(r => r.innerText.includes(%s))", all("delivery-row"), quote(attack)))
		}
		b.harmless("the list")
		for _, d := range g.deliveries("") {
			b.goTo("#/deliveries/" + d.ID)
			b.shows(one("detail-state"), "dead")
			b.wait(fmt.Sprintf("document.body.innerText.includes(%s)", quote(d.Reference)))
			b.harmless("delivery " + d.Reference)
			b.click(one("copy-curl"))
			if eval[bool](b, "!!"+one("toggle-raw")) {
				b.click(one("toggle-raw"))
			}
			b.harmless("the raw body of " + d.Reference)
		}
		b.goTo("#/refusals")
		b.wait(fmt.Sprintf("%s.length === %d", all("refusal-row"), len(attacks)))
		b.unfold()
		for _, attack := range attacks {
			b.wait(fmt.Sprintf("%s.some(r => r.innerText.includes(%s))", all("refusal-row"), quote(attack)))
		}
		b.harmless("the refusals")
		for _, attack := range attacks { // in the page's own address
			b.goTo("#/deliveries?q=" + url.QueryEscape(attack) + "&endpoint=" + url.QueryEscape(attack))
			b.wait(one("filter-q") + ".value !== ''")
			b.harmless("the filters")
		}
		b = f.open(t, "#/")
		b.expect("status of 400", "status of 404") // there is no such delivery
		for _, attack := range attacks {
			b.goTo("#/deliveries/" + url.PathEscape(attack))
			b.wait(one("error"))
			b.harmless("a delivery of that id")
		}
	})
}

// attack sends an event that is good but for its contents, which the
// application refuses for good, and one that is refused.
func (g *gateway) attack(i int, attack string) {
	g.t.Helper()
	g.app.then(http.StatusUnprocessableEntity)
	body := fmt.Sprintf(`{"n":%d,"title":%s,%s:[%s],"x":"</script><script>window.pwned=1</script>"}`, i, quote(attack), quote(attack), quote(attack))
	headers := []string{"X-GitHub-Event", attack, "X-GitHub-Delivery", fmt.Sprint(attack, i), "X-Attack", attack, "User-Agent", attack}
	if i%2 == 1 {
		headers = append(headers, "Content-Type", "text/html")
	}
	good := append(headers, "X-Hub-Signature-256", "sha256="+mac(githubSecret, body))
	if status := g.post("/github?q="+attack, body, good...); status != http.StatusOK {
		g.t.Fatalf("attack %d was answered %d", i, status)
	}
	bad := append(headers, "X-Hub-Signature-256", "sha256="+mac("a guess", body))
	if status := g.post("/github/"+attack, attack, bad...); status != http.StatusUnauthorized {
		g.t.Fatalf("attack %d with a bad signature was answered %d", i, status)
	}
}

// harmless checks that nothing of an attack has come to life.
func (b *tab) harmless(where string) {
	b.t.Helper()
	if found := eval[string](b, `
		window.pwned !== undefined ? "window.pwned is set" :
		document.querySelector(".pwned, iframe, object, embed, [onerror], [onload], [srcdoc]")?.outerHTML ??
		[...document.querySelectorAll("[href], [src], [action]")].find(e => /^\s*(javascript|data:text)/i.test(e.getAttribute("href") ?? e.getAttribute("src") ?? e.getAttribute("action")))?.outerHTML ??
		(document.scripts.length > 2 ? "a script was added" : "")`); found != "" {
		b.t.Errorf("in %s: %s", where, found)
	}
}
