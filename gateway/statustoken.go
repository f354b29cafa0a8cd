package gateway

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
)

// A statusToken names a delivery to whoever may ask about it. The beginning of
// the event's key is in it because ids are those of one store: another one,
// which may share the secret, has other events by the same.
type statusToken struct {
	delivery int64
	event    [8]byte
}

const (
	statusNames = 8 + 8 // bytes of a token that name the delivery
	statusProof = 16    // bytes that only we can make
)

var statusEncoding = base64.RawURLEncoding.Strict()

// statusTokenSize is the length of a token as text.
var statusTokenSize = statusEncoding.EncodedLen(statusNames + statusProof)

func newStatusToken(delivery int64, event Key) statusToken {
	return statusToken{delivery, [8]byte(event[:])}
}

// seal is the token as text: what names the delivery, and the first half of an
// HMAC-SHA256 over the endpoint's name, behind its length, and that.
func (t statusToken) seal(secret []byte, endpoint string) string {
	names := binary.BigEndian.AppendUint64(make([]byte, 0, statusNames+statusProof), uint64(t.delivery))
	names = append(names, t.event[:]...)
	return statusEncoding.EncodeToString(append(names, proveStatus(secret, endpoint, names)...))
}

// openStatusToken reads a token, and reports whether it is one of the
// endpoint's. How long that takes tells nothing about the right one.
func openStatusToken(secret []byte, endpoint, text string) (t statusToken, ours bool) {
	token, err := statusEncoding.DecodeString(text)
	if err != nil || len(token) != statusNames+statusProof {
		return t, false
	}
	names := token[:statusNames]
	t = statusToken{int64(binary.BigEndian.Uint64(names)), [8]byte(names[8:])}
	return t, hmac.Equal(token[statusNames:], proveStatus(secret, endpoint, names))
}

func proveStatus(secret []byte, endpoint string, names []byte) []byte {
	mac := hmac.New(sha256.New, secret)
	mac.Write(binary.BigEndian.AppendUint64(nil, uint64(len(endpoint))))
	mac.Write([]byte(endpoint))
	mac.Write(names)
	return mac.Sum(nil)[:statusProof]
}

// looksLikeStatusToken reports whether text has the form of a token.
func looksLikeStatusToken(text string) bool {
	if len(text) != statusTokenSize {
		return false
	}
	_, err := statusEncoding.DecodeString(text)
	return err == nil
}
