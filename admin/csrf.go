package admin

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
)

const (
	tokenHeader   = "X-CSRF-Token"
	sessionCookie = "webhook_gateway_session"
	sessionSize   = 32 // bytes
)

// newKey returns bytes that nobody can guess.
func newKey() []byte {
	key := make([]byte, sessionSize)
	_, _ = rand.Read(key) // it never fails
	return key
}

// session gives the token of the caller's session, which begins here if there
// is none. Nothing about it is kept: the cookie is the session, and the token
// follows from it.
func (c *call) session(w http.ResponseWriter) error {
	if err := c.parameters(); err != nil {
		return err
	}
	if !c.CSRF {
		return answerJSON(w, Session{})
	}
	session, ok := c.cookie()
	if !ok {
		session = newKey()
		http.SetCookie(w, &http.Cookie{
			Name: sessionCookie, Value: base64.RawURLEncoding.EncodeToString(session),
			Path: c.Prefix + "/", HttpOnly: true, SameSite: http.SameSiteStrictMode, Secure: c.TLS != nil,
		})
	}
	return answerJSON(w, Session{base64.RawURLEncoding.EncodeToString(c.token(session))})
}

// cookie is the session that the request belongs to.
func (c *call) cookie() (session []byte, ok bool) {
	cookie, err := c.Cookie(sessionCookie)
	if err != nil {
		return nil, false
	}
	session, err = base64.RawURLEncoding.DecodeString(cookie.Value)
	return session, err == nil && len(session) == sessionSize
}

func (a *api) token(session []byte) []byte {
	mac := hmac.New(sha256.New, a.key)
	mac.Write(session)
	return mac.Sum(nil)
}

// tokenFits reports whether the request has its session's token.
func (c *call) tokenFits() bool {
	session, ok := c.cookie()
	if !ok {
		return false
	}
	token, err := base64.RawURLEncoding.DecodeString(c.Header.Get(tokenHeader))
	return err == nil && hmac.Equal(token, c.token(session))
}
