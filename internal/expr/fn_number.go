package expr

var numberFunctions = []Function{
	{
		Name: "BitAnd", Group: GroupNumber, Result: TypeNumber,
		Params: []Param{
			{Name: "value1", Type: TypeNumber, Doc: "A whole number; hexadecimal numbers are written &HF7."},
			{Name: "value2", Type: TypeNumber, Doc: "Another whole number."},
		},
		Doc:      "Returns the bits that are set in both numbers.",
		Examples: []Example{{``, `BitAnd(&HF, &HF7)`, `7`}, {``, `BitAnd(6, 3)`, `2`}, {`userAccountControl=514`, `BitAnd([userAccountControl], 2)`, `2`}},
		eval: func(m *machine, n *callNode, a []Value) (Value, error) {
			return numberValue(a[0].number & a[1].number), nil
		},
	},
	{
		Name: "CBool", Group: GroupNumber, Result: TypeBoolean,
		Params:   []Param{{Name: "expression", Type: TypeCondition, Doc: "A comparison, a number, or a text that is True, False or a number.", takesNull: true}},
		Doc:      "Returns True if the comparison holds or the number is not zero, else False.",
		Notes:    []string{"Null and the empty text give False."},
		Examples: []Example{{`attribute1=a attribute2=a`, `CBool([attribute1] = [attribute2])`, `"True"`}, {``, `CBool(0)`, `"False"`}, {``, `CBool(7)`, `"True"`}},
		eval: func(m *machine, n *callNode, a []Value) (Value, error) {
			is, ok := truth(a[0])
			if !ok {
				return Value{}, n.failf("expression has to be one number, or True or False")
			}
			return boolValue(is), nil
		},
	},
	{
		Name: "CStr", Group: GroupNumber, Result: TypeText,
		Params:   []Param{{Name: "value", Type: TypeText, Doc: "A number, a reference or a Boolean."}},
		Doc:      "Returns the value as text: a Boolean as True or False, a reference as the identifier of the object, a date as M/d/yyyy h:mm:ss tt.",
		Examples: []Example{{`dn="cn=Joe,dc=contoso,dc=com"`, `CStr([dn])`, `"cn=Joe,dc=contoso,dc=com"`}, {``, `CStr(5)`, `"5"`}},
		eval:     func(m *machine, n *callNode, a []Value) (Value, error) { return a[0], nil },
	},
}
