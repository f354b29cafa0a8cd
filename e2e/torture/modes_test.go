package torture

// both are the modes of an endpoint, each with an application that gives the
// store work.
var both = []struct {
	mode string
	mood mood
}{
	{"store", healthy},
	{"proxy", erratic},
}
