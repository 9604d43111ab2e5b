package expr

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"strings"
	"unicode/utf16"
)

var encodeFunctions = []Function{
	{
		Name: "ConvertToBase64", Group: GroupNumber, Result: TypeText,
		Params:   []Param{{Name: "source", Type: TypeText, Doc: "The text to convert."}},
		Doc:      "Returns the base64 form of the text in UTF-16 (little-endian), which .NET calls Unicode.",
		Examples: []Example{{``, `ConvertToBase64("Hello world!")`, `"SABlAGwAbABvACAAdwBvAHIAbABkACEA"`}, {``, `ConvertToBase64("A")`, `"QQA="`}},
		eval: func(m *machine, n *callNode, a []Value) (Value, error) {
			raw := make([]byte, 0, 2*len(a[0].text))
			for _, r := range a[0].text {
				if high, low := utf16.EncodeRune(r); r > 0xFFFF {
					raw = binary.LittleEndian.AppendUint16(raw, uint16(high))
					raw = binary.LittleEndian.AppendUint16(raw, uint16(low))
					continue
				}
				raw = binary.LittleEndian.AppendUint16(raw, uint16(r))
			}
			return textValue(base64.StdEncoding.EncodeToString(raw)), nil
		},
	},
	{
		Name: "ConvertToUTF8Hex", Group: GroupNumber, Result: TypeText,
		Params:   []Param{{Name: "source", Type: TypeText, Doc: "The text to convert."}},
		Doc:      "Returns the bytes of the text in UTF-8 as hexadecimal digits in upper case.",
		Examples: []Example{{``, `ConvertToUTF8Hex("Hello world!")`, `"48656C6C6F20776F726C6421"`}, {``, `ConvertToUTF8Hex("é")`, `"C3A9"`}},
		eval: func(m *machine, n *callNode, a []Value) (Value, error) {
			return textValue(strings.ToUpper(hex.EncodeToString([]byte(a[0].text)))), nil
		},
	},
}
