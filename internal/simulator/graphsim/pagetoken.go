package graphsim

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"net/http"
	"time"
)

// The purposes of a page token.
const (
	deltaToken = "d" // $deltatoken: where the next round starts
	deltaPage  = "p" // $skiptoken inside a round
	listPage   = "l" // $skiptoken of a plain list
)

// pageToken is what a $deltatoken or $skiptoken carries. It is signed, not stored: any number of them may be out.
type pageToken struct {
	Purpose  string   `json:"t"`
	Resource string   `json:"r"`
	Select   []string `json:"s,omitempty"`
	NoSelect bool     `json:"n,omitempty"`
	IDs      []string `json:"i,omitempty"`
	First    bool     `json:"f,omitempty"`
	Since    uint64   `json:"a,omitempty"`
	UpTo     uint64   `json:"z,omitempty"`
	Cursor   uint64   `json:"c,omitempty"`
	// Group is a group in the middle of its members, Phase whether they come from the history or the member list.
	Group  string `json:"g,omitempty"`
	Phase  int    `json:"h,omitempty"`
	Member uint64 `json:"m,omitempty"`
	Issued int64  `json:"q"`
	Epoch  int    `json:"e,omitempty"`
	Page   int    `json:"p,omitempty"`
}

type sealer struct{ key []byte }

func newSealer(seed int64) sealer {
	key := sha256.Sum256(binary.BigEndian.AppendUint64([]byte("graphsim page tokens"), uint64(seed)))
	return sealer{key: key[:]}
}

const macSize = 16

func (s sealer) mac(body []byte) []byte {
	m := hmac.New(sha256.New, s.key)
	m.Write(body)
	return m.Sum(nil)[:macSize]
}

func (s sealer) seal(t pageToken) string {
	body, _ := json.Marshal(t)
	return base64.RawURLEncoding.EncodeToString(append(s.mac(body), body...))
}

func (s sealer) open(token string) (pageToken, bool) {
	var t pageToken
	raw, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil || len(raw) < macSize || !hmac.Equal(raw[:macSize], s.mac(raw[macSize:])) {
		return t, false
	}
	return t, json.Unmarshal(raw[macSize:], &t) == nil
}

// issue signs a token as of now.
func (c *call) issue(t pageToken) string {
	t.Issued = c.now.UnixNano()
	c.s.mu.Lock()
	t.Epoch = c.s.tokenEpoch
	c.s.mu.Unlock()
	return c.s.sealer.seal(t)
}

// redeem checks a token: signature, purpose, resource, life (1.7, 7.6).
func (c *call) redeem(token, purpose, resource string) (pageToken, *graphError) {
	t, ok := c.s.sealer.open(token)
	if !ok {
		return t, fail(http.StatusBadRequest, "Request_BadRequest", "Badly formed token.")
	}
	if t.Purpose != purpose || t.Resource != resource {
		return t, badRequest("Badly formed content.")
	}
	c.s.mu.Lock()
	old, answer := t.Epoch < c.s.tokenEpoch, c.s.tokenAnswer
	c.s.mu.Unlock()
	age := c.now.Sub(time.Unix(0, t.Issued))
	if purpose == listPage || purpose == deltaPage && !old {
		if old || age > c.knobs.PageLife {
			return t, fail(http.StatusBadRequest, "Directory_ExpiredPageToken",
				"The specified page token value has expired and can no longer be included in your request.")
		}
	}
	if old {
		return t, c.tooOld(answer, t)
	}
	if purpose == deltaToken && age > c.knobs.DeltaLife || purpose != listPage && !t.First && t.Since < c.s.tenant.Floor() {
		return t, c.tooOld(c.knobs.Expired, t)
	}
	return t, nil
}

// tooOld is one of the answers of 1.7 to a delta token that cannot be used any more.
func (c *call) tooOld(answer ExpiredAnswer, t pageToken) *graphError {
	switch answer {
	case ExpiredGone:
		e := fail(http.StatusGone, c.knobs.ResyncCode, "The sync state is no longer valid. Start again with a full enumeration.")
		e.header = http.Header{"Location": {c.base + "/v1.0/" + t.Resource + "/delta?$deltatoken="}}
		return e
	case ExpiredAnnounced:
		return fail(http.StatusBadRequest, "syncStateNotFound",
			"The sync state generation is not found. The delta token is expired and data must be synchronized again.")
	default:
		return unsupported("DeltaLink older than 30 days is not supported.")
	}
}
