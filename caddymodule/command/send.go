package command

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/signal"
	"sync"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"
	"golang.org/x/time/rate"
)

const sendHelp = `
Sends signed test events to URL and shows the answers. Each event is signed
when it is sent. It has a delivery id of its own, in the header or in the body,
wherever the provider has one, so that it is not taken for a repeat. Where no
signature covers the id the body differs too, by a member, field or comment
caddy_webhook_test. What is neither JSON, XML nor a form stays as it is, and so
does the body of --body, unless --count wants more than one: sent again, it may
be taken for a repeat.
--id gives all of them the same id, and the same body, to see that repeats are
recognised.

It sends as a provider does: redirects are not followed, and an answer is good
when its status is 2xx and all of it came. Ctrl-C ends it early, with the summary.

With --json it prints one object for each answer, in the order of arrival, and
then the summary:

	{"n":1,"id":"test_...","status":200,"milliseconds":3.1,"body":"..."}
	{"sent":1,"good":1,"statuses":{"200":1},"failed":0,"milliseconds_p50":3.1,...}

Exit status:

	0  all answers were good
	1  one was not, or there was none
	2  nothing was sent; standard error says why in one line
`

const sendExamples = `  $ caddy webhook send --provider stripe --secret '{env.STRIPE_SECRET}' http://localhost:8080/stripe
  $ caddy webhook send --provider github --secret s3cret --event push --count 1000 --rate 100 https://example.com/github
  $ caddy webhook send --provider slack --secret s3cret --id Ev1 --count 2 --parallel 1 http://localhost:8080/slack`

// A sender is the flags that say how events are sent.
type sender struct {
	event
	count, parallel int
	rate            float64 // events a second; 0: no limit
	timeout         time.Duration
	insecure, json  bool
}

func newSend() *cobra.Command {
	var s sender
	cmd := &cobra.Command{
		Use:     "send --provider <name> [--secret <secret>] [--event <type>] [--count <n>] [--rate <n>] <url>",
		Short:   "Sends signed test events and shows the answers",
		Long:    sendHelp,
		Example: sendExamples,
		Args:    takes(1, 1),

		DisableFlagsInUseLine: true,
	}
	s.register(cmd)
	flags := cmd.Flags()
	flags.IntVar(&s.count, "count", 1, "how many events")
	flags.Float64Var(&s.rate, "rate", 0, "events a second at most; 0: as fast as the answers come")
	flags.IntVar(&s.parallel, "parallel", 8, "how many may wait for their answers at once, 1 to 256")
	flags.DurationVar(&s.timeout, "timeout", 30*time.Second, "how long to wait for an answer")
	flags.BoolVar(&s.insecure, "insecure", false, "accept any TLS certificate")
	flags.BoolVar(&s.json, "json", false, "print one JSON object for each answer, and one for the summary")
	cmd.RunE = runs(func(cmd *cobra.Command, args []string) error {
		s.url = args[0]
		return s.run(cmd)
	})
	return cmd
}

func (s *sender) check() error {
	switch {
	case s.count < 1:
		return errors.New("--count: must be 1 or more")
	case s.parallel < 1 || s.parallel > 256:
		return errors.New("--parallel: must be from 1 to 256")
	case s.rate < 0 || s.rate > 1e6:
		return errors.New("--rate: must be from 0 to 1000000")
	case s.timeout <= 0:
		return errors.New("--timeout: must be above 0")
	}
	return nil
}

func (s *sender) run(cmd *cobra.Command) error {
	if err := s.check(); err != nil {
		return err
	}
	m, err := s.mint(cmd.InOrStdin())
	if err != nil {
		return err
	}
	m.bodyID = s.count > 1 || s.body == "" // a body of one's own is sent once as it is
	if _, err := s.sign(m); err != nil {   // before anything is sent
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	start := time.Now()
	t := s.tally(cmd)
	for a := range s.send(ctx, m) {
		t.add(a)
	}
	return t.finish(time.Since(start))
}

func (s *sender) sign(m *mint) (*signed, error) {
	now, err := s.clock()
	if err != nil {
		return nil, err
	}
	return m.next(now)
}

// send sends all events and returns their answers as they come. The channel
// is closed when there are no more.
func (s *sender) send(ctx context.Context, m *mint) <-chan answer {
	answers := make(chan answer)
	numbers := make(chan int)
	client := s.client()
	go func() {
		defer close(numbers)
		limit := rate.NewLimiter(rate.Inf, 1)
		if s.rate > 0 {
			limit.SetLimit(rate.Limit(s.rate))
		}
		for n := 1; n <= s.count && limit.Wait(ctx) == nil; n++ {
			select {
			case numbers <- n:
			case <-ctx.Done():
				return
			}
		}
	}()
	var workers sync.WaitGroup
	for range min(s.parallel, s.count) {
		workers.Go(func() {
			for n := range numbers {
				answers <- s.one(ctx, client, m, n)
			}
		})
	}
	go func() {
		workers.Wait()
		client.CloseIdleConnections()
		close(answers)
	}()
	return answers
}

func (s *sender) client() *http.Client {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost = s.parallel
	if s.insecure {
		transport.TLSClientConfig = &tls.Config{InsecureSkipVerify: true} // as asked for
	}
	return &http.Client{
		Transport:     transport,
		Timeout:       s.timeout,
		CheckRedirect: stay,
	}
}

// stay does not follow redirects.
func stay(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// maxAnswer is how much of an answer is shown, in bytes.
const maxAnswer = 2048

// one sends the n-th event.
func (s *sender) one(ctx context.Context, client *http.Client, m *mint, n int) answer {
	a := answer{N: n}
	r, err := s.sign(m)
	if err != nil {
		a.Error = err.Error()
		return a
	}
	a.ID = r.ID
	request, err := http.NewRequestWithContext(ctx, r.Method, r.URL.String(), bytes.NewReader(r.Body))
	if err != nil {
		a.Error = err.Error()
		return a
	}
	request.Header, request.Host = r.Header, r.Host
	if request.Header.Get("User-Agent") == "" {
		request.Header.Set("User-Agent", "caddy-webhook-gateway")
	}
	start := time.Now()
	response, err := client.Do(request)
	if err == nil {
		defer response.Body.Close() //nolint:errcheck // the answer has been read
		a.Status = response.StatusCode
		var body []byte
		body, err = io.ReadAll(io.LimitReader(response.Body, maxAnswer))
		a.Body = string(body)
		if err == nil {
			_, err = io.Copy(io.Discard, response.Body) // it may break off later; the client's timeout bounds it
		}
	}
	a.took = time.Since(start)
	a.Milliseconds = milliseconds(a.took)
	if err != nil {
		a.Error = explainError(err)
	}
	return a
}

// explainError drops the URL, which may hold a token.
func explainError(err error) string {
	var failed *url.Error
	if errors.As(err, &failed) {
		return failed.Err.Error()
	}
	return err.Error()
}

// tally returns the place where answers are counted and shown.
func (s *sender) tally(cmd *cobra.Command) *tally {
	t := &tally{out: cmd.OutOrStdout(), json: s.json, each: s.count <= maxShown}
	file, ok := cmd.ErrOrStderr().(*os.File)
	if !s.json && !t.each && ok && term.IsTerminal(int(file.Fd())) {
		t.bar = &bar{w: file, total: s.count}
	}
	return t
}
