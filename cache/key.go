package cache

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"

	"github.com/weft-graphql/weft/executor"
)

// keyID is 128 bits of SHA-256 over all that a key stands for. It is a cryptographic hash because clients choose much of
// what goes in: nobody may find two values with one key.
type keyID [16]byte

// keyMaker makes the keys of one scope. The scope's parts, which may be long, are hashed once for all of its keys.
type keyMaker struct {
	public, identified [sha256.Size]byte
	// both is set where the scope has an identity, so that there are two keys for each value.
	both    bool
	scratch []byte
}

func newKeyMaker(scope *executor.CacheScope) *keyMaker {
	m := &keyMaker{both: scope.Identity != "", scratch: make([]byte, 0, 512)}
	buffer := appendPart(m.scratch, scope.Subgraph)
	buffer = appendPart(buffer, scope.Selection)
	buffer = appendPart(buffer, scope.Variables)
	m.public = sha256.Sum256(buffer)
	if m.both {
		// One part more than the public hash has: no identity can make the two equal.
		m.identified = sha256.Sum256(appendPart(buffer, scope.Identity))
	}
	return m
}

// make returns the key of one value, with the scope's identity or without.
func (m *keyMaker) make(key *executor.CacheKey, identified bool) keyID {
	scope := &m.public
	if identified {
		scope = &m.identified
	}
	buffer := append(m.scratch[:0], scope[:]...)
	buffer = appendPart(buffer, key.Type)
	buffer = append(buffer, key.Representation...)
	buffer = append(buffer, key.Contexts...) // a representation is one JSON object: its end is known
	m.scratch = buffer
	sum := sha256.Sum256(buffer)
	return keyID(sum[:16])
}

// appendPart appends a part with its length, so that parts cannot run into each other.
func appendPart(buffer []byte, part string) []byte {
	buffer = binary.AppendUvarint(buffer, uint64(len(part)))
	return append(buffer, part...)
}

// redisKey is the key's name in Redis: PREFIX SUBGRAPH ":" TYPE ":" HASH. Subgraph and type are there for people who look,
// the hash has them already.
func redisKey(prefix, subgraph, typeName string, id keyID) string {
	buffer := make([]byte, 0, len(prefix)+len(subgraph)+len(typeName)+2+2*len(id))
	buffer = append(buffer, prefix...)
	buffer = appendPlain(buffer, subgraph)
	buffer = append(buffer, ':')
	buffer = appendPlain(buffer, typeName)
	buffer = append(buffer, ':')
	return string(hex.AppendEncode(buffer, id[:]))
}

// appendPlain replaces what has a meaning in a key: colons, and braces, which in a Cluster would put all keys of a
// subgraph on one server.
func appendPlain(buffer []byte, name string) []byte {
	for i := range len(name) {
		switch c := name[i]; {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '_', c == '-', c == '.':
			buffer = append(buffer, c)
		default:
			buffer = append(buffer, '_')
		}
	}
	return buffer
}
