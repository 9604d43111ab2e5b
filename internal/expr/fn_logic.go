package expr

var logicFunctions = []Function{
	{
		Name: "Coalesce", Group: GroupLogic, Result: TypeAny, Repeat: 1,
		Params: []Param{{Name: "source", Type: TypeAny, Doc: "A value; the last one acts as the default.", takesNull: true}},
		Doc:    "Returns the first argument that is not null; null if all are.",
		Notes:  []string{"The empty text is a value and is returned."},
		Examples: []Example{
			{`mail userPrincipalName=john@contoso.com`, `Coalesce([mail],[userPrincipalName])`, `"john@contoso.com"`},
			{`mail`, `Coalesce([mail],"")`, `""`},
			{`a b`, `Coalesce([a],[b])`, `null`},
		},
		lazy: lazyCoalesce,
	},
	{
		Name: "IIF", Group: GroupLogic, Result: TypeAny,
		Params: []Param{
			{Name: "condition", Type: TypeCondition, Doc: "A comparison with = <> > >= < <=, or anything that is true or false.", takesNull: true},
			{Name: "valueIfTrue", Type: TypeAny, Doc: "The result if the condition holds.", takesNull: true},
			{Name: "valueIfFalse", Type: TypeAny, Doc: "The result if it does not.", takesNull: true},
		},
		Doc: "Returns valueIfTrue if the condition holds, else valueIfFalse. There is no AND and no OR: nest IIF.",
		Notes: []string{
			"In Entra a condition on a null or empty attribute fails. Here null and the empty text are equal to each other, so that [country] = \"\" holds for both, and neither is greater or less than a number or a date.",
			"Text is compared case-sensitively. Two values that both are numbers are ordered as numbers, other text by code points.",
			"A condition that is null or empty does not hold.",
		},
		Examples: []Example{
			{`country=USA department=Sales`, `IIF([country]="USA",[country],[department])`, `"USA"`},
			{`country=USA state=CA`, `IIF([country]="USA",IIF([state]="CA","True","False"),"False")`, `"True"`},
			{`country=UK state=CA`, `IIF([country]="USA","True",IIF([state]="CA","True","False"))`, `"True"`},
			{`country`, `IIF(IsNullOrEmpty([country]),"Other",[country])`, `"Other"`},
		},
		lazy: lazyIIF,
	},
	{
		Name: "Not", Group: GroupLogic, Result: TypeBoolean,
		Params:   []Param{{Name: "source", Type: TypeText, Doc: "A value that is True or not.", takesNull: true}},
		Doc:      "Returns False if source is True, and True for anything else, null included.",
		Examples: []Example{{`IsSoftDeleted=False`, `Not([IsSoftDeleted])`, `"True"`}, {`IsSoftDeleted=True`, `Not([IsSoftDeleted])`, `"False"`}},
		eval: func(m *machine, n *callNode, a []Value) (Value, error) {
			return boolValue(a[0].text != "True"), nil
		},
	},
	{
		Name: "Switch", Group: GroupLogic, Result: TypeAny, Repeat: 2,
		Params: []Param{
			{Name: "source", Type: TypeText, Doc: "The value to look up.", takesNull: true},
			{Name: "defaultValue", Type: TypeAny, Optional: true, Doc: "The result if no key is equal; null if left empty.", takesNull: true},
			{Name: "key", Type: TypeText, Doc: "A value to compare source with.", takesNull: true},
			{Name: "value", Type: TypeAny, Doc: "The result for that key.", takesNull: true},
		},
		Doc: "Returns the value behind the first key that is equal to source, case-sensitively, and defaultValue if none is.",
		Notes: []string{
			"The key \"\" is equal to a null source as well as to an empty one.",
			"Microsoft both forbids and shows IsPresent, IsNull and IsNullOrEmpty as source; here they work and give True or False.",
			"A known defect of Entra, a null source in incremental cycles, is not reproduced.",
		},
		Examples: []Example{
			{`state=QLD`, `Switch([state], "Australia/Sydney", "NSW", "Australia/Sydney","QLD", "Australia/Brisbane", "SA", "Australia/Adelaide")`, `"Australia/Brisbane"`},
			{`IsSoftDeleted=False`, `Switch([IsSoftDeleted], , "False", "True", "True", "False")`, `"True"`},
			{`statusFlag`, `Switch([statusFlag], "Default Value", "true", "1", "", "0")`, `"0"`},
			{`jobTitle=Engineer`, `Switch(IsPresent([jobTitle]), "DefaultValue", "True", [jobTitle])`, `"Engineer"`},
		},
		prepare: prepareSwitch, lazy: lazySwitch,
	},
	{
		Name: "IsNull", Group: GroupLogic, Result: TypeBoolean,
		Params:   []Param{{Name: "expression", Type: TypeAny, Doc: "The value to look at.", takesNull: true, countsOnly: true}},
		Doc:      "Returns True if the value is null, that is if the attribute is absent. The empty text is not null.",
		Examples: []Example{{`displayName`, `IsNull([displayName])`, `"True"`}, {`displayName=""`, `IsNull([displayName])`, `"False"`}},
		eval:     func(m *machine, n *callNode, a []Value) (Value, error) { return boolValue(a[0].IsNull()), nil },
	},
	{
		Name: "IsNullOrEmpty", Group: GroupLogic, Result: TypeBoolean,
		Params:   []Param{{Name: "expression", Type: TypeAny, Doc: "The value to look at.", takesNull: true, countsOnly: true}},
		Doc:      "Returns True if the value is null or the empty text.",
		Examples: []Example{{`displayName=""`, `IsNullOrEmpty([displayName])`, `"True"`}},
		eval:     func(m *machine, n *callNode, a []Value) (Value, error) { return boolValue(a[0].isEmpty()), nil },
	},
	{
		Name: "IsPresent", Group: GroupLogic, Result: TypeBoolean,
		Params:   []Param{{Name: "expression", Type: TypeAny, Doc: "The value to look at.", takesNull: true, countsOnly: true}},
		Doc:      "Returns True if the value is neither null nor the empty text.",
		Examples: []Example{{`directManager=8a7e`, `IsPresent([directManager])`, `"True"`}, {`directManager`, `IsPresent([directManager])`, `"False"`}},
		eval:     func(m *machine, n *callNode, a []Value) (Value, error) { return boolValue(!a[0].isEmpty()), nil },
	},
	{
		Name: "IsString", Group: GroupLogic, Result: TypeBoolean,
		Params:   []Param{{Name: "expression", Type: TypeAny, Doc: "The value to look at.", takesNull: true}},
		Doc:      "Returns True if the value is text: not null, not a number, Boolean or date, and not several values.",
		Examples: []Example{{`displayName=John`, `IsString([displayName])`, `"True"`}, {``, `IsString(Len("John"))`, `"False"`}},
		eval: func(m *machine, n *callNode, a []Value) (Value, error) {
			return boolValue(a[0].kind == kindText), nil
		},
	},
}

