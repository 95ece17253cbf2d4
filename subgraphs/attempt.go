package subgraphs

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"mime"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/weft-graphql/weft/executor"
	"github.com/weft-graphql/weft/subgraphs/http1"
)

// request is a Fetch on its way, which may take several attempts.
type request struct {
	host      *host
	fetch     *executor.Fetch
	endpoints *endpoints
	// body is what is sent, encoded as encoding says where that is not empty.
	body     []byte
	encoding string
	// caller is the context of who asked; that of attempts ends earlier.
	caller context.Context
}

// outcome is what has become of an attempt: an answer or an error.
type outcome struct {
	answer *executor.Answer
	err    *executor.FetchError
	// again is set where another attempt may succeed, not before notBefore.
	again      bool
	retryAfter time.Duration
	notBefore  time.Time
	endpoint   *endpoint // nil where nothing was sent

	// What the policies need to know.
	ctx     context.Context
	attempt int
	decides bool
}

func (o *outcome) good() bool { return o.err == nil && !o.again }

func (o *outcome) release() {
	if o.answer != nil {
		o.answer.Release()
		o.answer = nil
	}
}

// attempt sends a request once. avoid is the endpoint that it should not go to;
// picked, where it is not nil, has room for the one that it goes to.
func (c *Client) attempt(ctx context.Context, r request, avoid *endpoint, picked chan<- *endpoint) outcome {
	h := r.host
	if in, err := h.turnstile.enter(ctx); err != nil {
		return r.ended(ctx, err)
	} else if !in {
		h.metrics.rejectedConcurrency.Inc()
		return outcome{err: h.fail(CodeConcurrency, fmt.Sprintf(
			"subgraph %q has %d requests under way and %d waiting, which is all that may be (subgraphs.%s.concurrency)",
			h.name, h.settings.MaxConcurrent, h.settings.MaxWaiting, h.name), nil)}
	}
	defer h.turnstile.leave()
	var p permit
	if h.breaker != nil {
		var allowed bool
		if p, allowed = h.breaker.allow(); !allowed {
			h.metrics.rejectedBreaker.Inc()
			return outcome{err: h.fail(CodeCircuitOpen, fmt.Sprintf(
				"subgraph %q has failed too often and is left alone for a moment (subgraphs.%s.breaker)", h.name, h.name), nil)}
		}
	}
	e := r.endpoints.pick(avoid)
	if picked != nil {
		picked <- e
	}
	e.inFlight.Add(1)
	start := time.Now()
	o, verdict := c.exchange(ctx, e, r, start)
	e.inFlight.Add(-1)
	o.endpoint = e
	if verdict == nil {
		r.endpoints.succeeded(e)
	} else if errors.Is(verdict, errFailed) {
		r.endpoints.failed(e)
	}
	if h.breaker != nil {
		h.breaker.done(p, verdict)
	}
	return o
}

// exchange sends a request to an endpoint and reads the whole answer. The
// verdict on the endpoint is nil, errFailed or errExcluded.
func (c *Client) exchange(ctx context.Context, e *endpoint, r request, start time.Time) (o outcome, verdict error) {
	h := r.host
	res, err := r.send(ctx, e)
	if err == nil {
		defer res.Body.Close()
		o.answer, err = c.read(ctx, h, res)
	}
	known, ended := errors.AsType[*executor.FetchError](err)
	switch {
	case err == nil || ended:
		o.err = known
		if known != nil {
			verdict = verdictOn(known, err)
		}
		switch res.StatusCode {
		case http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
			o.again = true
			if o.retryAfter = retryAfter(res.Header.Get("Retry-After")); o.retryAfter > 0 {
				o.notBefore = time.Now().Add(o.retryAfter)
			}
			if res.StatusCode != http.StatusTooManyRequests { // which the subgraph is well enough to say
				verdict = errFailed
			}
		}
	case ctx.Err() != nil:
		// Given up. That is the subgraph's fault where it had time enough to answer.
		o, verdict = r.ended(ctx, err), errExcluded
		if 2*time.Since(start) >= h.settings.Timeout {
			verdict = errFailed
		}
	default:
		o.err, o.again, verdict = h.broken(err, res != nil), true, errFailed
		if o.err.Code == CodeTooLarge { // which another attempt will not change
			o.again, verdict = false, errExcluded
		}
	}
	return o, verdict
}

// verdictOn is the verdict on an endpoint that gave an answer which is none. One
// that is too large, or so large that there was no memory for it, costs more than
// any other: who mostly sends such is broken. That there was none for a smaller
// one is the fault of others.
func verdictOn(known *executor.FetchError, err error) error {
	switch {
	case known.Code == CodeTooLarge || errors.Is(err, errLarge):
		return errFailed
	case known.Code == CodeOverloaded:
		return errExcluded
	}
	return nil
}

// ended is the outcome of a request whose context has ended.
func (r *request) ended(ctx context.Context, err error) outcome {
	h := r.host
	if r.caller.Err() == nil && errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return outcome{err: h.fail(CodeTimeout, fmt.Sprintf("subgraph %q did not answer within %s (subgraphs.%s.timeout)",
			h.name, h.settings.Timeout, h.name), err)}
	}
	return outcome{err: h.fail(CodeCancelled, fmt.Sprintf("the request to subgraph %q was given up", h.name), context.Cause(ctx))}
}

