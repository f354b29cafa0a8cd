// Package build has tests only: of how programs are made from this repository.
// By xcaddy, alone and beside other plugins; by a release, byte for byte the
// same wherever it is built; and by the workflows that do it.
package build
