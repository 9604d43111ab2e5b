package plan_test

import (
	"encoding/base64"
	"testing"
	"time"

	"github.com/entrain-dev/entrain/internal/plan"
)

func TestTheLifeOfASecretToken(t *testing.T) {
	at := func(text string) time.Time {
		out, err := time.Parse(time.RFC3339, text)
		must(t, err)
		return out
	}
	jwt := func(claims string) string {
		return "e30." + base64.RawURLEncoding.EncodeToString([]byte(claims)) + ".c2ln"
	}
	for name, tc := range map[string]struct {
		token string
		keys  map[string]string
		want  plan.TokenLife
	}{
		"an opaque token":                 {token: "t0ken"},
		"keys beside it":                  {"t0ken", map[string]string{"obtained": "2026-01-02", "expiry": "2027-03-04T05:06:07Z\n"}, plan.TokenLife{Obtained: at("2026-01-02T00:00:00Z"), Expiry: at("2027-03-04T05:06:07Z")}},
		"a token that tells":              {jwt(`{"iat":1767312000,"exp":1804136767}`), nil, plan.TokenLife{Obtained: at("2026-01-02T00:00:00Z"), Expiry: at("2027-03-04T05:06:07Z")}},
		"keys go before what it tells":    {jwt(`{"exp":1}`), map[string]string{"expiry": "2027-03-04T05:06:07Z"}, plan.TokenLife{Expiry: at("2027-03-04T05:06:07Z")}},
		"what cannot be read is unknown":  {"a.b.c", map[string]string{"expiry": "next spring"}, plan.TokenLife{}},
		"claims that are no numbers":      {jwt(`{"exp":"soon"}`), nil, plan.TokenLife{}},
		"a token with dots is no promise": {"a.b", nil, plan.TokenLife{}},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t)
			f.secret("genesys", "token", tc.token)
			for k, v := range tc.keys {
				f.secret("genesys", k, v)
			}
			if got := f.build().Token; got != tc.want {
				t.Errorf("got %+v, want %+v", got, tc.want)
			}
		})
	}
}

func TestTheLifeFollowsTheSecret(t *testing.T) {
	f := newFixture(t)
	before := f.build()
	f.secret("genesys", "expiry", "2027-03-04")
	after := f.build()
	if before.Token == after.Token || after.Token.Expiry.IsZero() {
		t.Errorf("before %+v, after %+v", before.Token, after.Token)
	}
}
