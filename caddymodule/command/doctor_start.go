package command

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/webhook-gateway/caddy-webhook-gateway/gateway"
	"github.com/webhook-gateway/caddy-webhook-gateway/verify"
)

// checkApp reports what would keep the server from starting with what all
// endpoints share. unknown is an option that there is not.
func (d *doctor) checkApp(unknown error) {
	d.refuse(append(flatten(unknown), flatten(d.app.Check())...))
	if d.app.StoreOff() {
		return
	}
	if d.app.Store.Path != "" {
		path, err := resolveStrictly(d.app.Store.Path)
		if err != nil {
			d.note("options", levelFail, fmt.Sprintf("store: %v", err), "set it in the environment of the server, or make the file readable for its user")
			return
		}
		d.app.Store.Path = path
	}
	path, err := d.app.StorePath()
	if err == nil {
		err = inTheWay(path)
	}
	if err != nil {
		d.refuse([]error{err})
	}
}

// inTheWay reports why there can be no store at path.
func inTheWay(path string) error {
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return fmt.Errorf("store: %s is a folder", path)
	}
	for folder := filepath.Dir(path); ; folder = filepath.Dir(folder) {
		info, err := os.Stat(folder)
		switch {
		case err == nil && !info.IsDir():
			return fmt.Errorf("store: %s is no folder", folder)
		case err == nil, folder == filepath.Dir(folder):
			return nil
		}
	}
}

// refuse notes problems that the server does not start with.
func (d *doctor) refuse(problems []error) {
	for _, err := range problems {
		d.note("options", levelFail, err.Error(), "the server does not start with it; correct it")
	}
}

// failed reports whether there is a failure of what is being examined.
func (d *doctor) failed() bool {
	return slices.ContainsFunc(d.findings, func(f finding) bool { return f.Endpoint == d.endpoint && f.Level == levelFail })
}

// resolveOptions puts in what the placeholders of verify's options stand for.
func (d *doctor) resolveOptions(e *endpoint) {
	for _, o := range verify.Options() {
		value, there := e.Verify.Options[o.Name]
		if !there || !o.Account() {
			continue
		}
		resolved, err := resolveStrictly(value)
		if err != nil {
			d.note("options", levelFail, fmt.Sprintf("verify: option %s: %v", o.Name, err), "set it in the environment of the server, or make the file readable for its user")
			continue
		}
		e.Verify.Options[o.Name] = resolved
	}
}

// resolveSign does so for the secret for the application.
func (d *doctor) resolveSign(e *endpoint) {
	if e.Sign == "" {
		return
	}
	value, err := resolveStrictly(string(e.Sign))
	if err == nil {
		_, err = gateway.NewCountersigner(value)
	}
	if err != nil {
		d.note("options", levelFail, fmt.Sprintf("sign: %v", err), "set it in the environment of the server; it is base64, with or without whsec_ in front")
	}
}

// checkOptions reports what would keep the server from starting.
func (d *doctor) checkOptions(e *endpoint) {
	problems := append(flatten(e.unknown), flatten(d.app.CheckEndpoint(&e.Handler))...)
	if d.names[e.Name] {
		problems = append(problems, fmt.Errorf("there is another endpoint named %q", e.Name))
	}
	d.names[e.Name] = true
	d.refuse(problems)
	if !d.failed() {
		d.note("options", levelOK, "provider "+e.Verify.Provider+", all options acceptable", "")
	}
	if e.Idempotency.Off {
		d.note("idempotency", levelWarn, "is off: a repeated delivery reaches the application again", "leave it on unless the application recognises repeats itself")
	}
}

func flatten(err error) []error {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		return joined.Unwrap()
	}
	if err != nil {
		return []error{err}
	}
	return nil
}
