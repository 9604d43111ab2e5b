package main

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
)

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
	message, err := d.field(ctx, `{.status.conditions[?(@.type=="DeletionsHeld")].message}`)
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
	if err := d.undo(ctx, largest); err != nil {
		return err
	}
	return d.release(ctx, largest)
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

// release: this time it is meant, and an administrator releases exactly what is held.
func (d *demo) release(ctx context.Context, largest assignedGroup) error {
	say("Now it is meant: the group is unassigned, and the held removals are released")
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
	held, err := d.field(ctx, "{.status.heldDeletions.users}")
	if err != nil {
		return err
	}
	if err := d.entrain(ctx, recording{name: "allow-deletes", lines: 5, last: 3}, "allow-deletes", config, "-n", namespace, "--yes", "--wait"); err != nil {
		return err
	}
	after, err := d.activePeople(ctx)
	if err != nil {
		return err
	}
	if strconv.Itoa(before-after) != held {
		return fmt.Errorf("%s removals were released, but %d people were active before and %d are now", held, before, after)
	}
	done("%d people are inactive now; their accounts are kept", before-after)
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
