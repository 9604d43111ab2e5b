package expr

var flowFunctions = []Function{
	{
		Name: "IgnoreFlowIfNullOrEmpty", Group: GroupFlow, Result: TypeAny,
		Params: []Param{{Name: "expression", Type: TypeAny, Doc: "The value to send.", takesNull: true}},
		Doc:    "Returns the value; if it is null or empty, the target attribute is left alone: nothing is sent, not even a default value.",
		Notes:  []string{"Inside another function it works as long as the result of that function is null or empty too."},
		Examples: []Example{
			{`department`, `IgnoreFlowIfNullOrEmpty([department])`, `skip`},
			{`prefix=9`, `IgnoreFlowIfNullOrEmpty(Switch([prefix], "", "3443", "Dr.", "3444", "Prof.", "3445", "Prof. Dr."))`, `skip`},
			{`prefix=3443`, `IgnoreFlowIfNullOrEmpty(Switch([prefix], "", "3443", "Dr.", "3444", "Prof.", "3445", "Prof. Dr."))`, `"Dr."`},
		},
		eval: func(m *machine, n *callNode, a []Value) (Value, error) {
			if a[0].isEmpty() {
				return Value{flags: flagSkip}, nil
			}
			return a[0], nil
		},
	},
	{
		Name: "Redact", Group: GroupFlow, Result: TypeAny,
		Params: []Param{{Name: "value", Type: TypeAny, Doc: "The value to send.", takesNull: true}},
		Doc:    "Returns the value unchanged; the provisioning log shows [Redact] in its place.",
		Notes:  []string{"Everything that is computed from a redacted value is redacted too, also where the value only decided a condition."},
		Examples: []Example{
			{`userPrincipalName=john@contoso.com`, `Redact([userPrincipalName])`, `redacted "john@contoso.com"`},
			{``, `Redact("StringToBeRedacted")`, `redacted "StringToBeRedacted"`},
			{``, `Redact(RandomString(6,3,0,0,3))`, `redacted matches "^[0-9a-z]{6}$"`},
		},
		eval: func(m *machine, n *callNode, a []Value) (Value, error) { return a[0].with(flagRedacted), nil },
	},
	{
		Name: "SelectUniqueValue", Group: GroupFlow, Result: TypeText, Repeat: 1,
		Params: []Param{
			{Name: "uniqueValueRule1", Type: TypeText, Doc: "An expression."},
			{Name: "uniqueValueRule2", Type: TypeText, Doc: "Another expression, tried if the value of the first is taken."},
		},
		Doc:     "Returns the first value that no object of the target has yet.",
		Notes:   []string{"Entra supports it only for provisioning from human-resources systems into on-premises Active Directory."},
		Refused: "SelectUniqueValue is not supported for SCIM applications, as in Entra; match on a value that is unique in the source, such as [userPrincipalName]",
	},
}
