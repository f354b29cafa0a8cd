// Package canonical computes the texts that providers sign where a template
// cannot express them, and reads the forms that those texts are made from.
//
// Every function is pure: it neither checks a signature nor reads a clock, a
// file or the network. A text proves nothing until its signature has matched.
// All functions may be used concurrently.
package canonical

import "errors"

// ErrMalformed is wrapped by every error of this package: the request is not
// what the provider sends, or two different requests would have this text. No
// error quotes the request.
var ErrMalformed = errors.New("malformed")
