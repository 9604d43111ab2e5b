package scim

import "errors"

// ErrorDetail is what the application said about a request it refused. Text may contain personal data (RFC 7644 section
// 3.12 lets a server quote values): it belongs into the provisioning log and nowhere else. Its Error text never shows it.
type ErrorDetail struct {
	// Status is the HTTP status.
	Status int
	// SCIMType is the scimType of a SCIM error, Code the code of a platform error; both are checked to be short words.
	SCIMType, Code string
	// Text is the free text of the answer, at most 2 KiB.
	Text string
}

// Error implements error without the free text.
func (d *ErrorDetail) Error() string {
	switch {
	case d.SCIMType != "":
		return "the application answered " + d.SCIMType
	case d.Code != "":
		return "the application answered " + d.Code
	}
	return "the application refused the request"
}

// LogDetail returns the free text for the provisioning log. Packages that do not import this one find it through an interface
// with this method and errors.As.
func (d *ErrorDetail) LogDetail() string { return d.Text }

// DetailOf returns what the application said, nil where it said nothing.
func DetailOf(err error) *ErrorDetail {
	var d *ErrorDetail
	if errors.As(err, &d) {
		return d
	}
	return nil
}
