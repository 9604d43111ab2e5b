package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"
)

const (
	namespace = "demo"
	config    = "genesys-cloud"
	patience  = 90 * time.Second
)

// tell applies the resources and tells what happens to people, one step after the other. Each step ends with a look at
// Genesys Cloud itself, not at what the operator says about it.
func (d *demo) tell(ctx context.Context) error {
	for _, step := range []func(context.Context) error{
		d.apply, d.arrive, d.hire, d.rename, d.promote, d.leave, d.reorganise,
	} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

// apply applies config/demo: two Secrets, two AttributeMappings and a ProvisioningConfig.
func (d *demo) apply(ctx context.Context) error {
	say("kubectl apply: two Secrets, two AttributeMappings and a ProvisioningConfig (config/demo)")
	text, err := d.kubectl(ctx, "kustomize", "config/demo")
	if err != nil {
		return err
	}
	// The files name the default ports of the simulators; here they got free ones.
	text = strings.NewReplacer("http://127.0.0.1:8400", d.sim.GraphURL, "http://127.0.0.1:8500", d.sim.GenesysURL).Replace(text)
	file := filepath.Join(d.dir, "resources.yaml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		return err
	}
	out, err := d.kubectl(ctx, "apply", "-f", file)
	if err != nil {
		return err
	}
	for line := range strings.Lines(out) {
		tellMore("%s", strings.TrimSpace(line))
	}
	return nil
}

// arrive watches the initial cycle.
func (d *demo) arrive(ctx context.Context) error {
	say("The initial cycle: kubectl get provisioningconfigs -n %s", namespace)
	last := ""
	err := until(ctx, 3*time.Minute, "the initial cycle", func() (bool, error) {
		if err := d.alive(); err != nil {
			return false, err
		}
		rows, err := d.kubectl(ctx, "get", "provisioningconfigs", "-n", namespace)
		if err != nil {
			return false, err
		}
		t := parseTable(rows)
		if shown := t.key(); shown != last {
			t.print(last == "")
			last = shown
		}
		status, err := d.condition(ctx, "Synchronized")
		return status == "True" || status == "False", err
	})
	if err == nil {
		err = d.show(ctx)
	}
	if err != nil {
		return err
	}
	var people []account
	if err := admin(ctx, http.MethodGet, d.sim.GenesysURL+"/admin/users", nil, &people); err != nil {
		return err
	}
	active, managed := 0, 0
	for _, p := range people {
		if p.State == "active" {
			active++
		}
		if p.ManagerID != "" {
			managed++
		}
	}
	if active < d.people/2 || managed < active/2 {
		return fmt.Errorf("the target has only %d active people, %d of them with a manager", active, managed)
	}
	done("%d people are active in Genesys Cloud, %d of them with their manager", active, managed)
	problems, err := d.kubectl(ctx, "get", "provisioningconfig", config, "-n", namespace, "-o",
		`jsonpath={range .status.recentErrors[*]}{.objectType} {.sourceID}: {.message}{"\n"}{end}`)
	if err != nil {
		return err
	}
	for line := range strings.Lines(problems) {
		tellMore("failed: %s", strings.TrimSpace(line))
	}
	return nil
}

// hire: somebody new is assigned to the application and arrives, with a phone number in the form that Genesys Cloud takes.
func (d *demo) hire(ctx context.Context) error {
	say("Zoë Beck is hired and assigned; her phone is entered as 030 1234567")
	if err := d.addPerson(ctx, "zoe.beck@contoso.com", map[string]any{
		"displayName": "Zoë Beck", "givenName": "Zoë", "surname": "Beck", "jobTitle": "Agent", "department": "Support",
		"usageLocation": "DE", "businessPhones": []string{"030 1234567"},
	}); err != nil {
		return err
	}
	return d.sync(ctx, "zoe.beck@contoso.com", func(a *account) (string, bool) {
		if a == nil || a.State != "active" || len(a.PhoneNumbers) == 0 {
			return "", false
		}
		return fmt.Sprintf("arrived as %s, %s, phone %s", a.DisplayName, a.Title, a.PhoneNumbers[0].Number), a.PhoneNumbers[0].Number == "+49301234567"
	})
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

// leave: a leaver is disabled, not deleted.
func (d *demo) leave(ctx context.Context) error {
	say("She leaves: her account is deleted in Entra (recycle bin)")
	if err := d.graph(ctx, http.MethodDelete, "/users/zoe.lindt@contoso.com", nil, nil); err != nil {
		return err
	}
	return d.sync(ctx, "zoe.lindt@contoso.com", func(a *account) (string, bool) {
		if a == nil {
			return "", false
		}
		return "the account is kept and is now " + a.State, a.State == "inactive"
	})
}

// reorganise: somebody removes a whole group from the application; the deletion guard holds what would follow.
func (d *demo) reorganise(ctx context.Context) error {
	say("Somebody unassigns a whole group from the application by mistake")
	largest, err := d.largestAssigned(ctx)
	if err != nil {
		return err
	}
	before, err := d.activePeople(ctx)
	if err != nil {
		return err
	}
	if err := d.graph(ctx, http.MethodDelete, "/assignments", map[string]string{"principal": largest.Name}, nil); err != nil {
		return err
	}
	if err := d.request(ctx); err != nil {
		return err
	}
	if err := d.waitFor(ctx, "DeletionsHeld", "True"); err != nil {
		return err
	}
	message, err := d.kubectl(ctx, "get", "provisioningconfig", config, "-n", namespace, "-o",
		`jsonpath={.status.conditions[?(@.type=="DeletionsHeld")].message}`)
	if err != nil {
		return err
	}
	if err := d.show(ctx); err != nil {
		return err
	}
	tellMore("%s", message)
	after, err := d.activePeople(ctx)
	if err != nil {
		return err
	}
	if after != before {
		return fmt.Errorf("%d people were active before and %d are now", before, after)
	}
	done("the group %q has %d members; nobody lost access", largest.Name, largest.Members)
	return d.undo(ctx, largest)
}

// undo assigns the group again; the hold is lifted by itself.
func (d *demo) undo(ctx context.Context, largest assignedGroup) error {
	say("The mistake is undone: the group is assigned again")
	if err := d.graph(ctx, http.MethodPost, "/assignments", map[string]string{"principal": largest.Name, "role": largest.Role}, nil); err != nil {
		return err
	}
	if err := d.request(ctx); err != nil {
		return err
	}
	if err := d.waitFor(ctx, "DeletionsHeld", "False"); err != nil {
		return err
	}
	if err := d.show(ctx); err != nil {
		return err
	}
	done("the hold is lifted")
	return nil
}

// assignedGroup is a group with the role it is assigned with.
type assignedGroup struct {
	ID      string `json:"id"`
	Name    string `json:"displayName"`
	Members int    `json:"memberCount"`
	Role    string
}

// largestAssigned returns the assigned group with the most members.
func (d *demo) largestAssigned(ctx context.Context) (assignedGroup, error) {
	var largest assignedGroup
	var known struct {
		Groups []assignedGroup `json:"groups"`
	}
	if err := d.graph(ctx, http.MethodGet, "/groups", nil, &known); err != nil {
		return largest, err
	}
	var assigned struct {
		Assignments []struct {
			Principal string `json:"principalId"`
			Role      string `json:"appRoleId"`
		} `json:"assignments"`
	}
	if err := d.graph(ctx, http.MethodGet, "/assignments", nil, &assigned); err != nil {
		return largest, err
	}
	for _, g := range known.Groups {
		for _, a := range assigned.Assignments {
			if a.Principal == g.ID && g.Members > largest.Members {
				largest = g
				largest.Role = a.Role
			}
		}
	}
	return largest, nil
}

// activePeople counts who is active in Genesys Cloud.
func (d *demo) activePeople(ctx context.Context) (int, error) {
	var people []account
	if err := admin(ctx, http.MethodGet, d.sim.GenesysURL+"/admin/users", nil, &people); err != nil {
		return 0, err
	}
	n := 0
	for _, p := range people {
		if p.State == "active" {
			n++
		}
	}
	return n, nil
}

// show prints what kubectl get shows.
func (d *demo) show(ctx context.Context) error {
	rows, err := d.kubectl(ctx, "get", "provisioningconfigs", "-n", namespace)
	if err != nil {
		return err
	}
	parseTable(rows).print(true)
	return nil
}

// request asks for a cycle.
func (d *demo) request(ctx context.Context) error {
	return d.annotate(ctx, "sync", fmt.Sprint(time.Now().UnixNano()))
}

// waitFor waits until a condition has a status.
func (d *demo) waitFor(ctx context.Context, typ, status string) error {
	return until(ctx, patience, typ+" to be "+status, func() (bool, error) {
		if err := d.alive(); err != nil {
			return false, err
		}
		got, err := d.condition(ctx, typ)
		return got == status, err
	})
}

// sync asks for a cycle and waits until the target has what is expected of a person.
func (d *demo) sync(ctx context.Context, userName string, ok func(*account) (string, bool)) error {
	if err := d.request(ctx); err != nil {
		return err
	}
	seen := ""
	err := until(ctx, patience, "Genesys Cloud to follow", func() (bool, error) {
		if err := d.alive(); err != nil {
			return false, err
		}
		a, err := d.account(ctx, userName)
		if err != nil {
			return false, err
		}
		text, good := ok(a)
		seen = text
		return good, nil
	})
	if err != nil {
		return fmt.Errorf("%w (last seen: %s)", err, seen)
	}
	done("%s", seen)
	return nil
}

func (d *demo) annotate(ctx context.Context, request, value string) error {
	_, err := d.kubectl(ctx, "annotate", "provisioningconfig", config, "-n", namespace, "--overwrite", "provisioning.entrain.dev/"+request+"="+value)
	return err
}

// condition returns the status of a condition, "" while it is absent.
func (d *demo) condition(ctx context.Context, typ string) (string, error) {
	out, err := d.kubectl(ctx, "get", "provisioningconfig", config, "-n", namespace, "-o",
		`jsonpath={.status.conditions[?(@.type=="`+typ+`")].status}`)
	return strings.TrimSpace(out), err
}

// alive fails when a program ended by itself.
func (d *demo) alive() error {
	for _, c := range d.children {
		if err := c.ended(); err != nil {
			return err
		}
	}
	return nil
}
