package load

import "time"

// A meter reads what an aim has used and, if asked to, what the application
// has received.
type meter struct {
	pid   int
	app   string // "": nothing is counted
	begin int    // the application's count at the start
}

// A reading is what a meter says at one instant.
type reading struct {
	at       time.Time
	cpu      time.Duration
	all      time.Duration // of all processors
	stolen   time.Duration // of that
	received int           // since the meter was made
}

func (j Job) newMeter(a Aim) (m *meter, err error) {
	m = &meter{pid: a.PID}
	if j.counted() {
		m.app = j.App
		m.begin, err = askReceived(m.app)
	}
	return m, err
}

func (m *meter) read() (r reading, err error) {
	r.at = time.Now()
	if r.cpu, err = cpuTime(m.pid); err != nil {
		return r, err
	}
	if r.all, r.stolen, err = machineTime(); err != nil {
		return r, err
	}
	r.received, err = m.received()
	return r, err
}

// stolenSince is the share of the processors that the host took away.
func (r reading) stolenSince(before reading) float64 {
	return float64(r.stolen-before.stolen) / float64(max(1, r.all-before.all))
}

// readAt reads when the time has come. What fails then fails again afterwards.
func (m *meter) readAt(t time.Time) <-chan reading {
	c := make(chan reading, 1)
	go func() {
		time.Sleep(time.Until(t))
		r, _ := m.read()
		c <- r
	}()
	return c
}

// received is what the application has received since the meter was made.
func (m *meter) received() (int, error) {
	if m.app == "" {
		return 0, nil
	}
	n, err := askReceived(m.app)
	return n - m.begin, err
}
