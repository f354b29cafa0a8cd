package browser

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// A tab is a page of the browser, in a profile of its own. When the test ends
// its console must be empty, and it must have asked no host but its own.
type tab struct {
	t    *testing.T
	ctx  context.Context
	base string // URL of the dashboard, with a slash at the end

	expected []string // texts of problems that the test provokes

	mu       sync.Mutex
	problems []string
	answers  []answer
}

// An answer is one that the page got, even if the browser kept it from it.
type answer struct {
	url    string
	status int
}

// open opens the dashboard at a route, as #/deliveries, and waits for the page.
func (f front) open(t *testing.T, route string) *tab {
	t.Helper()
	b := blank(t)
	b.base = f.base
	if f.login != "" {
		b.header("Authorization", f.login)
	}
	b.goTo(route)
	return b
}

// blank opens a tab of nothing.
func blank(t *testing.T) *tab {
	t.Helper()
	b := &tab{t: t}
	ctx, cancel := chromedp.NewContext(chromium, chromedp.WithNewBrowserContext(), chromedp.WithListener(b.listen))
	t.Cleanup(cancel)
	b.ctx = ctx
	if err := chromedp.Do(ctx, chromedp.EmulateViewport(1280, 800)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.check)
	return b
}

// header adds a header to all requests.
func (b *tab) header(name, value string) {
	b.t.Helper()
	b.do(chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, network.SetExtraHTTPHeaders, network.SetExtraHTTPHeadersParams{Headers: network.Headers{name: value}})
		return err
	}))
}

// goTo navigates to a route of the dashboard.
func (b *tab) goTo(route string) {
	b.t.Helper()
	b.do(chromedp.Navigate(b.base + route))
	b.wait(`document.querySelector('[data-testid="nav-overview"]')`)
}

// listen notes what must not happen.
func (b *tab) listen(event any) {
	switch e := event.(type) {
	case *runtime.EventExceptionThrown:
		b.problem("exception: %s", e.ExceptionDetails.Text)
		if x := e.ExceptionDetails.Exception; x != nil {
			b.problem("exception: %s", x.Description)
		}
	case *runtime.EventConsoleAPICalled:
		if e.Type == "error" || e.Type == "warning" || e.Type == "assert" {
			b.problem("console: %s %s", e.Type, consoleText(e.Args))
		}
	case *log.EventEntryAdded:
		if e.Entry.Level == "error" || e.Entry.Level == "warning" {
			b.problem("log: %s %s %s", e.Entry.Level, e.Entry.Text, e.Entry.URL)
		}
	case *page.EventJavascriptDialogOpening:
		b.problem("dialog: %s", e.Message)
	case *network.EventRequestWillBeSent:
		b.asked(e.Request.URL)
	case *network.EventResponseReceived:
		b.mu.Lock()
		b.answers = append(b.answers, answer{e.Response.URL, int(e.Response.Status)})
		b.mu.Unlock()
	}
}

func consoleText(args []*runtime.RemoteObject) string {
	text, err := json.Marshal(args)
	if err != nil {
		return err.Error()
	}
	return string(text)
}

// asked notes a request to a host that is not the dashboard's.
func (b *tab) asked(address string) {
	if u, err := url.Parse(address); err != nil || (u.Scheme == "http" || u.Scheme == "https" || u.Scheme == "ws" || u.Scheme == "wss") && b.base != "" && !strings.HasPrefix(address, b.origin()) {
		b.problem("request to %s", address)
	}
}

func (b *tab) origin() string { return strings.TrimSuffix(b.base, "webhook_gateway/") }

func (b *tab) problem(format string, args ...any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.problems = append(b.problems, fmt.Sprintf(format, args...))
}

// expect has problems with one of the texts in them be none: the test provokes
// them. The browser may tell of them late.
func (b *tab) expect(texts ...string) { b.expected = texts }

// noted are the problems until now.
func (b *tab) noted() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.problems)
}

func (b *tab) check() {
	for _, p := range b.noted() {
		if !slices.ContainsFunc(b.expected, func(text string) bool { return strings.Contains(p, text) }) {
			b.t.Errorf("in the browser: %s", p)
		}
	}
}

// do runs actions, within the test's patience.
func (b *tab) do(actions ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	if err := chromedp.Do(ctx, actions...); err != nil {
		b.t.Fatal(err)
	}
}

// eval evaluates an expression, or awaits the promise that it is.
func eval[T any](b *tab, expression string) T {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	v, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		b.t.Fatalf("%s: %v", expression, err)
	}
	return v
}

