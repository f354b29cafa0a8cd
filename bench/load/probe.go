package load

import "time"

const probeSize = 1 << 10 // bytes

// Probe sends one request to a, signed now, and reports whether the answer was
// the wanted one.
func Probe(a Aim, wrong bool) error {
	b := newBatch(1, probeSize, Secret, time.Now())
	b.wrong = wrong
	c, err := dial(a, b)
	if err != nil {
		return err
	}
	defer c.conn.Close()
	if err := c.giveUpAt(time.Now().Add(5 * time.Second)); err != nil {
		return err
	}
	return c.send(0)
}
