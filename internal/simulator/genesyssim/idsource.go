package genesyssim

import (
	"encoding/binary"
	"encoding/hex"
	"math/rand/v2"
	"sync"
)

// idSource makes UUIDs from a seed, so that golden transcripts of sequential requests are repeatable.
type idSource struct {
	mu  sync.Mutex
	rng *rand.Rand
}

func newIDSource(seed uint64) *idSource {
	return &idSource{rng: rand.New(rand.NewPCG(seed, 0x9e3779b97f4a7c15))}
}

// UUID returns a random UUID, 8-4-4-4-12 lower case (8.1).
func (s *idSource) UUID() string {
	var b [16]byte
	s.mu.Lock()
	binary.BigEndian.PutUint64(b[:8], s.rng.Uint64())
	binary.BigEndian.PutUint64(b[8:], s.rng.Uint64())
	s.mu.Unlock()
	b[6] = b[6]&0x0f | 0x40
	b[8] = b[8]&0x3f | 0x80
	var out [36]byte
	hex.Encode(out[:8], b[:4])
	out[8] = '-'
	hex.Encode(out[9:13], b[4:6])
	out[13] = '-'
	hex.Encode(out[14:18], b[6:8])
	out[18] = '-'
	hex.Encode(out[19:23], b[8:10])
	out[23] = '-'
	hex.Encode(out[24:], b[10:])
	return string(out[:])
}

// passwordClasses are the character classes of a password policy (8.1).
var passwordClasses = []string{"abcdefghijkmnopqrstuvwxyz", "ABCDEFGHJKLMNPQRSTUVWXYZ", "23456789", "!#$%&*+-=?@", "_~^.:;,<>"}

// Password returns 40 characters of five classes in turn (8.1).
func (s *idSource) Password() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	b := make([]byte, 40)
	for i := range b {
		class := passwordClasses[i%len(passwordClasses)]
		b[i] = class[s.rng.IntN(len(class))]
	}
	return string(b)
}

// secret returns an opaque token of 86 characters, as long as those of the product.
func (s *idSource) secret() string {
	const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-"
	s.mu.Lock()
	defer s.mu.Unlock()
	b := make([]byte, 86)
	for i := range b {
		b[i] = letters[s.rng.IntN(len(letters))]
	}
	return string(b)
}
