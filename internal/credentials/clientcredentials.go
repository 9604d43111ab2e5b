package credentials

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/jonboulle/clockwork"
	"golang.org/x/oauth2/clientcredentials"

	"github.com/entrain-dev/entrain/internal/fault"
)

const (
	oauthOp = "get a token for the target"
	// A token is renewed before its end, by a tenth of its life but at most by maxMargin.
	maxMargin   = 5 * time.Minute
	marginShare = 10
	// refreshPause is how long a token that was just obtained is taken to be the newest there is: requests that were refused
	// with its predecessor ask for another one late.
	refreshPause = 10 * time.Second
	// retryPause keeps a token endpoint that fails from being asked for every request while the old token is still valid.
	retryPause = 30 * time.Second
)

// OAuth2Config says how tokens for a target are obtained: the client credentials grant of RFC 6749 section 4.4.
type OAuth2Config struct {
	// TokenURL is the token endpoint; plain http is for loopback and cluster-local names only.
	TokenURL               string
	ClientID, ClientSecret string
	Scopes                 []string
	// Audience, if not "", is sent as the parameter audience, which some issuers need.
	Audience string
	// HTTP reaches the token endpoint; see NewHTTPClient.
	HTTP *http.Client
	// Store keeps the token between processes; nil keeps it in memory alone.
	Store TokenStore
	// OnStoreError, if not nil, is told when the token cannot be loaded or saved. Provisioning goes on without the store.
	OnStoreError func(error)
	// Clock is the real clock when nil.
	Clock clockwork.Clock
}

// ClientCredentials is a Source that obtains tokens and renews them before they end. Callers that need a new token at the
// same time share one request.
type ClientCredentials struct {
	cfg         OAuth2Config
	host        string
	fingerprint string
	oauth       *clientcredentials.Config
	http        *http.Client

	mu      sync.Mutex
	current Token
	// fetched is when current came from the token endpoint, zero when it came from the store.
	fetched time.Time
	// retryAt is when a renewal that failed may be tried again while current is still valid.
	retryAt time.Time
	renewal *renewal
}

// renewal is one request for a token under way.
type renewal struct {
	done chan struct{}
	// Both are set before done is closed. Abandoned means that the caller who asked gave up, which says nothing about the
	// token endpoint.
	err       error
	abandoned bool
}

// NewClientCredentials checks the configuration; it sends nothing. The error is of kind Invalid.
func NewClientCredentials(cfg OAuth2Config) (*ClientCredentials, error) {
	const op = "configure OAuth 2.0 client credentials"
	cfg.ClientSecret = strings.TrimSpace(cfg.ClientSecret)
	u, err := checkURL(op, "token URL", cfg.TokenURL)
	switch {
	case err != nil:
		return nil, err
	case cfg.ClientID == "" || cfg.ClientSecret == "":
		return nil, fault.New(fault.Invalid, op, "client id and client secret are both needed")
	}
	if cfg.HTTP == nil {
		if cfg.HTTP, err = newClient(nil, tokenTimeout); err != nil {
			return nil, err
		}
	}
	if cfg.Clock == nil {
		cfg.Clock = clockwork.NewRealClock()
	}
	if cfg.OnStoreError == nil {
		cfg.OnStoreError = func(error) {}
	}
	parameters := url.Values{}
	if cfg.Audience != "" {
		parameters.Set("audience", cfg.Audience)
	}
	return &ClientCredentials{
		cfg: cfg, host: u.Host, fingerprint: fingerprint(cfg), http: recorded(cfg.HTTP),
		oauth: &clientcredentials.Config{ClientID: cfg.ClientID, ClientSecret: cfg.ClientSecret, TokenURL: cfg.TokenURL, Scopes: cfg.Scopes,
			EndpointParams: parameters},
	}, nil
}

