package graphsim

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"strings"
	"sync"
	"time"
)

var (
	errNoDots       = errors.New("the token has no dots")
	errMalformed    = errors.New("the token is malformed")
	errBadSignature = errors.New("the signature of the token is wrong")
)

// signingKey is made once a process, because making one takes long.
var signingKey = sync.OnceValue(func() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return key
})

const signingKeyID = "graphsim"

// claims are the claims of an access token that matter here (8.2).
type claims struct {
	Audience   string   `json:"aud"`
	Issuer     string   `json:"iss"`
	IssuedAt   int64    `json:"iat"`
	NotBefore  int64    `json:"nbf"`
	Expires    int64    `json:"exp"`
	AppID      string   `json:"appid"`
	AppName    string   `json:"app_displayname,omitempty"`
	AppIDACR   string   `json:"appidacr"`
	IDP        string   `json:"idp"`
	IDType     string   `json:"idtyp"`
	ObjectID   string   `json:"oid"`
	Subject    string   `json:"sub"`
	Roles      []string `json:"roles,omitempty"`
	TenantID   string   `json:"tid"`
	UniqueID   string   `json:"uti"`
	Version    string   `json:"ver"`
	TenantBorn int64    `json:"xms_tcdt"`
	// Epoch is the simulator's own: tokens of an older epoch are revoked.
	Epoch int `json:"x_epoch,omitempty"`
}

// splitJWT decodes the parts of a compact JWT. It returns the header, the claims, the signed text and the signature.
func splitJWT(token string) (header map[string]any, body []byte, signed string, signature []byte, err error) {
	if !strings.Contains(token, ".") {
		return nil, nil, "", nil, errNoDots
	}
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return nil, nil, "", nil, errMalformed
	}
	raw, err := base64.RawURLEncoding.DecodeString(parts[0])
	if err != nil || json.Unmarshal(raw, &header) != nil {
		return nil, nil, "", nil, errMalformed
	}
	if body, err = base64.RawURLEncoding.DecodeString(parts[1]); err != nil {
		return nil, nil, "", nil, errMalformed
	}
	if signature, err = base64.RawURLEncoding.DecodeString(parts[2]); err != nil {
		return nil, nil, "", nil, errMalformed
	}
	return header, body, parts[0] + "." + parts[1], signature, nil
}

// checkSignature verifies RS256, PS256 and ES256.
func checkSignature(alg string, key crypto.PublicKey, signed string, signature []byte) error {
	sum := sha256.Sum256([]byte(signed))
	switch k := key.(type) {
	case *rsa.PublicKey:
		if alg == "RS256" && rsa.VerifyPKCS1v15(k, crypto.SHA256, sum[:], signature) == nil {
			return nil
		}
		if alg == "PS256" && rsa.VerifyPSS(k, crypto.SHA256, sum[:], signature, nil) == nil {
			return nil
		}
	case *ecdsa.PublicKey:
		if alg == "ES256" && len(signature) == 64 &&
			ecdsa.Verify(k, sum[:], new(big.Int).SetBytes(signature[:32]), new(big.Int).SetBytes(signature[32:])) {
			return nil
		}
	}
	return errBadSignature
}

// signJWT makes a compact RS256 JWT.
func signJWT(key *rsa.PrivateKey, keyID string, body any) (string, error) {
	header, err := json.Marshal(map[string]string{"typ": "JWT", "alg": "RS256", "kid": keyID})
	if err != nil {
		return "", err
	}
	payload, err := json.Marshal(body)
	if err != nil {
		return "", err
	}
	signed := base64.RawURLEncoding.EncodeToString(header) + "." + base64.RawURLEncoding.EncodeToString(payload)
	sum := sha256.Sum256([]byte(signed))
	signature, err := rsa.SignPKCS1v15(nil, key, crypto.SHA256, sum[:])
	if err != nil {
		return "", err
	}
	return signed + "." + base64.RawURLEncoding.EncodeToString(signature), nil
}

// maxOpaque bounds the opaque tokens that are remembered.
const maxOpaque = 10000

// mint makes an access token for an application. acr is "1" for a secret, "2" for an assertion.
func (s *Server) mint(app *App, audience, acr string) string {
	now := s.clock.Now()
	knobs := s.Knobs()
	c := claims{
		Audience: audience, Issuer: "https://sts.windows.net/" + s.tenant.ID() + "/", IssuedAt: now.Unix(), NotBefore: now.Unix(),
		Expires: now.Add(knobs.AccessTokenLife).Unix(), AppID: app.ClientID, AppName: app.Name, AppIDACR: acr,
		IDP: "https://sts.windows.net/" + s.tenant.ID() + "/", IDType: "app", ObjectID: app.ObjectID, Subject: app.ObjectID,
		Roles: app.Roles, TenantID: s.tenant.ID(), UniqueID: s.guid(), Version: "1.0",
		TenantBorn: time.Date(2019, 1, 2, 3, 4, 5, 0, time.UTC).Unix(),
	}
	s.mu.Lock()
	c.Epoch = s.accessEpoch
	s.mu.Unlock()
	if knobs.OpaqueTokens {
		token := "opaque." + strings.ReplaceAll(c.UniqueID, "-", "") + "." + strings.ReplaceAll(s.guid(), "-", "")
		s.mu.Lock()
		defer s.mu.Unlock()
		if len(s.opaque) >= maxOpaque {
			clear(s.opaque)
		}
		s.opaque[token] = c
		return token
	}
	token, err := signJWT(signingKey(), signingKeyID, c)
	if err != nil {
		panic(fmt.Sprintf("graphsim cannot sign a token: %v", err))
	}
	return token
}

// Token returns an access token for a registered application without the token endpoint, for tests of a Graph client alone.
// With roles given it has these instead of the application's. It panics when the application is unknown.
func (s *Server) Token(clientID string, roles ...string) string {
	app := s.app(clientID)
	if app == nil {
		panic("graphsim has no application " + clientID)
	}
	app = app.clone()
	if roles != nil {
		app.Roles = roles
	}
	return s.mint(app, s.cfg.Resource, "1")
}

func (s *Server) verifyAccessToken(token string) (claims, error) {
	var c claims
	s.mu.Lock()
	known, ok := s.opaque[token]
	s.mu.Unlock()
	if ok {
		return known, nil
	}
	header, body, signed, signature, err := splitJWT(token)
	if err != nil {
		return c, err
	}
	alg, _ := header["alg"].(string)
	if err := checkSignature(alg, &signingKey().PublicKey, signed, signature); err != nil {
		return c, err
	}
	if json.Unmarshal(body, &c) != nil || c.TenantID != s.tenant.ID() {
		return c, errMalformed
	}
	return c, nil
}

// jwks is the key set that the discovery document names.
func jwks() map[string]any {
	k := signingKey().PublicKey
	return map[string]any{"keys": []any{map[string]any{
		"kty": "RSA", "use": "sig", "kid": signingKeyID, "alg": "RS256",
		"n": base64.RawURLEncoding.EncodeToString(k.N.Bytes()), "e": base64.RawURLEncoding.EncodeToString(big.NewInt(int64(k.E)).Bytes()),
	}}}
}
