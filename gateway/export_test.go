package gateway

// What the tests in package gateway_test, which see the package from outside,
// have in common with those within.
var (
	T0       = t0
	Secret   = secret
	Signed   = signed
	SignedAt = signedAt
	BodyOf   = event // of a delivery id
)
