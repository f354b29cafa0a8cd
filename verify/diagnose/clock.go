package diagnose

import (
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/webhook-gateway/caddy-webhook-gateway/verify"
)

// clock adds what is wrong with the time, which may be wrong besides anything
// else.
func (e *explainer) clock() {
	stale := errors.Is(e.report.Err, verify.ErrStale)
	if !stale && !errors.Is(e.report.Err, verify.ErrFuture) {
		return
	}
	d, found := e.dated()
	if !found {
		e.cause("clock", "The time in the request is too far from the clock here: %v.", e.report.Err)
		return
	}
	if e.tolerated() {
		e.cause("tolerance", "The option tolerance allows %s, less than the provider's own, within which the request is. Remove the option, or allow more.", span(d.Tolerance))
	}
	signature := "The signature is right; the "
	if e.err != nil {
		signature = "Besides, the "
	}
	if stale {
		e.cause("stale", "%srequest is %s old. It was captured and sent again later, or waited on the way, or the clock here is ahead.", signature, span(d.Age))
	} else {
		e.cause("future", "%stimestamp is %s ahead. The clock here is behind, or the sender's is ahead.", signature, span(-d.Age))
	}
	e.timezone(d.Age)
}

// dated returns the reading whose time was judged.
func (e *explainer) dated() (verify.Reading, bool) {
	for _, d := range e.readings {
		if d.Err == nil && !d.Sent.IsZero() {
			return d, true
		}
	}
	return verify.Reading{}, false
}

// tolerated reports whether the provider's own tolerance would do.
func (e *explainer) tolerated() bool {
	if e.err != nil || e.config.Options["tolerance"] == "" {
		return false
	}
	v, err := verify.New(e.withOptions("tolerance", ""))
	if err != nil {
		return false
	}
	defer v.Close()
	_, err = v.Verify(e.now, e.request)
	return err == nil
}

// timezone: local time taken for UTC is off by a whole number of hours, or of
// half hours in some countries, up to 14.
func (e *explainer) timezone(age time.Duration) {
	off := age.Abs()
	rest := off % (30 * time.Minute)
	rest = min(rest, 30*time.Minute-rest)
	if rest <= 30*time.Second && off > 20*time.Minute && off < 14*time.Hour+time.Minute {
		e.cause("timezone", "The clock is off by %s, nearly exactly: one side may take its local time for UTC.", off.Round(time.Minute*30))
	}
}

// timestamps tries a timestamp that was converted on the way.
func (e *explainer) timestamps() bool {
	d := e.readings[0]
	t := d.Scheme.Timestamp
	if t == nil || d.Time == "" || t.In == "json" || t.In == "form" {
		return false
	}
	if t.Unit == "s" && len(d.Time) == 13 && e.tryOptions("unit", "ms") {
		e.cause("timestamp_unit", "The timestamp is in milliseconds. Set the option unit to ms.")
		return true
	}
	if t.Unit == "ms" && len(d.Time) < 13 && e.tryOptions("unit", "s") {
		e.cause("timestamp_unit", "The timestamp is in seconds. Set the option unit to s, or leave it out.")
		return true
	}
	for _, other := range e.rewrittenTimes(&d) {
		if e.try(func(r *verify.Request) { e.setTime(r, &d, other) }) {
			e.cause("timestamp_changed", "The timestamp was written anew after the request was signed, as it seems from %s. It is part of the signed text and must arrive as it was sent.", unit(t.Unit))
			return true
		}
	}
	return false
}

// rewrittenTimes are other spellings of the timestamp.
func (e *explainer) rewrittenTimes(d *verify.Reading) []string {
	var all []string
	if n, err := strconv.ParseInt(d.Time, 10, 64); err == nil && n > 0 {
		if len(d.Time) == 13 {
			return []string{strconv.FormatInt(n/1000, 10)}
		}
		return []string{d.Time + "000"}
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02 15:04:05"} {
		if t, err := time.Parse(layout, d.Time); err == nil {
			all = append(all, strconv.FormatInt(t.Unix(), 10), strconv.FormatInt(t.UnixMilli(), 10),
				t.UTC().Format(time.RFC3339), t.UTC().Format("2006-01-02T15:04:05.000Z"))
		}
	}
	return all
}

func (e *explainer) setTime(r *verify.Request, d *verify.Reading, text string) {
	s := d.Scheme
	if s.Timestamp.In == "header" {
		for _, name := range append([]string{s.Timestamp.Name}, s.Timestamp.AltNames...) {
			if r.Header.Get(name) != "" {
				r.Header.Set(name, text)
			}
		}
		return
	}
	value := r.Header.Get(s.Signature.Name)
	r.Header.Set(s.Signature.Name, strings.Replace(value, d.Time, text, 1))
}
