package cache

import (
	"bytes"
	"testing"
	"time"
)

func TestAValueSurvivesItsEncoding(t *testing.T) {
	for _, flags := range []byte{0, flagPublic, flagKnown, flagsAll} {
		v := &value{json: []byte(`{"name":"Table"}`), expires: time.UnixMilli(1_800_000_000_123), flags: flags}
		got, err := decode(string(v.encode()))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got.json, v.json) || !got.expires.Equal(v.expires) || got.flags != v.flags {
			t.Errorf("decoded %+v from %+v", got, v)
		}
	}
}

func TestDamagedValuesAreRefused(t *testing.T) {
	whole := (&value{json: []byte(`{"name":"Table"}`), expires: time.UnixMilli(1_800_000_000_123), flags: flagPublic}).encode()
	for i := range whole {
		if _, err := decode(string(whole[:i])); err == nil {
			t.Errorf("the first %d bytes were taken for a value", i)
		}
		damaged := bytes.Clone(whole)
		damaged[i] ^= 0x10
		if _, err := decode(string(damaged)); err == nil {
			t.Errorf("a value was read though byte %d is damaged", i)
		}
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte(nil))
	f.Add((&value{json: []byte(`null`), expires: time.UnixMilli(1), flags: flagsAll}).encode())
	f.Add((&value{json: []byte(`{"a":[1,2]}`), expires: time.UnixMilli(-1)}).encode())
	f.Fuzz(func(t *testing.T, data []byte) {
		v, err := decode(string(data))
		if err != nil {
			return
		}
		if again := v.encode(); !bytes.Equal(again, data) {
			t.Errorf("%x is read as what is written %x", data, again)
		}
	})
}
