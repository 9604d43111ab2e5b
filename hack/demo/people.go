package main

import (
	"context"
	"net/http"
	"net/url"
)

// addPerson hires somebody and assigns the application to them.
func (d *demo) addPerson(ctx context.Context, login string, properties map[string]any) error {
	body := map[string]any{"userPrincipalName": login, "mail": login, "accountEnabled": true, "role": ""}
	for name, v := range properties {
		body[name] = v
	}
	return d.graph(ctx, http.MethodPost, "/users", body, nil)
}

// changePerson changes properties of somebody.
func (d *demo) changePerson(ctx context.Context, login string, properties map[string]any) error {
	return d.graph(ctx, http.MethodPatch, "/users/"+url.PathEscape(login), properties, nil)
}

func (d *demo) setManager(ctx context.Context, login, manager string) error {
	return d.graph(ctx, http.MethodPost, "/users/"+url.PathEscape(login)+"/manager", map[string]string{"manager": manager}, nil)
}
