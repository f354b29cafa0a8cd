package ipranges

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/caddyserver/caddy/v2"

	"github.com/webhook-gateway/caddy-webhook-gateway/verify"
)

// A place is where a list comes from and where it is kept.
type place struct {
	provider string // its name in the catalogue
	from     verify.IPRanges
	mirror   bool   // from.URL is not the provider's own
	dir      string // of the files
}

// directory is where lists are kept.
func directory() string {
	return filepath.Join(caddy.AppDataDir(), "webhook-gateway", "ip-ranges")
}

func (p place) identity() identity { return identity{p.provider, p.from.URL} }

// file is where the list is kept: a provider and each of its mirrors have one
// of their own.
func (p place) file() string {
	name := p.provider
	if p.mirror {
		sum := sha256.Sum256([]byte(p.from.URL))
		name += "-" + hex.EncodeToString(sum[:8])
	}
	return filepath.Join(p.dir, name+".json")
}

// A snapshot is a list as it was at a time. The zero value is no list.
type snapshot struct {
	From    verify.IPRanges `json:"from"`
	Fetched time.Time       `json:"fetched"` // or found unchanged
	ETag    string          `json:"etag,omitempty"`
	Ranges  []netip.Prefix  `json:"ranges"`
}

// condition is the entity tag that the list has if it is read as from says; ""
// if it was read in another way, so that all of it has to be fetched.
func (s snapshot) condition(from verify.IPRanges) string {
	if s.From.URL != from.URL || s.From.Format != from.Format || !slices.Equal(s.From.Paths, from.Paths) || !tag.MatchString(s.ETag) {
		return ""
	}
	return s.ETag
}

// load reads the list that was kept: the zero value if there is none, or with
// an error one that is of no use. It is judged like one that was fetched.
func (p place) load() (snapshot, error) {
	f, err := os.Open(p.file())
	if errors.Is(err, fs.ErrNotExist) {
		return snapshot{}, nil
	}
	if err != nil {
		return snapshot{}, err
	}
	defer f.Close() //nolint:errcheck // it was only read
	var s snapshot
	if err := json.NewDecoder(io.LimitReader(f, 2*maxSize)).Decode(&s); err != nil {
		return snapshot{}, fmt.Errorf("%s: %w", p.file(), err)
	}
	if s.From.URL != p.from.URL {
		return snapshot{}, fmt.Errorf("%s: the list is from %s", p.file(), s.From.URL)
	}
	if s.Ranges, err = checked(s.Ranges); err != nil {
		return snapshot{}, fmt.Errorf("%s: %w", p.file(), err)
	}
	return s, nil
}

// save keeps a list. A crash leaves the file before or the new one.
func (p place) save(s snapshot) error {
	text, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(p.dir, 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(p.dir, filepath.Base(p.file())+".*") // its mode is 0600
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	err = errors.Join(err, f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), p.file())
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return nil
}
