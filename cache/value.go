package cache

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
	"time"

	"github.com/weft-graphql/weft/executor"
)

// A value in Redis is a header and the JSON as the subgraph sent it:
//
//	byte 0      version
//	byte 1      flags
//	bytes 2–9   when it ends to be fresh, Unix time in milliseconds, big endian
//	bytes 10–13 CRC-32C of bytes 0–9 and the JSON, big endian
const (
	valueVersion = 1
	headerSize   = 14

	flagPublic = 1 << 0 // may be shared between identities
	flagKnown  = 1 << 1 // the subgraph said how long it is fresh; otherwise the configuration did
	flagsAll   = flagPublic | flagKnown
)

// value is one cached value. It is immutable: many requests share it.
type value struct {
	json    []byte
	expires time.Time
	flags   byte
}

// entry is what the executor is told of the value.
func (v *value) entry(now time.Time) executor.Entry {
	freshness := executor.Freshness{Public: v.flags&flagPublic != 0}
	if v.flags&flagKnown != 0 {
		// What the configuration alone decided stays between gateway and subgraph: nobody promised it to the client.
		freshness.Known, freshness.MaxAge = true, v.expires.Sub(now)
	}
	return executor.Entry{Value: v.json, Freshness: freshness}
}

// encode writes the value as it is kept in Redis.
func (v *value) encode() []byte {
	data := make([]byte, headerSize, headerSize+len(v.json))
	data[0], data[1] = valueVersion, v.flags
	binary.BigEndian.PutUint64(data[2:], uint64(v.expires.UnixMilli()))
	binary.BigEndian.PutUint32(data[10:], checksum(data, v.json))
	return append(data, v.json...)
}

var errForeignValue = errors.New("not a value of this version of the cache, or a damaged one")

// decode reads a value from Redis, which others may have written. The result does not share memory with data.
func decode(data string) (*value, error) {
	if len(data) <= headerSize || data[0] != valueVersion || data[1]&^flagsAll != 0 {
		return nil, errForeignValue
	}
	header, json := []byte(data[:headerSize]), []byte(data[headerSize:])
	if binary.BigEndian.Uint32(header[10:]) != checksum(header, json) {
		return nil, errForeignValue
	}
	return &value{
		json:    json,
		expires: time.UnixMilli(int64(binary.BigEndian.Uint64(header[2:]))),
		flags:   header[1],
	}, nil
}

func checksum(header, json []byte) uint32 {
	table := crc32.MakeTable(crc32.Castagnoli)
	return crc32.Update(crc32.Update(0, table, header[:10]), table, json)
}
