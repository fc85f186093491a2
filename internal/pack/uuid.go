package pack

import "encoding/hex"

// uuidBytes reads the one way of writing a UUID that UUID has: upper case is another id, and
// so is one without hyphens.
func uuidBytes(s string) (b [16]byte, ok bool) {
	if len(s) != 36 || s[8] != '-' || s[13] != '-' || s[18] != '-' || s[23] != '-' {
		return b, false
	}
	for at, i := range [...]int{0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34} {
		high, low := digit(s[i]), digit(s[i+1])
		if high|low > 15 {
			return b, false
		}
		b[at] = high<<4 | low
	}
	return b, true
}

// digit reads a hexadecimal digit in lower case; above 15 it is not a digit.
func digit(c byte) byte {
	switch {
	case '0' <= c && c <= '9':
		return c - '0'
	case 'a' <= c && c <= 'f':
		return c - 'a' + 10
	}
	return 0xff
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
