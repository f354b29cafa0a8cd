package browser

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// TestScreenshots writes pictures of every page to bin/screenshots, for people
// to look at: wide and narrow, light and dark. No page may be wider than the
// window.
func TestScreenshots(t *testing.T) {
	t.Parallel()
	dir := filepath.Join("..", "..", "bin", "screenshots")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	g := start(t)
	b := g.command().open(t, "#/")
	b.picture(dir, "empty-overview", "#/", one("health"))
	b.picture(dir, "empty-deliveries", "#/deliveries", one("clear-filters"))
	b.picture(dir, "empty-refusals", "#/refusals", one("filter-reason"))
	populate(g)
	g.attack(0, attacks[1])
	dead, done := g.settled("state=dead", 3)[1], g.deliveries("state=delivered")[0]
	settled := fmt.Sprintf("%s && %s?.innerText.includes(2) && %s?.innerText.includes(3)", one("chart-rates", " canvas"), one("tile-refused"), one("tile-dead"))
	b.picture(dir, "overview", "#/", settled)
	b.picture(dir, "deliveries", "#/deliveries", one("delivery-row"))
	b.click(one("select-all"))
	b.pictures(dir, "deliveries-selected", one("delivery-row", ".selected"), whole)
	b.click(one("bulk-replay"))
	b.pictures(dir, "confirm", one("confirm-ok"), window)
	b.click(one("confirm-cancel"))
	b.picture(dir, "deliveries-none-match", "#/deliveries?id=none", one("clear-filters"))
	b.picture(dir, "delivery-dead", "#/deliveries/"+dead.ID, one("attempt"))
	b.picture(dir, "delivery-done", "#/deliveries/"+done.ID, one("attempt"))
	b.picture(dir, "refusals", "#/refusals", one("refusal-row"))
	b.picture(dir, "endpoints", "#/endpoints", one("endpoint-card"))
	b.unfold()
	b.pictures(dir, "endpoints-all", one("endpoint-config"), whole)
	b.click(one("send-test"))
	b.pictures(dir, "send-test", one("test-submit"), window)
}

// picture goes to a page and takes its pictures.
func (b *tab) picture(dir, name, route, ready string) {
	b.t.Helper()
	b.goTo(route)
	b.pictures(dir, name, ready, whole)
}

func (b *tab) pictures(dir, name, ready string, shot chromedp.Action[[]byte]) {
	b.t.Helper()
	for _, width := range []int64{1280, 390} {
		for _, scheme := range []string{"light", "dark"} {
			b.do(chromedp.EmulateViewport(width, 844), prefer(scheme))
			b.wait(ready)
			b.wait(fmt.Sprintf("innerWidth === %d && matchMedia('(prefers-color-scheme: %s)').matches", width, scheme))
			b.fits(name, width)
			b.capture(shot, filepath.Join(dir, fmt.Sprintf("%s-%d-%s.png", name, width, scheme)))
		}
	}
	b.do(chromedp.EmulateViewport(1280, 800))
}

// whole shows the page down to its end; window what is seen of it, which a
// dialog is in the middle of.
var whole, window = chromedp.FullScreenshot(100), chromedp.CaptureScreenshot()

// prefer makes the system's colours light or dark.
func prefer(scheme string) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}},
		})
		return err
	})
}

// fits checks that nothing reaches beyond the window's right edge, what can be
// scrolled inside the page aside.
func (b *tab) fits(name string, width int64) {
	b.t.Helper()
	if over := eval[int64](b, "document.documentElement.scrollWidth"); over > width {
		b.t.Errorf("%s is %d wide in a window of %d: %s", name, over, width, eval[string](b, fmt.Sprintf(
			`[...document.querySelectorAll("body *")].filter(e => e.getBoundingClientRect().right > %d).slice(0, 3).map(e => e.outerHTML.slice(0, 200)).join("\n")`, width)))
	}
}

func (b *tab) capture(shot chromedp.Action[[]byte], name string) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	image, err := chromedp.Run(ctx, shot)
	if err != nil {
		b.t.Fatal(err)
	}
	if err := os.WriteFile(name, image, 0o644); err != nil {
		b.t.Fatal(err)
	}
}
