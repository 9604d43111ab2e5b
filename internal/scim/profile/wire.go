package profile

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/entrain-dev/entrain/internal/directory"
	"github.com/entrain-dev/entrain/internal/fault"
)

const patchSchema = "urn:ietf:params:scim:api:messages:2.0:PatchOp"

// Wire turns resources and operations into the bytes an application wants. The zero value is the form of RFC 7644; each
// field is one deviation, all of them of the Entra service (reference part 2 sections 7.3 to 7.5).
type Wire struct {
	// CreateSchemas are listed in schemas on create; without an entry it is the core schema and every extension that is used.
	CreateSchemas map[directory.Kind][]string
	// ResourceType sends meta.resourceType on create.
	ResourceType bool
	// PrimaryWorkMail marks the e-mail of type work as primary on create.
	PrimaryWorkMail bool
	// EmptyRoles sends "roles": [] on create of a user without roles.
	EmptyRoles bool
	// ReferenceAsText sends the manager as "id" instead of {"value": "id"}.
	ReferenceAsText bool
	// CapitalOps sends Add, Replace, Remove instead of add, replace, remove.
	CapitalOps bool
	// TextBooleans sends "True" and "False" in a PATCH instead of true and false.
	TextBooleans bool
	// PathlessReplace gathers replacements of simple values into one operation without a path, if there are at least two.
	PathlessReplace bool
	// RemoveByValue removes members by path members and a list of values instead of members[value eq "id"]. A server that
	// keeps to the RFC takes that as the removal of all members.
	RemoveByValue bool
	// RolesAsJSONText sends roles that are added by a PATCH as JSON in a string (reference 4.9).
	RolesAsJSONText bool
}

// Create returns the body of a POST.
func (w Wire) Create(kind directory.Kind, doc directory.Document) ([]byte, error) {
	body := make(map[string]any, len(doc)+2)
	for name, v := range doc {
		body[name] = w.encode(v, name)
	}
	if w.ResourceType {
		body["meta"] = map[string]any{"resourceType": string(kind)}
	}
	if kind == directory.User {
		if _, ok := body["roles"]; !ok && w.EmptyRoles {
			body["roles"] = []any{}
		}
		if w.PrimaryWorkMail {
			markPrimary(body["emails"])
		}
	}
	return marshal("encode create", w.schemas(kind, doc), body)
}

// Replace returns the body of a PUT: the resource as it was read, with what was changed.
func (w Wire) Replace(kind directory.Kind, doc directory.Document) ([]byte, error) {
	body := make(map[string]any, len(doc))
	for name, v := range doc {
		switch name {
		case "meta", "schemas", "groups": // kept by the application, RFC 7643 section 3.1 and 4.1.2
		default:
			body[name] = w.encode(v, name)
		}
	}
	return marshal("encode replace", w.schemas(kind, doc), body)
}

func (w Wire) schemas(kind directory.Kind, doc directory.Document) []string {
	if s, ok := w.CreateSchemas[kind]; ok {
		return s
	}
	core := CoreUser
	if kind == directory.Group {
		core = CoreGroup
	}
	out := []string{core}
	for _, name := range slices.Sorted(maps.Keys(doc)) {
		if strings.HasPrefix(name, "urn:") && name != core {
			out = append(out, name)
		}
	}
	return out
}

// operation fixes the order of the members of a PATCH operation.
type operation struct {
	Op    string `json:"op"`
	Path  string `json:"path,omitempty"`
	Value any    `json:"value,omitempty"`
}

// Patch returns the body of a PATCH, nil when nothing is left to send.
func (w Wire) Patch(ops []directory.Operation) ([]byte, error) {
	var out []operation
	gathered := w.gather(ops)
	for i, op := range ops {
		switch {
		case len(gathered) > 0 && i == gathered[0]:
			out = append(out, operation{Op: w.op(directory.Replace), Value: w.pathless(ops, gathered)})
		case slices.Contains(gathered, i):
		case op.Kind == directory.Remove && op.Path == directory.AttrMembers && op.Value != nil:
			out = append(out, w.removals(references(op.Value))...)
		default:
			out = append(out, operation{Op: w.op(op.Kind), Path: op.Path, Value: w.operand(op)})
		}
	}
	return w.patch(out)
}

// Members returns the body of a PATCH that changes the members of a group, nil when nothing is to be sent.
func (w Wire) Members(add, remove []directory.TargetID) ([]byte, error) {
	var out []operation
	if len(add) > 0 {
		out = append(out, operation{Op: w.op(directory.Add), Path: directory.AttrMembers, Value: members(add)})
	}
	return w.patch(append(out, w.removals(remove)...))
}

func (w Wire) patch(ops []operation) ([]byte, error) {
	if len(ops) == 0 {
		return nil, nil
	}
	return marshal("encode patch", []string{patchSchema}, map[string]any{"Operations": ops})
}

// removals is one operation a member in the form of the RFC, one for all of them in the form of the Entra service.
func (w Wire) removals(ids []directory.TargetID) []operation {
	if w.RemoveByValue {
		if len(ids) == 0 {
			return nil
		}
		return []operation{{Op: w.op(directory.Remove), Path: directory.AttrMembers, Value: members(ids)}}
	}
	out := make([]operation, len(ids))
	for i, id := range ids {
		out[i] = operation{Op: w.op(directory.Remove), Path: directory.AttrMembers + "[value eq " + Quote(string(id)) + "]"}
	}
	return out
}

