package admin

// Patterns are those of all routes: method and path below the prefix.
func Patterns() (all []string) {
	for _, r := range routes {
		all = append(all, r.method+" "+r.path)
	}
	return all
}

// Pages are the paths of the dashboard.
func Pages() []string { return pages }

// Cursor is where a list goes on, below the id.
func Cursor(before int64) string { return cursor(before) }

// Target is an address as it is shown.
func Target(target string) string { return redactor{}.target(target) }

// StatusOf is the status of the answer that an error becomes.
func StatusOf(err error) int { return statusOf(err) }
