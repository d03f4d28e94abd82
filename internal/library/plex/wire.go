package plex

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"io"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/rs/zerolog"

	"github.com/scrubjay/scrubjay/internal/secret"
)

// wire sends single requests and reads their answers. It neither repeats nor judges them.
type wire struct {
	client *http.Client
	header http.Header // of every request
	log    zerolog.Logger
}

func newWire(o Options, carrier http.RoundTripper) *wire {
	return &wire{
		client: &http.Client{Transport: carrier, CheckRedirect: stayOrStop},
		header: o.Client.header(),
		log:    o.Log,
	}
}

// call is one request.
type call struct {
	method  string // GET when empty
	path    string // begins with a slash
	query   url.Values
	header  http.Header   // besides the usual
	body    []byte        // JSON; may be nil
	token   secret.Secret // goes into a header; empty for none
	timeout time.Duration // for all of it; 30 s when 0
	limit   int64         // bytes of the answer; 16 MiB when 0
	// read takes the body of a good answer. It is called again when the request is. Nil for answers without one.
	read func(header http.Header, body io.Reader) error
}

func (c call) verb() string {
	if c.method == "" {
		return http.MethodGet
	}
	return c.method
}

// refusal is an answer with a status other than 2xx.
type refusal struct {
	what  string // was asked
	code  int
	says  string        // the body's words, for the log
	after time.Duration // Retry-After; 0 when it does not say
}

func (r *refusal) Error() string {
	if r.says == "" {
		return fmt.Sprintf("%s: answer %d", r.what, r.code)
	}
	return fmt.Sprintf("%s: answer %d, %q", r.what, r.code, r.says)
}

// outage is a request that got no whole answer.
type outage struct {
	what string // was asked
	err  error
}

func (o *outage) Error() string { return o.what + ": " + o.err.Error() }
func (o *outage) Unwrap() error { return o.err }

// errTooLarge ends the reading of answers that nobody has a use for.
var errTooLarge = errors.New("an answer that is too large")

// send makes one request. Its errors are an [outage], a [refusal], or what read returned.
func (w *wire) send(ctx context.Context, base string, c call) error {
	if c.timeout == 0 {
		c.timeout = 30 * time.Second
	}
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	began := time.Now()
	resp, err := w.open(ctx, base, c)
	if err != nil {
		w.log.Debug().Str("method", c.verb()).Str("url", base+c.path).Dur("took", time.Since(began)).Err(err).Msg("asked Plex")
		return err
	}
	defer func() {
		_, _ = io.CopyN(io.Discard, resp.Body, 4<<10) // what little is left, so that the connection can be used again
		resp.Body.Close()
	}()
	if c.read == nil {
		return nil
	}
	if c.limit == 0 {
		c.limit = 16 << 20
	}
	body := &bounded{from: resp.Body, left: c.limit}
	err = c.read(resp.Header, body)
	switch {
	case body.err != nil:
		err = &outage{what(base, c), body.err}
	case errors.Is(err, io.ErrUnexpectedEOF):
		err = &outage{what(base, c), err}
	case err != nil:
		err = fmt.Errorf("%s: %w", what(base, c), err)
	}
	w.log.Debug().Str("method", c.verb()).Str("url", base+c.path).Int("status", resp.StatusCode).
		Int64("bytes", c.limit-body.left).Dur("took", time.Since(began)).Err(err).Msg("asked Plex")
	return err
}

// open makes one request and returns a good answer, whose body the caller closes. ctx bounds the body too.
func (w *wire) open(ctx context.Context, base string, c call) (*http.Response, error) {
	target := base + c.path
	if len(c.query) > 0 {
		target += "?" + c.query.Encode()
	}
	var body io.Reader
	if c.body != nil {
		body = bytes.NewReader(c.body)
	}
	req, err := http.NewRequestWithContext(ctx, c.verb(), target, body)
	if err != nil {
		return nil, &outage{what(base, c), bare(err)}
	}
	maps.Copy(req.Header, w.header)
	req.Header.Set("Accept", "application/json")
	if c.body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if !c.token.Empty() {
		req.Header.Set("X-Plex-Token", c.token.Reveal())
	}
	maps.Copy(req.Header, c.header)
	resp, err := w.client.Do(req) //nolint:bodyclose // the caller closes it
	if err != nil {
		return nil, &outage{what(base, c), bare(err)}
	}
	if resp.StatusCode/100 == 2 {
		return resp, nil
	}
	defer resp.Body.Close()
	text, _ := io.ReadAll(io.LimitReader(resp.Body, 64<<10))
	return nil, &refusal{what(base, c), resp.StatusCode, words(text), retryAfter(resp.Header)}
}

// what names a request without its query, which may hold a signed request of the sign-in.
func what(base string, c call) string { return c.verb() + " " + base + c.path }

// bare takes the URL out of an error of net/http, see what.
func bare(err error) error {
	if e, ok := errors.AsType[*url.Error](err); ok {
		return e.Err
	}
	return err
}

// bounded reads up to a limit, and remembers what made it stop.
type bounded struct {
	from io.Reader
	left int64
	err  error // other than io.EOF
}

func (b *bounded) Read(p []byte) (int, error) {
	if b.left <= 0 {
		b.err = errTooLarge
		return 0, b.err
	}
	n, err := b.from.Read(p[:min(int64(len(p)), b.left)])
	b.left -= int64(n)
	if err != nil && !errors.Is(err, io.EOF) {
		b.err = err
	}
	return n, err
}

// retryAfter returns what an answer asks for: seconds, or a date.
func retryAfter(h http.Header) time.Duration {
	v := h.Get("Retry-After")
	if s, err := strconv.Atoi(v); err == nil && s >= 0 {
		return time.Duration(min(s, 24*60*60)) * time.Second
	}
	if t, err := http.ParseTime(v); err == nil {
		return max(0, time.Until(t))
	}
	return 0
}

var (
	// <Response code="503" title="Maintenance" status="..."/> comes even where JSON was asked for.
	xmlStatus = regexp.MustCompile(`<Response\b[^>]*\bstatus="([^"]*)"`)
	heading   = regexp.MustCompile(`(?is)<(?:h1|title)[^>]*>([^<]*)<`)
)

// words returns what the body of an error says, for the log: one short line without secrets.
func words(body []byte) string {
	var says string
	var envelope struct {
		Errors list[struct{ Message text }] `json:"errors"`
	}
	if json.Unmarshal(body, &envelope) == nil {
		says = string(envelope.Errors.first().Message)
	} else if m := xmlStatus.FindSubmatch(body); m != nil {
		says = html.UnescapeString(string(m[1]))
	} else if m := heading.FindSubmatch(body); m != nil {
		says = html.UnescapeString(string(m[1]))
	} else if !bytes.Contains(body, []byte("<")) {
		says = string(body)
	}
	says = secret.Mask(strings.Join(strings.Fields(strings.ToValidUTF8(says, "")), " "))
	if runes := []rune(says); len(runes) > 200 {
		says = string(runes[:200]) + "…"
	}
	return says
}
