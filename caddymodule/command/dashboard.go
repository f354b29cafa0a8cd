package command

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httputil"
	"os/signal"
	"syscall"
	"time"

	"github.com/spf13/cobra"
)

const dashboardHelp = `
Serves the dashboard to the browsers of this machine until it is interrupted,
and prints its address. The page and what it does come from the admin API.

Caddy's admin endpoint does not let a browser open a page by its address. This
command does, for the one page, and nobody else's pages can use it: requests for
another host, and changes that another site asks for, are answered 403. It has
no login: like the admin endpoint itself it is for the users of this machine. For
others, put the handler webhook_dashboard on a site with authentication.
` + apiHelp + `
Exit status:

	0  it was interrupted
	2  it could not be served; standard error says why in one line
`

const dashboardExamples = `  $ caddy webhook dashboard
  $ caddy webhook dashboard --listen 127.0.0.1:9000 --address unix//run/caddy/admin.sock`

func newDashboard() *cobra.Command {
	var o operator
	cmd := &cobra.Command{
		Use:     "dashboard [--listen <address>] [--address <address> | --config <path> [--adapter <name>]]",
		Short:   "Serves the dashboard to this machine's browsers",
		Long:    dashboardHelp,
		Example: dashboardExamples,
		Args:    takes(0, 0),

		DisableFlagsInUseLine: true,
	}
	o.register(cmd)
	listen := cmd.Flags().String("listen", "127.0.0.1:2021", "loopback address to serve it at; port 0 is any that is free")
	cmd.RunE = runs(func(cmd *cobra.Command, _ []string) error {
		ctx, stop := signal.NotifyContext(cmd.Context(), syscall.SIGINT, syscall.SIGTERM)
		defer stop()
		return o.serveDashboard(ctx, cmd, *listen)
	})
	return cmd
}

func (o *operator) serveDashboard(ctx context.Context, cmd *cobra.Command, listen string) error {
	api, err := o.find()
	if err != nil {
		return err
	}
	l, err := net.Listen("tcp", listen)
	if err != nil {
		return err
	}
	if addr := l.Addr().(*net.TCPAddr); !addr.IP.IsLoopback() {
		_ = l.Close()
		return fmt.Errorf("%s is not a loopback address: anybody who reaches it could replay webhooks; use the handler webhook_dashboard", listen)
	}
	server := &http.Server{Handler: localPage(api, l.Addr()), ReadHeaderTimeout: 5 * time.Second}
	defer context.AfterFunc(ctx, func() { _ = server.Close() })()
	url := "http://" + l.Addr().String() + prefix + "/"
	if o.json {
		err = writeJSON(cmd.OutOrStdout(), map[string]string{"url": url})
	} else {
		printf(cmd.OutOrStdout(), "The dashboard is at %s\nCtrl-C ends it.\n", url)
	}
	if err == nil {
		err = server.Serve(l)
	}
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}

// localPage passes requests on to the admin API, for pages of the address alone.
func localPage(api adminAPI, at net.Addr) http.Handler {
	proxy := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.Out.URL.Scheme, r.Out.URL.Host = "http", "admin"
			for _, name := range []string{"Origin", "Referer", "Sec-Fetch-Dest", "Sec-Fetch-Mode", "Sec-Fetch-Site", "Sec-Fetch-User"} {
				r.Out.Header.Del(name) // they have been looked at, and are about this address
			}
		},
		Transport:     roundTripper(api.do),
		FlushInterval: -1,                         // the stream
		ErrorLog:      log.New(io.Discard, "", 0), // what there is to say, the page says
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, err error) {
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(http.StatusBadGateway)
			_ = writeJSON(w, map[string]string{"error": err.Error()})
		},
	}
	_, port, _ := net.SplitHostPort(at.String())
	ours := map[string]bool{at.String(): true, "localhost:" + port: true}
	mux := http.NewServeMux()
	mux.Handle(prefix+"/", http.NewCrossOriginProtection().Handler(proxy))
	mux.Handle("/{$}", http.RedirectHandler(prefix+"/", http.StatusFound))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !ours[r.Host] { // a name that somebody has pointed at this machine
			http.Error(w, "this address serves "+at.String()+" only", http.StatusForbidden)
			return
		}
		mux.ServeHTTP(w, r)
	})
}

// A roundTripper is a function that sends requests.
type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }
