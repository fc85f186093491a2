package pack

import "encoding/hex"

// uuidBytes reads the one way of writing a UUID that UUID has.
func uuidBytes(s string) (b [16]byte, ok bool) {
	if len(s) != 36 {
		return b, false
	}
	at := 0
	for _, part := range [...]string{s[:8], s[9:13], s[14:18], s[19:23], s[24:]} {
		n, err := hex.Decode(b[at:], []byte(part))
		if err != nil {
			return b, false
		}
		at += n
	}
	return b, UUID(b) == s // upper case is another id, and so is one without hyphens
}

// UUID writes 16 bytes as a UUID.
func UUID(b [16]byte) string {
	var s [36]byte
	hex.Encode(s[:8], b[:4])
	hex.Encode(s[9:13], b[4:6])
	hex.Encode(s[14:18], b[6:8])
	hex.Encode(s[19:23], b[8:10])
	hex.Encode(s[24:], b[10:])
	s[8], s[13], s[18], s[23] = '-', '-', '-', '-'
	return string(s[:])
}

// RandomUUID writes 16 random bytes as a UUID of version 4.
func RandomUUID(b [16]byte) string {
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return UUID(b)
}