// wait waits until the expression is true, or something.
func (b *tab) wait(expression string) {
	b.t.Helper()
	ticker := time.NewTicker(50 * time.Millisecond)
	defer ticker.Stop()
	for deadline := time.Now().Add(patience); !eval[bool](b, "!!("+expression+")"); <-ticker.C {
		if time.Now().After(deadline) {
			b.t.Fatalf("in %v this did not come to be true: %s\nthe page at %s is:\n%s", patience, expression,
				eval[string](b, "location.href"), eval[string](b, "document.body.innerText"))
		}
	}
}

// Expressions for elements by their data-testid. What follows the name narrows
// it: another attribute, or a descendant.

func all(testid string, rest ...string) string {
	return fmt.Sprintf("[...document.querySelectorAll(%q)]", css(testid, rest...))
}

func one(testid string, rest ...string) string {
	return fmt.Sprintf("document.querySelector(%q)", css(testid, rest...))
}

func css(testid string, rest ...string) string {
	return fmt.Sprintf(`[data-testid="%s"]`, testid) + strings.Join(rest, "")
}

// shows waits until the element has the text.
func (b *tab) shows(element, text string) {
	b.t.Helper()
	b.wait(fmt.Sprintf("%s?.innerText.includes(%q)", element, text))
}

// A point is where an element can be clicked.
type point struct{ X, Y float64 }

// click clicks an element with the mouse as soon as it is there, enabled, and
// not covered by another. If the page moves it away under the mouse, the click
// is kept from what is there instead, and done again.
func (b *tab) click(element string) {
	b.t.Helper()
	const middle = `(e => {
		if (!e || e.disabled) return null
		e.scrollIntoView({block: "center", behavior: "instant"})
		const r = e.getBoundingClientRect(), x = r.x + r.width / 2, y = r.y + r.height / 2
		const hit = document.elementFromPoint(x, y)
		const within = at => e.contains(at) || at.closest("label")?.contains(e)
		if (r.width === 0 || !hit || !within(hit)) return null
		window.aim?.abort()
		const aim = window.aim = new AbortController()
		document.addEventListener("click", click => {
			aim.abort()
			window.missed = !within(click.target)
			if (window.missed) {
				click.preventDefault()
				click.stopImmediatePropagation()
			}
		}, {capture: true, signal: aim.signal})
		window.missed = true
		return {X: x, Y: y}
	})(%s)`
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); {
		at := eval[*point](b, fmt.Sprintf(middle, element))
		if at == nil {
			b.wait(fmt.Sprintf(middle, element))
			continue
		}
		b.do(chromedp.MouseClickXY(at.X, at.Y))
		if !eval[bool](b, "window.missed ?? false") { // another page knows nothing of it
			return
		}
	}
	b.t.Fatalf("%s kept moving away under the mouse", element)
}

// fill makes a text what an input has, as a person would type it; of a select
// it chooses the option of that value.
func (b *tab) fill(element, text string) {
	b.t.Helper()
	b.wait(element)
	if eval[string](b, element+".tagName") == "SELECT" {
		b.wait(fmt.Sprintf("[...%s.options].some(o => o.value === %q)", element, text))
		eval[bool](b, fmt.Sprintf(`(e => { e.focus(); e.value = %q; e.dispatchEvent(new Event("input", {bubbles: true})); return e.dispatchEvent(new Event("change", {bubbles: true})) })(%s)`, text, element))
		return
	}
	b.click(element)
	eval[bool](b, fmt.Sprintf(`(e => { e.select(); return true })(%s)`, element))
	b.do(chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, input.InsertText, input.InsertTextParams{Text: text})
		return err
	}))
	b.wait(fmt.Sprintf("%s.value === %q", element, text))
}

// unfold opens all that can be opened in the page.
func (b *tab) unfold() {
	b.t.Helper()
	eval[bool](b, `document.querySelectorAll("details").forEach(d => d.open = true) ?? true`)
}

// press presses a key: kb.Tab, kb.Enter.
func (b *tab) press(keys string) {
	b.t.Helper()
	b.do(chromedp.KeyEvent(keys))
}

// quote makes a text a literal of JavaScript, and of JSON, with < and > as they are.
func quote(text string) string {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(text); err != nil {
		panic(err)
	}
	return strings.TrimSpace(b.String())
}

// rows waits until the list has so many rows. A server that is busy answers
// with a part of them, and a button to continue.
func (b *tab) rows(n int) {
	b.t.Helper()
	b.wait(fmt.Sprintf("(%s?.click(), %s.length === %d)", one("more"), all("delivery-row"), n))
}