// broken explains why a connection gave no answer, or not all of it.
func (h *host) broken(err error, begun bool) *executor.FetchError {
	var timeout net.Error
	var op *net.OpError
	switch {
	case begun:
		return h.fail(CodeHTTP, fmt.Sprintf("the answer of subgraph %q broke off or cannot be decompressed", h.name), err)
	// net/http has no type for it, and HTTP/2 tells of a protocol error only.
	case errors.Is(err, http1.ErrHeaderTooLarge) || strings.Contains(err.Error(), "server response headers exceeded"):
		return h.fail(CodeTooLarge, fmt.Sprintf("the header of subgraph %q's answer is larger than %d bytes (subgraphs.%s.max_answer_header)",
			h.name, h.settings.MaxAnswerHeader, h.name), err)
	case !errors.As(err, &timeout) || !timeout.Timeout():
		return h.fail(CodeHTTP, fmt.Sprintf("subgraph %q could not be reached", h.name), err)
	// net/http has no type for a handshake that takes too long.
	case errors.As(err, &op) && op.Op == "dial" || strings.Contains(err.Error(), "TLS handshake"):
		return h.fail(CodeTimeout, fmt.Sprintf("subgraph %q could not be connected to within %s (subgraphs.%s.connect_timeout)",
			h.name, h.settings.ConnectTimeout, h.name), err)
	case h.settings.FirstByteTimeout > 0:
		return h.fail(CodeTimeout, fmt.Sprintf("subgraph %q did not begin to answer within %s (subgraphs.%s.first_byte_timeout)",
			h.name, h.settings.FirstByteTimeout, h.name), err)
	}
	return h.fail(CodeTimeout, fmt.Sprintf("the connection to subgraph %q did not answer", h.name), err)
}

func (h *host) fail(code, message string, cause error) *executor.FetchError {
	return &executor.FetchError{Subgraph: h.name, Code: code, Message: message, Err: cause}
}

// retryAfter reads a Retry-After header (RFC 9110, section 10.2.3); 0 where it
// says nothing.
func retryAfter(value string) time.Duration {
	if value == "" {
		return 0
	}
	if seconds, err := strconv.ParseUint(value, 10, 31); err == nil {
		return time.Duration(seconds) * time.Second
	}
	if at, err := http.ParseTime(value); err == nil {
		return max(0, time.Until(at))
	}
	return 0
}

// send sends a request to an endpoint, and gives its answer with the body unread.
func (r *request) send(ctx context.Context, e *endpoint) (*http.Response, error) {
	h := r.host
	header := r.fetch.Header
	if r.encoding != "" {
		header = maps.Clone(header)
		if header == nil {
			header = http.Header{}
		}
		header.Set("Content-Encoding", r.encoding)
	}
	if e.plain != nil && h.pretended == nil {
		return e.plain.Do(ctx, http1.Request{Header: header, Body: r.body, Once: r.fetch.Mutation})
	}
	req := e.request.WithContext(ctx)
	req.Header = make(http.Header, len(e.request.Header)+len(header))
	maps.Copy(req.Header, e.request.Header)
	maps.Copy(req.Header, header)
	body := r.body
	req.ContentLength = int64(len(body))
	req.Body = io.NopCloser(bytes.NewReader(body))
	if !r.fetch.Mutation {
		// net/http sends a request again on a connection that died if it can rewind
		// the body; a mutation must reach the subgraph at most once.
		req.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
	}
	if h.pretended != nil {
		return h.pretended.RoundTrip(req)
	}
	return h.transport.RoundTrip(req)
}

// read reads an answer. An error that is no FetchError says that it broke off.
func (c *Client) read(ctx context.Context, h *host, res *http.Response) (*executor.Answer, error) {
	if (res.StatusCode < 200 || res.StatusCode > 299) && !isJSON(res.Header.Get("Content-Type")) {
		return nil, h.fail(CodeHTTP, fmt.Sprintf("subgraph %q answered with HTTP status %d", h.name, res.StatusCode), nil)
	}
	if res.ContentLength > h.settings.MaxAnswer {
		return nil, h.tooLarge()
	}
	var body io.Reader = res.Body
	size := res.ContentLength
	if encoding := res.Header.Get("Content-Encoding"); encoding != "" && encoding != "identity" {
		decoded, release, err := c.codecs.decode(encoding, h.settings.Compression.Answers, res.Body)
		if err != nil {
			return nil, h.fail(CodeHTTP, fmt.Sprintf("the answer of subgraph %q cannot be read (subgraphs.%s.compression)", h.name, h.name), err)
		}
		defer release()
		body, size = decoded, -1
		delete(res.Header, "Content-Encoding")
		delete(res.Header, "Content-Length")
	}
	body = h.slow.reader(ctx, body, size)
	b, err := c.buffers.read(body, size, h.settings.MaxAnswer)
	if err != nil {
		if errors.Is(err, errTooLarge) {
			return nil, h.tooLarge()
		}
		if overloaded, is := errors.AsType[*executor.FetchError](err); is {
			overloaded.Subgraph = h.name
			if slow, is := body.(*slowReader); is && slow.unusual() {
				err = fmt.Errorf("%w: %w", errLarge, err)
			}
		}
		return nil, err
	}
	if res.StatusCode <= 299 {
		h.slow.came(int64(len(b.bytes)))
	}
	return &executor.Answer{
		Status: res.StatusCode, Header: res.Header, Body: b.bytes,
		Release: func() { c.buffers.put(b) },
	}, nil
}

func (h *host) tooLarge() *executor.FetchError {
	return h.fail(CodeTooLarge, fmt.Sprintf("the answer of subgraph %q is larger than %d bytes (subgraphs.%s.max_answer)",
		h.name, h.settings.MaxAnswer, h.name), nil)
}

func isJSON(contentType string) bool {
	media, _, err := mime.ParseMediaType(contentType)
	return err == nil && (media == "application/json" || strings.HasSuffix(media, "+json"))
}
