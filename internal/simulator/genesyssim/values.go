package genesyssim

import (
	"regexp"
	"strings"
	"time"
)

// phoneTypes are the types of phoneNumbers (8.3); phoneTypes[ucFrom:] are identifiers of other systems, not checked.
var phoneTypes = []string{"work", "work2", "work3", "work4", "home", "mobile", "other",
	"microsoftteams", "zoomphone", "eightbyeight", "ringcentral"}

const ucFrom = 7

var (
	e164         = regexp.MustCompile(`^\+[1-9][0-9]{1,14}$`)
	extension    = regexp.MustCompile(`^[0-9]{1,15}$`)
	visual       = strings.NewReplacer("-", "", ".", "", "(", "", ")", "")
	visualBlanks = strings.NewReplacer("-", "", ".", "", "(", "", ")", "", " ", "", "/", "")
)

// parsePhone checks a number: E.164, or an RFC 3966 tel URI with or without an extension (8.3, switch 16).
func parsePhone(kind, text string, normalise bool) (Phone, *problem) {
	phone := Phone{Type: kind}
	for _, uc := range phoneTypes[ucFrom:] {
		if kind == uc {
			if text == "" {
				return phone, refuse(invalidValue, "phoneNumbers of type %q must not be empty", kind)
			}
			phone.Number = text
			return phone, nil
		}
	}
	bad := refuse(invalidValue, "phoneNumbers of type %q must be E.164 or a tel URI", kind)
	number := text
	if rest, ok := strings.CutPrefix(text, "tel:"); ok {
		var params string
		number, params, _ = strings.Cut(rest, ";")
		number = visual.Replace(number)
		// The documentation prints a blank after the semicolon.
		if ext, ok := strings.CutPrefix(strings.TrimSpace(params), "ext="); ok {
			phone.Extension = ext
		} else if params != "" {
			return phone, bad
		}
		if phone.Extension != "" && !extension.MatchString(phone.Extension) || number == "" && phone.Extension == "" {
			return phone, bad
		}
		if number == "" {
			return phone, nil
		}
	} else if normalise {
		if number = visualBlanks.Replace(number); number != "" {
			phone.Number = number
			return phone, nil
		}
	}
	if !e164.MatchString(number) {
		return phone, bad
	}
	phone.Number = number
	return phone, nil
}

// String is the wire form: E.164, or a tel URI where there is an extension.
func (p Phone) String() string {
	if p.Extension == "" {
		return p.Number
	}
	return "tel:" + p.Number + ";ext=" + p.Extension
}

// dateLayouts are the ISO 8601 forms that dateHire takes (8.5, switch 30).
var dateLayouts = []string{time.DateOnly, time.RFC3339Nano, "2006-01-02T15:04:05.999999999", "2006-01-02T15:04", "2006-01-02T15:04Z07:00",
	"2006-01-02T15:04:05Z0700", "20060102", "20060102T150405", "20060102T150405Z0700", "2006-002"}

// parseDate returns the date of an ISO 8601 text as YYYY-MM-DD, as written there, without moving it to another zone.
func parseDate(text string) (string, *problem) {
	for _, layout := range dateLayouts {
		if t, err := time.Parse(layout, text); err == nil {
			return t.Format(time.DateOnly), nil
		}
	}
	return "", refuse(invalidValue, "dateHire must be an ISO 8601 date")
}
