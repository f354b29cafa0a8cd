package gateway

import (
	"errors"
	"time"
)

// A Breaker says when a destination counts as down: nothing is attempted then
// but a probe now and again, and waiting deliveries lose no attempts.
type Breaker struct {
	// Attempt however often the application has failed.
	// Default: false.
	Off bool `json:"off,omitempty"`

	// How many failures in a row make a destination count as down: attempts
	// that are repeated, and all without an answer, repeated or not.
	// Default: 10.
	Failures int `json:"failures,omitempty"`

	// How long nothing is attempted then, before one delivery is tried.
	// Default: 10s.
	Pause Duration `json:"pause,omitempty"`
}

// WithDefaults returns a copy of b in which every option has a value.
func (b Breaker) WithDefaults() Breaker {
	if !b.Off {
		setDefault(&b.Failures, 10)
		setDefault(&b.Pause, Duration(10*time.Second))
	}
	return b
}

// Validate reports every problem of b, by option.
func (b Breaker) Validate() error {
	switch {
	case b.Off && (b.Failures != 0 || b.Pause != 0):
		return errors.New("breaker: off goes with nothing else")
	case b.Failures < 0:
		return errors.New("breaker: the number of failures is negative")
	case b.Pause < 0:
		return errors.New("breaker: the pause is negative")
	}
	return nil
}