func lazyCoalesce(m *machine, n *callNode) (Value, error) {
	var seen flags
	for _, arg := range n.args {
		v, err := arg.eval(m)
		if err != nil {
			return Value{}, err
		}
		seen |= v.flags
		if v.kind != kindNull {
			return v.with(seen), nil
		}
	}
	return Value{flags: seen}, nil
}

func lazyIIF(m *machine, n *callNode) (Value, error) {
	condition, err := n.args[0].eval(m)
	if err != nil {
		return Value{}, err
	}
	holds := condition.number != 0
	if condition.kind != kindBoolean {
		var ok bool
		if holds, ok = truth(condition); !ok {
			return Value{}, n.failf("condition is neither true nor false; write a comparison")
		}
	}
	branch := n.args[2]
	if holds {
		branch = n.args[1]
	}
	v, err := branch.eval(m)
	return v.with(condition.flags), err
}

// switchIndex finds the argument behind a constant key.
type switchIndex map[string]int

// indexedKeys is from how many constant keys on Switch uses an index.
const indexedKeys = 8

// prepareSwitch warns about keys that can never be reached and indexes constant keys when there are many.
func prepareSwitch(p *preparation) any {
	index := switchIndex{}
	constant := true
	for i := 2; i+1 < len(p.args); i += 2 {
		key, ok := p.constant(i)
		if !ok {
			constant = false
			continue
		}
		if _, twice := index[key]; twice {
			p.warnf(p.call.args[i].offset(), "The key %s of Switch is written twice; the second is never used", quote(key))
			continue
		}
		index[key] = i + 1
	}
	if constant && len(index) >= indexedKeys {
		return index
	}
	return nil
}

func lazySwitch(m *machine, n *callNode) (Value, error) {
	source, err := n.args[0].eval(m)
	if err != nil {
		return Value{}, err
	}
	if source, err = m.toText(n, 0, source); err != nil {
		return Value{}, err
	}
	seen := source.flags
	chosen := n.args[1]
	if index, ok := n.prepared.(switchIndex); ok {
		if i, found := index[source.text]; found {
			chosen = n.args[i]
		}
	} else {
		for i := 2; i+1 < len(n.args); i += 2 {
			key, err := n.args[i].eval(m)
			if err == nil && key.kind != kindText {
				key, err = m.toText(n, i, key)
			}
			if err != nil {
				return Value{}, err
			}
			seen |= key.flags
			if key.text == source.text {
				chosen = n.args[i+1]
				break
			}
		}
	}
	if chosen == nil {
		return Value{flags: seen}, nil
	}
	v, err := chosen.eval(m)
	return v.with(seen), err
}
