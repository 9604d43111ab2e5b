package plan

import (
	"encoding/base64"
	"encoding/json"
	"strings"
	"time"
)

// Keys of a Secret that tell the life of the token beside it, as RFC 3339 time or as date. The owned Secret of an OAuth token
// has the same ones.
const (
	keyObtained = "obtained"
	keyExpiry   = "expiry"
)

// TokenLife is what is known of the life of a secret token; a time is zero where it is not.
type TokenLife struct {
	// Obtained is when the token was made, Expiry when it ends.
	Obtained, Expiry time.Time
}

// tokenLife returns the life of the config's secret token: what the keys beside it say, else what it says itself. Most tokens
// are opaque and nobody tells: Genesys Cloud lets a SCIM token live for up to 450 days and then end without a word
// (genesys-scim.md 4).
func (in *inputs) tokenLife() (life TokenLife) {
	c := in.config.Spec.Target.SCIM.Credentials.SecretToken
	if c == nil {
		return life
	}
	data := in.secrets[string(c.SecretRef.Name)].Data
	life = claimsOf(string(data[string(c.SecretRef.Key)]))
	if t, ok := instant(string(data[keyObtained])); ok {
		life.Obtained = t
	}
	if t, ok := instant(string(data[keyExpiry])); ok {
		life.Expiry = t
	}
	return life
}

func instant(text string) (time.Time, bool) {
	text = strings.TrimSpace(text)
	for _, layout := range []string{time.RFC3339, time.DateOnly} {
		if t, err := time.Parse(layout, text); err == nil {
			return t.UTC(), true
		}
	}
	return time.Time{}, false
}

// claimsOf reads iat and exp of a JSON Web Token (RFC 7519 section 4.1) without verifying it: nothing is decided by them.
func claimsOf(token string) (life TokenLife) {
	parts := strings.Split(strings.TrimSpace(token), ".")
	if len(parts) != 3 {
		return life
	}
	text, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return life
	}
	var claims struct{ Iat, Exp float64 }
	if json.Unmarshal(text, &claims) != nil {
		return life
	}
	if claims.Iat > 0 {
		life.Obtained = time.Unix(int64(claims.Iat), 0).UTC()
	}
	if claims.Exp > 0 {
		life.Expiry = time.Unix(int64(claims.Exp), 0).UTC()
	}
	return life
}
