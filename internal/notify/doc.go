// Package notify tells administrators by mail that a configuration is in quarantine or that removals are held (reference part 2
// section 13). Message is the text, which holds no personal data; Send brings it to a mail server through SMTP.
//
// It does not know when to tell and whether somebody was told before: that is decided and remembered by the controller of
// notifications. It keeps no connection and no queue; trying again is the caller's business.
//
// Start with Event and Send.
package notify
