package gateway

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"strconv"
	"strings"

	"github.com/webhook-gateway/caddy-webhook-gateway/verify"
)

// maxID is the length of the longest delivery id, in bytes.
const maxID = 255

// bodyPlaceholder returns the path in a template that is one
// {webhook.body.<path>} and nothing else.
func bodyPlaceholder(template string) (path string, ok bool) {
	path, ok = strings.CutPrefix(template, "{webhook.body.")
	if !ok || strings.Count(template, "{") != 1 {
		return "", false
	}
	return strings.CutSuffix(path, "}")
}

// keyPath returns the path of an idempotency key that is one value of the body
// and so takes the place of the provider's delivery id, unless the
// configuration says of its own where that is.
func (c Config) keyPath() (path string, ok bool) {
	if c.Verify.Options["id"] != "" {
		return "", false
	}
	return bodyPlaceholder(c.Idempotency.Key)
}

// verifyConfig is what the verifier is made from. It reads the value at the
// keyPath in the same pass as the event type.
func (c Config) verifyConfig() verify.Config {
	v := c.Verify
	path, ok := c.keyPath()
	if !ok {
		return v
	}
	v.Options = maps.Clone(v.Options)
	if v.Options == nil {
		v.Options = make(map[string]string)
	}
	v.Options["id"] = "json " + path
	return v
}

// needsJSON reports whether the configuration asks for something that v reads
// in the body, which then has to be JSON from beginning to end.
func (c Config) needsJSON(v *verify.Verifier) bool {
	_, key := bodyPlaceholder(c.Idempotency.Key)
	return key || len(c.Events) > 0 && v.EventInBody()
}

// signedKey reports whether everything that the template of an idempotency
// key stands for is covered by the signature.
func signedKey(template string, v *verify.Verifier) bool {
	rest := strings.NewReplacer("{webhook.endpoint}", "", "{webhook.provider}", "").Replace(template)
	if v.WholeBodySigned() {
		rest = strings.ReplaceAll(rest, "{webhook.body.", "")
	}
	if v.IDSigned() {
		rest = strings.ReplaceAll(rest, "{webhook.id}", "")
	}
	return !strings.Contains(rest, "{")
}

// identify makes the event out of the verified request.
func (v *visit) identify() error {
	e := &Event{
		Endpoint: v.config.Name, Provider: v.outcome.Provider, Attempt: 1, ReceivedAt: v.now,
		Sender: v.outcome.Sender,
		Method: v.r.Method, Target: v.r.URL.RequestURI(), Host: v.r.Host, RemoteAddr: v.r.RemoteAddr, TLS: v.r.TLS != nil,
		Header: v.r.Header, Body: v.body.bytes, Trace: v.traceparent(),
	}
	v.event = e
	v.Server.Admit(v.r, e)
	var err error
	e.ID, e.Type, err = v.verifier.Identify(&v.request, &v.proof, v.needsJSON)
	if errors.Is(err, verify.ErrAmbiguousID) || err != nil && v.needsJSON {
		return v.unread(err)
	}
	return v.identity() // without: a body need not be JSON to be genuine
}

// identity sets the event's key: what two deliveries of one event have in
// common and two events have not. An id that the signature does not cover
// proves nothing, because whoever replays a delivery can change it: there the
// signature decides, unless the configuration asks for the id as well. Where
// the signature changes with each retry's timestamp it takes two keys: a retry
// has the id and the body, and a replay has the signature. Where nothing is
// signed, a stranger could spend the ids of events to come: there the id counts
// with the body it came with.
func (v *visit) identity() error {
	id, signed := v.event.ID, v.verifier.IDSigned()
	custom := v.config.Idempotency.Key
	complete := id != ""
	if _, isID := v.config.keyPath(); custom != "" && !isID {
		id, complete = v.Server.Expand(custom, v.r, v.event)
		signed = v.keySigned
	}
	if custom != "" && !complete { // or all events without the value would be one
		return malformed("the delivery has no value for the idempotency key, or for a part of it")
	}
	if !plain(id) || !plain(v.event.ID) {
		return malformed("the delivery id is longer than 255 bytes or not printable ASCII")
	}
	mac, name := v.proof.MAC(), v.config.Name
	switch {
	case id != "" && !v.verifier.Authenticates():
		v.event.Key = NewKey(name, id, v.bodySum())
	case id != "" && (signed || len(mac) == 0):
		v.event.Key = NewKey(name, id)
	case id != "" && custom != "":
		v.event.Key = NewKey(name, id, v.digest())
	case id != "" && v.resigned():
		v.event.Key, v.event.Proof = NewKey(name, id, v.bodySum()), NewKey(name, "", string(mac))
	case len(mac) > 0:
		v.event.Key = NewKey(name, "", string(mac))
	default:
		v.unclaimed = true
		v.event.Key = NewKey(name, "", v.now.String(), strconv.FormatUint(v.serial.Add(1), 10))
	}
	return nil
}

// digest stands for what was signed, whatever id it came with: the body, since
// the signature may change with each retry; or, where the body is not signed,
// or not all of it, so that anyone can exchange it, the signature.
func (v *visit) digest() string {
	if v.resigned() {
		return v.bodySum()
	}
	return string(v.proof.MAC())
}

// resigned reports whether a retry may have another signature for the same
// body.
func (v *visit) resigned() bool { return v.verifier.Timestamped() && v.verifier.WholeBodySigned() }

func (v *visit) bodySum() string {
	sum := sha256.Sum256(v.body.bytes)
	return string(sum[:])
}

var errEncoded = errors.New("it has a Content-Encoding, and is taken as it was sent: events, accept and idempotency cannot look into it")

// unread refuses an event whose body had to be read and cannot be.
func (v *visit) unread(err error) error {
	encoding := v.r.Header.Get("Content-Encoding")
	if errors.Is(err, verify.ErrNotJSON) && encoding != "" && !strings.EqualFold(encoding, "identity") {
		err = fmt.Errorf("%w: %w", err, errEncoded)
	}
	return refuse(err)
}

func malformed(why string) error {
	return &Refusal{Status: http.StatusBadRequest, Reason: ReasonMalformed, Err: errors.New(why)}
}

// plain reports whether id can be a delivery's id.
func plain(id string) bool {
	for i := range len(id) {
		if id[i] <= ' ' || id[i] > '~' {
			return false
		}
	}
	return len(id) <= maxID
}
