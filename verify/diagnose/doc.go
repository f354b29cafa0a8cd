// Package diagnose explains in plain words why a captured webhook verifies or
// does not.
//
// It finds causes by trying: the request or the configuration is changed in
// one of the ways in which they are usually spoilt, and verified again. What
// it says never holds a secret, a signature or a body, so it cannot be used to
// have anything signed.
package diagnose
