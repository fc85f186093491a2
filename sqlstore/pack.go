package sqlstore

import (
	"encoding/base64"
)

// pack writes a binary form as the dialect's column has it. SQLite's takes bytes;
// that of PostgreSQL is of text, which not all engines can change to another type
// where there are rows, so it has base64.
func (d *dialect) pack(form []byte) []byte {
	if d.slots {
		return form
	}
	return base64.RawStdEncoding.AppendEncode(nil, form)
}

// packed is the argument of a statement for what pack wrote.
func (d *dialect) packed(data []byte) any {
	if d.slots {
		return data
	}
	return string(data)
}

// unpack reads what pack wrote. A binary form begins with a small number, so it can't be
// taken for its base64, which begins with an A.
func unpack(data []byte, unmarshal func([]byte) error) error {
	if len(data) > 0 && data[0] == 'A' {
		form, err := base64.RawStdEncoding.AppendDecode(nil, data)
		if err != nil {
			return err
		}
		return unmarshal(form)
	}
	return unmarshal(data)
}
