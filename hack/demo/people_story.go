package main

import (
	"context"
	"fmt"
	"net/http"
	"strings"
)

// hire: somebody new is assigned to the application and provisioned at once, with a phone number in the form that Genesys Cloud
// takes.
func (d *demo) hire(ctx context.Context) error {
	say("Zoë Beck is hired and assigned; her phone is entered as 030 1234567. She cannot wait for the next cycle:")
	if err := d.addPerson(ctx, "zoe.beck@contoso.com", map[string]any{
		"displayName": "Zoë Beck", "givenName": "Zoë", "surname": "Beck", "jobTitle": "Agent", "department": "Support",
		"usageLocation": "DE", "businessPhones": []string{"030 1234567"},
	}); err != nil {
		return err
	}
	if err := d.entrain(ctx, recording{name: "provision"}, "provision", config, "zoe.beck@contoso.com", "-n", namespace); err != nil {
		return err
	}
	a, err := d.account(ctx, "zoe.beck@contoso.com")
	if err != nil {
		return err
	}
	if a == nil || a.State != "active" || len(a.PhoneNumbers) == 0 || a.PhoneNumbers[0].Number != "+49301234567" {
		return fmt.Errorf("the new colleague arrived as %+v", a)
	}
	done("arrived as %s, %s, phone %s", a.DisplayName, a.Title, a.PhoneNumbers[0].Number)
	return nil
}

// rename: a new name and a new login stay the same account.
func (d *demo) rename(ctx context.Context) error {
	say("She marries: Zoë Beck becomes Zoë Lindt, with a new login")
	before, err := d.account(ctx, "zoe.beck@contoso.com")
	if err != nil {
		return err
	}
	if err := d.changePerson(ctx, "zoe.beck@contoso.com", map[string]any{
		"userPrincipalName": "zoe.lindt@contoso.com", "mail": "zoe.lindt@contoso.com", "surname": "Lindt", "displayName": "Zoë Lindt",
	}); err != nil {
		return err
	}
	return d.sync(ctx, "zoe.lindt@contoso.com", func(a *account) (string, bool) {
		if a == nil || before == nil {
			return "", false
		}
		return fmt.Sprintf("the same account (%s) is now %s, %s", a.ID[:8], a.DisplayName, a.UserName), a.ID == before.ID && a.DisplayName == "Zoë Lindt"
	})
}

// promote: a new manager is a reference to another account.
func (d *demo) promote(ctx context.Context) error {
	say("She gets a manager")
	var found struct {
		Users []struct {
			UPN string `json:"userPrincipalName"`
		} `json:"users"`
	}
	if err := d.graph(ctx, http.MethodGet, "/users?search=contoso.com", nil, &found); err != nil {
		return err
	}
	var boss *account
	for _, p := range found.Users {
		a, err := d.account(ctx, p.UPN)
		if err != nil {
			return err
		}
		if a != nil && a.State == "active" && p.UPN != "zoe.lindt@contoso.com" {
			boss = a
			break
		}
	}
	if boss == nil {
		return fmt.Errorf("nobody in the target could be her manager")
	}
	if err := d.setManager(ctx, "zoe.lindt@contoso.com", boss.UserName); err != nil {
		return err
	}
	return d.sync(ctx, "zoe.lindt@contoso.com", func(a *account) (string, bool) {
		if a == nil {
			return "", false
		}
		return fmt.Sprintf("reports to %s", boss.DisplayName), a.ManagerID == boss.ID
	})
}

// explain: what is known of one person and why.
func (d *demo) explain(ctx context.Context) error {
	say("Why does she have access?")
	text, err := d.plugin(ctx, recording{name: "explain"}, "explain", config, "zoe.lindt@contoso.com", "-n", namespace)
	if err != nil {
		return err
	}
	if !strings.Contains(text, "Assigned    yes") || !strings.Contains(text, "Next cycle  nothing") {
		return fmt.Errorf("she is explained as something else than assigned and in sync:\n%s", text)
	}
	return nil
}

// leave: a leaver is disabled, not deleted.
func (d *demo) leave(ctx context.Context) error {
	say("She leaves: her account is deleted in Entra (recycle bin)")
	if err := d.graph(ctx, http.MethodDelete, "/users/zoe.lindt@contoso.com", nil, nil); err != nil {
		return err
	}
	err := d.sync(ctx, "zoe.lindt@contoso.com", func(a *account) (string, bool) {
		if a == nil {
			return "", false
		}
		return "the account is kept and is now " + a.State, a.State == "inactive"
	})
	if err != nil {
		return err
	}
	return d.history(ctx)
}

// history: the provisioning log has all of it.
func (d *demo) history(ctx context.Context) error {
	say("What happened to her?")
	var her struct {
		ID string `json:"id"`
	}
	if err := d.graph(ctx, http.MethodGet, "/users/zoe.lindt@contoso.com", nil, &her); err != nil {
		return err
	}
	text, err := d.plugin(ctx, recording{name: "logs"}, "logs", config, "-n", namespace, "--user", her.ID)
	if err != nil {
		return err
	}
	for _, action := range []string{"  create  ", "  update  ", "  disable  "} {
		if !strings.Contains(text, action) {
			return fmt.Errorf("the log has no%sof her:\n%s", action, text)
		}
	}
	return nil
}
