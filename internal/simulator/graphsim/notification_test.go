package graphsim_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/entrain-dev/entrain/internal/simulator/graphsim"
)

func TestNotifications(t *testing.T) {
	for name, tc := range map[string]struct {
		resource string // %s is the group
		more     map[string]any
		change   func(c company)
		want     func(c company) []string
	}{
		"somebody is hired": {change: func(c company) { c.user("zoe") }, want: func(c company) []string { return []string{"updated Users/" + c.find("zoe")} }},
		"somebody changes twice": {change: func(c company) {
			check(c.t, c.tenant.UpdateUser(c.ann, map[string]any{"department": "A"}))
			check(c.t, c.tenant.UpdateUser(c.ann, map[string]any{"department": "B"}))
		}, want: func(c company) []string { return []string{"updated Users/" + c.ann} }},
		"somebody is put into the recycle bin": {
			change: func(c company) { check(c.t, c.tenant.SoftDelete(c.bob)) }, want: func(c company) []string { return []string{"updated Users/" + c.bob} },
		},
		"somebody is purged": {
			change: func(c company) { check(c.t, c.tenant.SoftDelete(c.bob)); check(c.t, c.tenant.Purge(c.bob)) },
			want:   func(c company) []string { return []string{"deleted Users/" + c.bob} },
		},
		"updates only": {
			more:   map[string]any{"changeType": "updated"},
			change: func(c company) { check(c.t, c.tenant.SoftDelete(c.bob)); check(c.t, c.tenant.Purge(c.bob)) },
			want:   func(company) []string { return []string{} },
		},
		"another person": {
			resource: "users/ANN", change: func(c company) { check(c.t, c.tenant.UpdateUser(c.bob, map[string]any{"department": "A"})) },
			want: func(company) []string { return []string{} },
		},
		"members come and go": {
			resource: "groups",
			change: func(c company) {
				zoe := c.user("zoe")
				check(c.t, c.tenant.AddMembers(c.group, zoe))
				check(c.t, c.tenant.RemoveMembers(c.group, c.bob))
			},
			want: func(c company) []string {
				return []string{"updated Groups/" + c.group + " +" + c.find("zoe") + " -" + c.bob}
			},
		},
		"members only": {
			resource: "groups/GROUP/members",
			change:   func(c company) { check(c.t, c.tenant.UpdateGroup(c.group, map[string]any{"description": "x"})) },
			want:     func(company) []string { return []string{} },
		},
	} {
		t.Run(name, func(t *testing.T) {
			c := newCompany(t, graphsim.Knobs{})
			to := newSubscriber(t)
			if tc.resource == "" {
				tc.resource = "users"
			}
			c.subscribe(strings.NewReplacer("ANN", c.ann, "GROUP", c.group).Replace(tc.resource), to, tc.more)
			tc.change(c)
			want := tc.want(c)
			c.deliver(graphsim.Delivery{Delivered: len(want)})
			if diff := cmp.Diff(want, to.take()); diff != "" {
				t.Errorf("notifications (-want +got):\n%s", diff)
			}
			c.deliver(graphsim.Delivery{})
		})
	}
}

func TestANotificationSaysWhatItIsAbout(t *testing.T) {
	c := newCompany(t, graphsim.Knobs{})
	to := newSubscriber(t)
	id := c.subscribe("users", to, nil)
	check(t, c.tenant.UpdateUser(c.ann, map[string]any{"department": "A"}))
	c.deliver(graphsim.Delivery{Delivered: 1})
	n := to.received[0]
	data, _ := n["resourceData"].(map[string]any)
	if _, numbered := data["sequenceNumber"].(float64); !numbered {
		t.Errorf("resourceData is %v", data)
	}
	delete(data, "sequenceNumber")
	tenantID := "0785ef7c-2d7a-4542-b048-95bcab406e0b"
	want := map[string]any{
		"subscriptionId": id, "changeType": "updated", "clientState": "between us", "subscriptionExpirationDateTime": "2026-01-06T08:00:00+00:00",
		"resource": "Users/" + c.ann, "tenantId": tenantID, "resourceData": map[string]any{
			"@odata.type": "#Microsoft.Graph.User", "@odata.id": "Users/" + c.ann, "id": c.ann, "organizationId": tenantID,
		},
	}
	if diff := cmp.Diff(want, n); diff != "" {
		t.Errorf("notification (-want +got):\n%s", diff)
	}
}

func TestNotificationsThatNobodyTakesComeAgainForFourHours(t *testing.T) {
	c := newCompany(t, graphsim.Knobs{})
	to := newSubscriber(t)
	c.subscribe("users", to, nil)
	check(t, c.tenant.UpdateUser(c.ann, map[string]any{"department": "A"}))
	to.answer(http.StatusServiceUnavailable)
	c.deliver(graphsim.Delivery{Failed: 1})
	c.clock.Advance(3 * time.Hour)
	to.answer(http.StatusAccepted)
	c.deliver(graphsim.Delivery{Delivered: 1})
	if diff := cmp.Diff([]string{"updated Users/" + c.ann}, to.take()); diff != "" {
		t.Errorf("after three hours (-want +got):\n%s", diff)
	}
	check(t, c.tenant.UpdateUser(c.ann, map[string]any{"department": "B"}))
	to.answer(http.StatusServiceUnavailable)
	c.deliver(graphsim.Delivery{Failed: 1})
	c.clock.Advance(4 * time.Hour)
	c.deliver(graphsim.Delivery{Dropped: 1})
	to.answer(http.StatusAccepted)
	c.deliver(graphsim.Delivery{})
}

func TestSubscribersAreAskedToReauthorize(t *testing.T) {
	c := newCompany(t, graphsim.Knobs{})
	to, silent := newSubscriber(t), newSubscriber(t)
	c.subscribe("users", to, map[string]any{"lifecycleNotificationUrl": to.URL + "/lifecycle"})
	c.subscribe("groups", silent, nil)
	got, err := c.RequireReauthorization(t.Context())
	check(t, err)
	if diff := cmp.Diff(graphsim.Delivery{Delivered: 1}, got); diff != "" {
		t.Errorf("delivery (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"reauthorizationRequired"}, to.take()); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
}

func TestAdminDeliversNotifications(t *testing.T) {
	c := newCompany(t, graphsim.Knobs{})
	to := newSubscriber(t)
	c.subscribe("users", to, nil)
	check(t, c.tenant.UpdateUser(c.ann, map[string]any{"department": "A"}))
	a, err := c.do(http.MethodPost, "/admin/notifications", "")
	check(t, err)
	if a.status != 201 || a.json["delivered"] != 1.0 {
		t.Errorf("got %d %s", a.status, a.text)
	}
}

// What nobody takes is given up after four hours; what changes later has four hours of its own.
func TestChangesAfterAGivenUpNotificationHaveTheirOwnTime(t *testing.T) {
	c := newCompany(t, graphsim.Knobs{})
	to := newSubscriber(t)
	c.subscribe("users", to, nil)
	to.answer(http.StatusServiceUnavailable)
	check(t, c.tenant.UpdateUser(c.ann, map[string]any{"department": "A"}))
	c.deliver(graphsim.Delivery{Failed: 1})
	c.clock.Advance(4 * time.Hour)
	c.deliver(graphsim.Delivery{Dropped: 1})
	check(t, c.tenant.UpdateUser(c.bob, map[string]any{"department": "A"}))
	c.deliver(graphsim.Delivery{Failed: 1})
	c.clock.Advance(time.Hour)
	to.answer(http.StatusAccepted)
	c.deliver(graphsim.Delivery{Delivered: 1})
}