func members(ids []directory.TargetID) []any {
	out := make([]any, len(ids))
	for i, id := range ids {
		out[i] = map[string]any{"value": string(id)}
	}
	return out
}

// references reads the ids out of the value of an operation on members.
func references(v any) []directory.TargetID {
	list, ok := v.([]any)
	if !ok {
		list = []any{v}
	}
	var out []directory.TargetID
	for _, e := range list {
		switch e := e.(type) {
		case directory.TargetID:
			out = append(out, e)
		case string:
			out = append(out, directory.TargetID(e))
		case map[string]any:
			out = append(out, references(e["value"])...)
		}
	}
	return out
}

func (w Wire) op(kind directory.OperationKind) string {
	if w.CapitalOps {
		return strings.ToUpper(string(kind[:1])) + string(kind[1:])
	}
	return string(kind)
}

// gather returns the indexes of the operations that go into one pathless replace: replacements of simple values without a
// value filter, at least two of them (reference part 2 section 7.4; a single one keeps its path there).
func (w Wire) gather(ops []directory.Operation) []int {
	if !w.PathlessReplace {
		return nil
	}
	var out []int
	for i, op := range ops {
		if op.Kind != directory.Replace || strings.Contains(op.Path, "[") {
			continue
		}
		switch op.Value.(type) {
		case string, bool, float64, int:
			out = append(out, i)
		}
	}
	if len(out) < 2 {
		return nil
	}
	return out
}

func (w Wire) pathless(ops []directory.Operation, indexes []int) map[string]any {
	out := map[string]any{}
	for _, i := range indexes {
		out[ops[i].Path] = w.operand(ops[i])
	}
	return out
}

// operand returns the value of an operation in the form of the application.
func (w Wire) operand(op directory.Operation) any {
	if op.Kind == directory.Remove {
		return nil
	}
	if b, ok := op.Value.(bool); ok && w.TextBooleans {
		if b {
			return "True"
		}
		return "False"
	}
	if w.RolesAsJSONText && op.Kind == directory.Add && strings.EqualFold(op.Path, "roles") {
		return rolesAsText(op.Value)
	}
	return w.encode(op.Value, op.Path[strings.LastIndexAny(op.Path, ".:")+1:])
}

// encode replaces references; name is the attribute that holds the value.
func (w Wire) encode(v any, name string) any {
	switch v := v.(type) {
	case directory.TargetID:
		if w.ReferenceAsText || name == "value" {
			return string(v)
		}
		return map[string]any{"value": string(v)}
	case []any:
		out := make([]any, len(v))
		for i, e := range v {
			if id, ok := e.(directory.TargetID); ok {
				out[i] = map[string]any{"value": string(id)}
				continue
			}
			out[i] = w.encode(e, name)
		}
		return out
	case map[string]any:
		out := make(map[string]any, len(v))
		for k, e := range v {
			out[k] = w.encode(e, k)
		}
		return out
	}
	return v
}

func markPrimary(emails any) {
	list, _ := emails.([]any)
	for _, e := range list {
		m, ok := e.(map[string]any)
		if !ok || m["type"] != "work" {
			continue
		}
		if _, said := m["primary"]; !said {
			m["primary"] = true
		}
	}
}

// rolesAsText turns {"value", "display", "id"} into {"value": "{\"id\":..,\"value\":..,\"displayName\":..}"}.
func rolesAsText(v any) any {
	list, ok := v.([]any)
	if !ok {
		return v
	}
	out := make([]any, len(list))
	for i, e := range list {
		m, ok := e.(map[string]any)
		if !ok {
			out[i] = e
			continue
		}
		role := struct {
			ID          any `json:"id,omitempty"`
			Value       any `json:"value,omitempty"`
			DisplayName any `json:"displayName,omitempty"`
		}{m["id"], m["value"], m["display"]}
		text, err := compact(role)
		if err != nil {
			out[i] = e
			continue
		}
		out[i] = map[string]any{"value": string(text)}
	}
	return out
}

// Quote returns a string literal of a filter, which is a JSON string (RFC 7644 section 3.4.2.2).
func Quote(value string) string {
	text, err := compact(value)
	if err != nil { // a string always has a JSON form
		return `""`
	}
	return string(text)
}

// marshal writes schemas first and the other members in the order of their names, so that equal input gives equal bytes.
func marshal(op string, schemas []string, body map[string]any) ([]byte, error) {
	var b bytes.Buffer
	head, err := compact(schemas)
	if err != nil {
		return nil, fault.Wrap(fault.Internal, op, err)
	}
	b.WriteString(`{"schemas":`)
	b.Write(head)
	for _, name := range slices.Sorted(maps.Keys(body)) {
		value, err := compact(body[name])
		if err != nil {
			return nil, &fault.Error{Kind: fault.Internal, Op: op, Message: "the value of " + name + " has no JSON form", Err: err}
		}
		b.WriteByte(',')
		b.WriteString(Quote(name))
		b.WriteByte(':')
		b.Write(value)
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// compact is json.Marshal without the escapes that HTML needs and other parsers make unreadable.
func compact(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimRight(b.Bytes(), "\n"), nil
}
