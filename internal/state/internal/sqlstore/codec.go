package sqlstore

import (
	"encoding/json"
	"strings"
	"time"

	"github.com/entrain-dev/entrain/internal/fault"
	"github.com/entrain-dev/entrain/internal/state"
)

// encode returns a value as JSON text. What cannot be encoded is a defect of the caller: channels, functions, infinities.
func encode(v any) (string, error) {
	b, err := json.Marshal(v)
	if err != nil {
		return "", &fault.Error{Kind: fault.Internal, Message: "A value cannot be kept in the state store because it is no JSON.", Err: err}
	}
	return string(b), nil
}

func decode(data string, v any) error {
	if err := json.Unmarshal([]byte(data), v); err != nil {
		return &fault.Error{
			Kind: fault.Internal, Message: "The state store holds a value that cannot be read; restore the store from a backup.", Err: err,
		}
	}
	return nil
}

// text makes a string fit for a column: PostgreSQL takes neither NUL nor what is no UTF-8, and one odd value of one person must
// not keep a whole page from being stored.
func text[S ~string](s S) string {
	return strings.ReplaceAll(strings.ToValidUTF8(string(s), "\uFFFD"), "\x00", "\uFFFD")
}

// numbers is the parameter of {list} for record numbers.
func numbers(seqs []state.Seq) string {
	if len(seqs) == 0 {
		return "[]"
	}
	b, _ := json.Marshal(seqs) // integers
	return string(b)
}

// ids is the parameter of {list} for ids.
func ids[T ~string](list []T) string {
	if len(list) == 0 {
		return "[]"
	}
	clean := make([]string, len(list))
	for i, id := range list {
		clean[i] = text(id)
	}
	b, _ := json.Marshal(clean) // strings
	return string(b)
}

// table is the parameter of {rows}: one array for each row, of strings, integers and nil.
type table [][]any

func (t table) String() string {
	if len(t) == 0 {
		return "[]"
	}
	b, _ := json.Marshal([][]any(t)) // strings, integers and nil
	return string(b)
}

func flag(b bool) int {
	if b {
		return 1
	}
	return 0
}

// micros and instant convert between a time and its column. The zero time survives.
func micros(t time.Time) int64 { return t.UnixMicro() }

func instant(us int64) time.Time { return time.UnixMicro(us).UTC() }

// page bounds a limit.
func page(limit int) int {
	if limit <= 0 || limit > state.PageSize {
		return state.PageSize
	}
	return limit
}