// fingerprint is a hash of everything a token depends on; each part has its length before it, so that no two
// configurations look alike.
func fingerprint(cfg OAuth2Config) string {
	h := sha256.New()
	for _, part := range append([]string{cfg.TokenURL, cfg.ClientID, cfg.ClientSecret, cfg.Audience}, cfg.Scopes...) {
		fmt.Fprintf(h, "%d:%s", len(part), part)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// Token implements Source.
func (c *ClientCredentials) Token(ctx context.Context) (string, error) {
	token, fresh := c.held()
	if fresh {
		return token.AccessToken, nil
	}
	err := c.renew(ctx, false)
	token, _ = c.held()
	if c.valid(token) {
		// An endpoint that fails early does not matter while the old token lasts.
		return token.AccessToken, nil
	}
	if err == nil {
		err = fault.New(fault.NotCompliant, oauthOp, "%s gives tokens that have ended already; check the clocks", c.host)
	}
	return "", err
}

// Refresh implements Source. A token that came from the endpoint moments ago is not replaced: the refusal was its
// predecessor's.
func (c *ClientCredentials) Refresh(ctx context.Context) error {
	c.mu.Lock()
	recent := !c.fetched.IsZero() && c.cfg.Clock.Since(c.fetched) < refreshPause
	c.mu.Unlock()
	if recent {
		return nil
	}
	return c.renew(ctx, true)
}

// held returns the present token and whether it need not be renewed yet.
func (c *ClientCredentials) held() (Token, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.current, c.fresh(c.current) || c.valid(c.current) && c.cfg.Clock.Now().Before(c.retryAt)
}

// valid reports whether a token belongs to these credentials and has not ended.
func (c *ClientCredentials) valid(t Token) bool {
	return t.AccessToken != "" && t.Fingerprint == c.fingerprint && (t.Expiry.IsZero() || c.cfg.Clock.Now().Before(t.Expiry))
}

// fresh reports whether a token is valid and not so near its end that it is to be renewed.
func (c *ClientCredentials) fresh(t Token) bool {
	margin := min(t.Expiry.Sub(t.Obtained)/marginShare, maxMargin)
	return c.valid(t) && (t.Expiry.IsZero() || c.cfg.Clock.Now().Before(t.Expiry.Add(-margin)))
}

// renew gets another token, or waits for the one that somebody else is getting. Forced means that the present one is no
// good although it has not ended.
func (c *ClientCredentials) renew(ctx context.Context, forced bool) error {
	for {
		c.mu.Lock()
		mine := c.renewal == nil
		if mine {
			c.renewal = &renewal{done: make(chan struct{})}
		}
		r, bad := c.renewal, c.current
		c.mu.Unlock()
		if mine {
			r.err = c.obtain(ctx, bad, forced)
			r.abandoned = r.err != nil && ctx.Err() != nil
			c.finish(r)
			return r.err
		}
		select {
		case <-ctx.Done():
			return fault.Wrap(fault.Transient, oauthOp, ctx.Err())
		case <-r.done:
		}
		if !r.abandoned {
			return r.err
		}
	}
}

func (c *ClientCredentials) finish(r *renewal) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if r.err != nil && !r.abandoned {
		c.retryAt = c.cfg.Clock.Now().Add(retryPause)
	}
	c.renewal = nil
	close(r.done)
}

// obtain takes the token that another replica has stored, or asks the endpoint. Bad is the token to be replaced.
func (c *ClientCredentials) obtain(ctx context.Context, bad Token, forced bool) error {
	if stored, ok := c.load(ctx); ok && c.fresh(stored) && (!forced || stored.AccessToken != bad.AccessToken) {
		c.use(stored, time.Time{})
		return nil
	}
	token, err := c.fetch(ctx)
	if err != nil {
		return err
	}
	c.use(token, c.cfg.Clock.Now())
	c.save(ctx, token, bad)
	return nil
}

func (c *ClientCredentials) use(token Token, fetched time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.current, c.fetched, c.retryAt = token, fetched, time.Time{}
}

func (c *ClientCredentials) load(ctx context.Context) (Token, bool) {
	if c.cfg.Store == nil {
		return Token{}, false
	}
	token, err := c.cfg.Store.Load(ctx)
	if err != nil {
		c.cfg.OnStoreError(err)
		return Token{}, false
	}
	return token, true
}

// save stores a token. When another replica was faster, its token is used from now on, so that all use one.
func (c *ClientCredentials) save(ctx context.Context, token, bad Token) {
	if c.cfg.Store == nil {
		return
	}
	err := c.cfg.Store.Save(ctx, token)
	if fault.Is(err, fault.Stale) {
		if theirs, ok := c.load(ctx); ok && c.fresh(theirs) && theirs.AccessToken != bad.AccessToken {
			c.use(theirs, c.cfg.Clock.Now())
			return
		}
		err = c.cfg.Store.Save(ctx, token)
	}
	if err != nil {
		c.cfg.OnStoreError(err)
	}
}
