package genesyssim

import (
	"net/http"
	"sync"
	"time"

	"github.com/jonboulle/clockwork"
)

// directory is the organisation: who exists, what must be unique, and what names are known. It knows nothing of HTTP.
// Methods whose names end in Locked need mu to be held.
type directory struct {
	clock clockwork.Clock
	ids   *idSource
	knobs func() *Knobs

	mu sync.RWMutex
	// users holds everybody, also the deleted. A stored user is immutable: writes replace it.
	users         map[string]*User
	byUserName    map[string]string // folded; not the deleted
	deletedByName map[string]string // folded; the last one deleted
	byExternalID  map[string]string
	byPair        map[ExternalID]string
	states        map[State]int

	groups           map[string]*group
	official         orderedSet
	groupsByName     postings // folded; official groups
	groupsByExternal map[string]string
	memberOf         postings // id of a member to ids of groups

	divisions, roles, skills, languages *catalogue

	search  *searchIndex
	pending []indexUpdate
}

func newDirectory(clock clockwork.Clock, ids *idSource, knobs func() *Knobs) *directory {
	return &directory{
		clock: clock, ids: ids, knobs: knobs,
		users: map[string]*User{}, byUserName: map[string]string{}, deletedByName: map[string]string{},
		byExternalID: map[string]string{}, byPair: map[ExternalID]string{}, states: map[State]int{},
		groups: map[string]*group{}, groupsByName: postings{}, groupsByExternal: map[string]string{}, memberOf: postings{},
		divisions: newCatalogue(), roles: newCatalogue(), skills: newCatalogue(), languages: newCatalogue(),
		search: newSearchIndex(),
	}
}

// newID returns the id of a new object; with Knobs.OddIDs one that breaks careless clients.
func (d *directory) newID() string {
	id := d.ids.UUID()
	if d.knobs().OddIDs {
		return id[:8] + "/a b%41@ü+" + id[24:]
	}
	return id
}

// liveLocked returns a user that is not deleted.
func (d *directory) liveLocked(id string) *User {
	if u := d.users[id]; u != nil && u.State != Deleted {
		return u
	}
	return nil
}

// uniqueLocked checks what must be unique in the organisation: the address among users that are not deleted (9.1),
// externalId and every pair of externalIds (8.6).
func (d *directory) uniqueLocked(u *User) *problem {
	if owner, taken := d.byUserName[fold(u.UserName)]; taken && owner != u.ID {
		return conflict("A user with userName %q already exists", u.UserName)
	}
	if owner, taken := d.byExternalID[u.ExternalID]; taken && u.ExternalID != "" && owner != u.ID {
		return conflict("externalId %q belongs to another user", u.ExternalID)
	}
	for _, e := range u.ExternalIDs {
		if owner, taken := d.byPair[e]; taken && owner != u.ID {
			return conflict("externalIds value %q of authority %q belongs to another user", e.Value, e.Authority)
		}
	}
	return nil
}

// commitLocked makes u the current version of its user. It returns the stored user, which is the old one when nothing
// changed: only an effective change raises the version (switch 7).
func (d *directory) commitLocked(u *User) *User {
	old := d.users[u.ID]
	if old != nil {
		if old.sameAs(u) {
			return old
		}
		d.forgetLocked(old)
		u.Version = old.Version + d.step()
	} else if u.Version == 0 {
		u.Version = 1
	}
	u.Modified = d.clock.Now().UTC().Truncate(time.Millisecond)
	u.Groups = nil
	d.users[u.ID] = u
	d.states[u.State]++
	d.rememberLocked(u)
	d.indexLocked(u)
	return u
}

// rememberLocked puts the unique values of a user into the maps; those of a deleted user are free.
func (d *directory) rememberLocked(u *User) {
	if u.State == Deleted {
		d.deletedByName[fold(u.UserName)] = u.ID
		return
	}
	d.byUserName[fold(u.UserName)] = u.ID
	if u.ExternalID != "" {
		d.byExternalID[u.ExternalID] = u.ID
	}
	for _, e := range u.ExternalIDs {
		d.byPair[e] = u.ID
	}
}

// forgetLocked takes the unique values of a user's old version out of the maps.
func (d *directory) forgetLocked(old *User) {
	d.states[old.State]--
	forget(d.deletedByName, fold(old.UserName), old.ID)
	forget(d.byUserName, fold(old.UserName), old.ID)
	forget(d.byExternalID, old.ExternalID, old.ID)
	for _, e := range old.ExternalIDs {
		forget(d.byPair, e, old.ID)
	}
}

// forget removes a key that belongs to id.
func forget[K comparable](owners map[K]string, key K, id string) {
	if owners[key] == id {
		delete(owners, key)
	}
}

func (d *directory) step() int { return max(1, d.knobs().VersionStep) }

// deleteLocked is the soft delete of 9.5: the address becomes free, roles, memberships and external ids are lost.
func (d *directory) deleteLocked(u *User) {
	gone := u.clone()
	gone.State = Deleted
	gone.Roles, gone.ExternalIDs, gone.ExternalID = nil, nil, ""
	d.commitLocked(gone)
	for _, id := range d.memberOf[u.ID].All() {
		g := d.groups[id]
		if g.members.Remove(u.ID) {
			d.touchLocked(g)
		}
		g.ruleMembers.Remove(u.ID)
	}
	delete(d.memberOf, u.ID)
}

// matchVersion checks If-Match (section 5); "" means the header is absent and the last writer wins.
func matchVersion(k *Knobs, ifMatch string, version int) *problem {
	if ifMatch == "" || etagMatches(ifMatch, version) {
		return nil
	}
	const text = "The resource version does not match the If-Match header"
	if k.StaleStatus == http.StatusBadRequest || k.StaleStatus == 0 {
		return refuse(invalidVers, text)
	}
	return &problem{status: k.StaleStatus, scim: true, code: "request.conflict", detail: text}
}

// catalogue is a list of names that exist: divisions, roles, skills, languages.
type catalogue struct {
	exact  map[string]bool
	folded map[string]string
}

func newCatalogue() *catalogue {
	return &catalogue{exact: map[string]bool{}, folded: map[string]string{}}
}

func (c *catalogue) add(name string) {
	c.exact[name] = true
	if _, taken := c.folded[fold(name)]; !taken {
		c.folded[fold(name)] = name
	}
}

// resolve finds a name, exactly first and then without regard to case (8.4).
func (c *catalogue) resolve(name string) (string, bool) {
	if c.exact[name] {
		return name, true
	}
	name, ok := c.folded[fold(name)]
	return name, ok
}
