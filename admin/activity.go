package admin

// activity answers GET activity.
func (c *call) activity() (Activity, error) {
	if err := c.parameters("endpoint"); err != nil {
		return Activity{}, err
	}
	answer := Activity{Minutes: []MinuteCounts{}}
	for _, m := range c.system.Activity.Last(c.query.Get("endpoint")) {
		answer.Minutes = append(answer.Minutes, MinuteCounts{Time: m.Start, Counts: countsOf(m)})
	}
	return answer, nil
}
