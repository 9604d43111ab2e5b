package profile_test

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/entrain-dev/entrain/internal/directory"
	"github.com/entrain-dev/entrain/internal/fault"
	"github.com/entrain-dev/entrain/internal/scim/profile"
)

func normalizer(t interface {
	Helper()
	Fatalf(string, ...any)
}, path string) func(value, region string) (string, error) {
	t.Helper()
	p, err := profile.Lookup(profile.GenesysCloud, profile.Options{})
	if err != nil {
		t.Fatalf("%v", err)
	}
	a, ok := p.Capabilities.Schema.Lookup(directory.User, path)
	if !ok || a.Normalize == nil {
		t.Fatalf("%s has no normal form", path)
	}
	return a.Normalize
}

const mobile = `phoneNumbers[type eq "mobile"].value`

func TestPhoneNumbersAreSentAsTheApplicationKeepsThem(t *testing.T) {
	normalize := normalizer(t, mobile)
	for name, tc := range map[string]struct {
		value, region, want string
		refused             string
	}{
		"E.164 stays":      {value: "+13175550100", want: "+13175550100"},
		"punctuation goes": {value: "+49 (0)30 / 123456", want: "+4930123456"},
		"a national number of the person's country":  {value: "030 123456", region: "DE", want: "+4930123456"},
		"the region in lower case":                   {value: "(317) 555-0100", region: "us", want: "+13175550100"},
		"the international prefix of the country":    {value: "0049 30 123456", region: "DE", want: "+4930123456"},
		"an extension makes a tel URI":               {value: "+1 317 555 0100 ext. 1234", want: "tel:+13175550100;ext=1234"},
		"a tel URI stays":                            {value: "tel:+13175550100;ext=1234", want: "tel:+13175550100;ext=1234"},
		"the blank of the reference goes":            {value: "tel:+13175550100; ext=1234", want: "tel:+13175550100;ext=1234"},
		"a tel URI without extension is a number":    {value: "tel:+13175550100", want: "+13175550100"},
		"the region does not matter with a plus":     {value: "+4930123456", region: "US", want: "+4930123456"},
		"digits of another script":                   {value: "٠٣٠١٢٣٤٥٦", region: "DE", want: "+4930123456"},
		"no country code and no usageLocation":       {value: "030 123456", refused: "it has no country code and the person has no usageLocation"},
		"an internal extension is no foreign number": {value: "5678", region: "DE", refused: "it has no country code and is no number of the country in usageLocation"},
		"text":                           {value: "call me", region: "DE", refused: "it cannot be read as a phone number"},
		"too short for its country code": {value: "+1318", refused: "it has too few or too many digits for its country code"},
		"empty":                          {value: " ", region: "DE", refused: "it is empty"},
		"an unknown region":              {value: "030 123456", region: "XX", refused: "it cannot be read as a phone number"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := normalize(tc.value, tc.region)
			if got != tc.want {
				t.Errorf("got %q, want %q", got, tc.want)
			}
			if tc.refused == "" {
				if err != nil {
					t.Errorf("refused: %v", err)
				}
				return
			}
			if !fault.Is(err, fault.Invalid) || !strings.Contains(fault.MessageOf(err), tc.refused) {
				t.Errorf("err = %v, want kind Invalid and %q", err, tc.refused)
			}
			if v := strings.TrimSpace(tc.value); v != "" && strings.Contains(err.Error(), v) {
				t.Errorf("the message shows the number: %v", err)
			}
		})
	}
}

// A number that is read back must not differ from the one that was sent, or the person is patched in every cycle.
func TestNormalisingTwiceChangesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		normalize := normalizer(t, mobile)
		value := rapid.OneOf(
			rapid.StringMatching(`\+[1-9][0-9 ()/.-]{4,16}( ?(ext\.?|x|;ext=) ?[0-9]{1,6})?`),
			rapid.StringMatching(`0[0-9 /-]{4,14}`),
			rapid.String(),
		).Draw(t, "value")
		region := rapid.SampledFrom([]string{"", "DE", "US", "GB", "FR", "JP", "XX"}).Draw(t, "region")
		once, err := normalize(value, region)
		if err != nil {
			return
		}
		if !strings.HasPrefix(once, "+") && !strings.HasPrefix(once, "tel:+") {
			t.Fatalf("%q became %q", value, once)
		}
		twice, err := normalize(once, "")
		if err != nil || twice != once {
			t.Fatalf("%q became %q and then %q, %v", value, once, twice, err)
		}
	})
}

func TestDatesOfHireAreCalendarDates(t *testing.T) {
	normalize := normalizer(t, profile.EnterpriseUser+":dateHire")
	for name, tc := range map[string]struct{ value, want string }{
		"with time":             {"2024-03-01T08:00:00Z", "2024-03-01"},
		"with offset":           {"2024-03-01T08:00:00+02:00", "2024-03-01"},
		"a date stays":          {"2024-03-01", "2024-03-01"},
		"as expressions say it": {"3/1/2024 8:00:00 AM", "2024-03-01"},
		"no date":               {"next week", ""},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := normalize(tc.value, "")
			if got != tc.want || (err != nil) != (tc.want == "") {
				t.Errorf("got %q, %v; want %q", got, err, tc.want)
			}
		})
	}
}
