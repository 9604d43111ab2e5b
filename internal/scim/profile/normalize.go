package profile

import (
	"strings"
	"time"

	"github.com/nyaruka/phonenumbers"

	"github.com/entrain-dev/entrain/internal/fault"
)

// phoneNumber returns a number in E.164 form, or as tel: URI when it has an extension (genesys-scim.md 8.3). It is
// idempotent, so that a number read from the application compares equal to the one that was sent.
//
// A number without a country code is read with the person's usageLocation and must then be a valid number of that country:
// an internal extension such as 1234 would otherwise become a foreign number.
func phoneNumber(value, region string) (string, error) {
	text := strings.TrimSpace(value)
	if text == "" {
		return "", refused("it is empty")
	}
	if len(text) > 4 && strings.EqualFold(text[:4], "tel:") {
		// The reference prints a blank after the semicolon of ;ext=.
		text = strings.ReplaceAll(text, "; ", ";")
	}
	region = strings.ToUpper(strings.TrimSpace(region))
	international := strings.HasPrefix(strings.TrimPrefix(strings.ToLower(text), "tel:"), "+")
	if region == "" && !international {
		return "", refused("it has no country code and the person has no usageLocation")
	}
	number, err := phonenumbers.Parse(text, region)
	switch {
	case err != nil:
		return "", refused("it cannot be read as a phone number")
	case international && !phonenumbers.IsPossibleNumber(number):
		return "", refused("it has too few or too many digits for its country code")
	case !international && !phonenumbers.IsValidNumber(number):
		return "", refused("it has no country code and is no number of the country in usageLocation")
	}
	e164 := phonenumbers.Format(number, phonenumbers.E164)
	if ext := number.GetExtension(); ext != "" {
		return "tel:" + e164 + ";ext=" + ext, nil
	}
	return e164, nil
}

// refused says why a phone number is left out, without the number.
func refused(why string) error {
	return fault.New(fault.Invalid, "normalise phone number", "the phone number is left out because %s; "+
		"the application takes numbers like +13175550100, with an extension tel:+13175550100;ext=1234", why)
}

// dateLayouts are the forms of a date in the source; the last is how expressions render one.
var dateLayouts = []string{time.RFC3339Nano, "2006-01-02T15:04:05", "2006-01-02", "1/2/2006 3:04:05 PM"}

// dateOnly returns the calendar date of an ISO 8601 value; Genesys returns dateHire in that form (genesys-scim.md 8.5).
func dateOnly(value, _ string) (string, error) {
	text := strings.TrimSpace(value)
	for _, layout := range dateLayouts {
		if t, err := time.Parse(layout, text); err == nil {
			return t.Format("2006-01-02"), nil
		}
	}
	return "", fault.New(fault.Invalid, "normalise date", "the date is left out because it is no ISO 8601 date; the application takes dates like 2026-01-31")
}
