package verify

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"
)

func setHeader(s *Scheme, v string) error {
	s.Signature.Name, s.Signature.AltNames = v, nil
	return nil
}

func setAlgorithm(s *Scheme, v string) error {
	if s.Signature.Prefix == s.Algorithm+"=" {
		s.Signature.Prefix = v + "="
	}
	s.Algorithm = v
	return nil
}

func setEncoding(s *Scheme, v string) error {
	s.Signature.Encoding = v
	return nil
}

func setPrefix(s *Scheme, v string) error {
	s.Signature.Prefix, s.Signature.Parse = v, "prefix"
	return nil
}

func setSignatures(s *Scheme, v string) error {
	g := Signature{In: s.Signature.In, Name: s.Signature.Name, AltNames: s.Signature.AltNames, Encoding: s.Signature.Encoding}
	words := strings.Fields(v)
	switch {
	case len(words) == 1 && words[0] == "raw":
		g.Parse = "raw"
	case len(words) == 2 && words[0] == "list":
		g.Parse, g.Version = "versioned_list", words[1]
	case len(words) >= 2 && len(words) <= 4 && words[0] == "kv":
		g.Parse, g.SigKey = "kv", words[1]
		if len(words) > 2 {
			s.Timestamp = &Timestamp{In: "signature", Name: words[2]}
		}
		if len(words) > 3 {
			g.PairSep = words[3]
		}
	default:
		return errors.New("is neither raw, nor list <version>, nor kv <key> [<timestamp key> [<separator>]]")
	}
	if s.Signature.Prefix != "" && g.Parse != "raw" {
		return errors.New("prefix and a list exclude each other")
	}
	if g.Parse == "raw" {
		g.Parse, g.Prefix = s.Signature.Parse, s.Signature.Prefix
	}
	s.Signature = g
	return nil
}

func setKey(s *Scheme, v string) error {
	s.Key.Decode, s.Key.LenientPadding = v, v == "base64"
	return nil
}

func setKeyPrefix(s *Scheme, v string) error {
	s.Key.StripPrefix = v
	return nil
}

func setContent(s *Scheme, v string) error {
	s.Content = v
	return nil
}

func setTimestamp(s *Scheme, v string) error {
	words := strings.Fields(v)
	if len(words) != 2 || words[0] != "header" && words[0] != "signature" {
		return errors.New("is neither header <name> nor signature <key>")
	}
	if s.Timestamp != nil && (s.Timestamp.In != words[0] || s.Timestamp.Name != words[1]) {
		return errors.New("differs from the timestamp key of the option signatures")
	}
	s.Timestamp = &Timestamp{In: words[0], Name: words[1]}
	return nil
}

func setUnit(s *Scheme, v string) error {
	s.Timestamp.Unit = v
	return nil
}

func setTolerance(s *Scheme, v string) error {
	d, err := time.ParseDuration(v)
	if seconds, ok := digits(v, 1, 5); ok {
		d, err = time.Duration(seconds)*time.Second, nil
	}
	switch {
	case err != nil:
		return fmt.Errorf("%q is not a duration such as 5m", v)
	case d%time.Second != 0 || d <= 0 || d > maxTolerance*time.Second:
		return fmt.Errorf("%s is not a whole number of seconds from 1s to 24h", v)
	}
	s.Timestamp.Tolerance, s.Timestamp.AnyAge = int64(d/time.Second), false
	return nil
}

func setParameter(s *Scheme, v string) error {
	s.Signature.Name = v
	return nil
}

// set returns a setter for one of the values that Requires and Optional name.
func set(name string) func(*Scheme, string) error {
	return func(s *Scheme, v string) error {
		s.setValue(name, v)
		return nil
	}
}

// anyTopic is the value of the option topic that says that any is wanted.
const anyTopic = "*"

func setTopic(s *Scheme, v string) error {
	if topics := strings.Fields(v); len(topics) > 1 && slices.Contains(topics, anyTopic) {
		return errors.New("* stands alone: it means any topic")
	}
	s.setValue("topic", v)
	return nil
}

var setURL = setURLOf("url")

func setURLOf(name string) func(*Scheme, string) error {
	return func(s *Scheme, v string) error {
		u, err := url.Parse(v)
		if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.Fragment != "" {
			return errors.New("is not an http or https URL") // it may hold a password
		}
		s.setValue(name, v)
		return nil
	}
}

// description returns what an option is for.
func description(name string) string {
	for _, o := range options {
		if o.Name == name {
			text, _, _ := strings.Cut(o.Description, ". Default")
			return text
		}
	}
	return ""
}

func setID(s *Scheme, v string) (err error) {
	s.ID, err = parsePlace(v)
	return err
}

func setEvent(s *Scheme, v string) (err error) {
	s.Event, err = parsePlace(v)
	return err
}

func parsePlace(v string) (*Place, error) {
	words := strings.Fields(v)
	if len(words) != 2 || words[0] != "header" && words[0] != "json" {
		return nil, errors.New("is neither header <name> nor json <path>")
	}
	p := &Place{In: words[0], Name: words[1]}
	return p, p.check()
}
