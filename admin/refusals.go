package admin

// refusals answers GET refusals.
func (c *call) refusals() (Refusals, error) {
	if err := c.parameters("endpoint", "reason", "limit", "cursor"); err != nil {
		return Refusals{}, err
	}
	limit, err := c.limit()
	if err != nil {
		return Refusals{}, err
	}
	before, err := c.before()
	if err != nil {
		return Refusals{}, err
	}
	answer := Refusals{Refusals: []Refusal{}}
	found := c.system.Activity.Refusals(c.query.Get("endpoint"), c.query.Get("reason"), before, limit+1)
	if len(found) > limit { // the one more only says that there is one
		found = found[:limit]
		answer.Next = cursor(found[limit-1].ID)
	}
	for _, r := range found {
		answer.Refusals = append(answer.Refusals, refusalOf(r))
	}
	return answer, nil
}
