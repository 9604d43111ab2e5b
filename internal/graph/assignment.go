package graph

import (
	"context"
	"encoding/json"
	"io"
	"net/url"
	"strings"

	"github.com/entrain-dev/entrain/internal/directory"
	"github.com/entrain-dev/entrain/internal/fault"
)

// servicePrincipal is the enterprise application, section 4.1.
type servicePrincipal struct {
	ID       string     `json:"id"`
	AppRoles *[]appRole `json:"appRoles"`
}

type appRole struct {
	ID          string  `json:"id"`
	Value       *string `json:"value"`
	DisplayName *string `json:"displayName"`
	IsEnabled   *bool   `json:"isEnabled"`
}

// Assignments reads who is assigned to the application, page by page, with the roles of its service principal. Service
// principals among the assigned are left out; a group stands for itself and not for its members. A principal with several
// roles comes several times.
//
// When it returns nil, page has seen every assignment; when it returns an error, what page has seen proves nothing about
// anybody who was not among it.
func (c *Client) Assignments(ctx context.Context, page func([]directory.Assignment) error) error {
	sp, err := c.application(ctx, false)
	if err != nil {
		return err
	}
	roles := sp.roles()
	list := walk{op: assignedTo.op, at: c.address("/servicePrincipals/"+sp.ID+"/appRoleAssignedTo", topOption, largestPage)}
	for {
		assignments, more, err := c.assignmentPage(ctx, list.at, roles)
		if err != nil {
			return err
		}
		if err := page(assignments); err != nil {
			return err
		}
		if more.next == "" {
			return nil
		}
		if err := c.follow(&list, more.next); err != nil {
			return err
		}
	}
}

func (c *Client) assignmentPage(ctx context.Context, u *url.URL, roles map[string]directory.Role) ([]directory.Assignment, links, error) {
	var (
		out  []directory.Assignment
		more links
	)
	err := c.do(ctx, call{route: assignedTo, url: u, decode: func(body io.Reader) (err error) {
		out = out[:0]
		more, err = decodePage(body, func(e entity) error {
			a, ok, err := assignment(e, roles)
			if ok {
				out = append(out, a)
			}
			return err
		})
		return err
	}})
	return out, more, err
}

// assignment reads one element; ok is false for principals that are neither user nor group.
func assignment(e entity, roles map[string]directory.Role) (a directory.Assignment, ok bool, err error) {
	field := func(name string) string {
		s, e := text(e[name])
		if (e != nil || s == "") && err == nil {
			err = misshaped("an assignment has no %s", name)
		}
		return s
	}
	principal, kind, role := field("principalId"), field("principalType"), strings.ToLower(field("appRoleId"))
	if err != nil {
		return directory.Assignment{}, false, err
	}
	a = directory.Assignment{Principal: directory.SourceID(strings.ToLower(principal)), Kind: directory.Kind(kind)}
	if a.Kind != directory.User && a.Kind != directory.Group {
		return directory.Assignment{}, false, nil
	}
	var known bool
	if a.Role, known = roles[role]; !known {
		// Default access, or a role made after the roles were read: both entitle.
		a.Role = directory.Role{ID: role}
	}
	return a, true, nil
}

// application reads the service principal. Short makes it give up soon.
func (c *Client) application(ctx context.Context, short bool) (servicePrincipal, error) {
	path := "/servicePrincipals/" + c.cfg.ObjectID
	if c.cfg.ObjectID == "" {
		path = "/servicePrincipals(appId='" + c.cfg.AppID + "')"
	}
	var sp servicePrincipal
	err := c.do(ctx, call{route: application, url: c.address(path, selectOption, "id,appRoles"), short: short, decode: func(body io.Reader) error {
		e, err := decodeEntity(body)
		if err != nil {
			return err
		}
		sp = servicePrincipal{}
		id, err := e.identity()
		if err != nil {
			return err
		}
		sp.ID = string(id)
		// A list that is missing is not an empty list: disabled roles could not be told from others.
		if json.Unmarshal(e["appRoles"], &sp.AppRoles) != nil || sp.AppRoles == nil {
			return misshaped("the application has no list of app roles")
		}
		if !isSegment(sp.ID) {
			return misshaped("the id of the application is no GUID")
		}
		return nil
	}})
	if fault.Is(err, fault.NotFound) {
		return sp, withMessage(err, application.op, "the tenant has no enterprise application with the configured id; check application and tenant, and that the application was added to the tenant")
	}
	return sp, err
}

// roles returns the app roles by id.
func (sp servicePrincipal) roles() map[string]directory.Role {
	out := map[string]directory.Role{}
	for _, r := range *sp.AppRoles {
		role := directory.Role{ID: strings.ToLower(r.ID), Disabled: r.IsEnabled != nil && !*r.IsEnabled}
		if r.Value != nil {
			role.Value = *r.Value
		}
		if r.DisplayName != nil {
			role.DisplayName = *r.DisplayName
		}
		out[role.ID] = role
	}
	return out
}
