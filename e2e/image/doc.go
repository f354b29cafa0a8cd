// Package image has tests only: of the configuration that the container image
// runs, and, with the build tag image, of the image itself (`make test-image`).
package image
