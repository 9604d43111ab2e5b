package credentials

// Cloud is a national cloud of Microsoft, spelled as in the custom resources.
type Cloud string

// The clouds of microsoft-graph.md section 8.7.
const (
	Public          Cloud = "Public"
	USGovernment    Cloud = "USGovernment"
	USGovernmentDoD Cloud = "USGovernmentDoD"
	China           Cloud = "China"
)

type cloudEndpoints struct {
	authority, graph string
	// audience is that of federated tokens, section 8.4.
	audience string
}

var clouds = map[Cloud]cloudEndpoints{
	Public:          {"https://login.microsoftonline.com", "https://graph.microsoft.com", "api://AzureADTokenExchange"},
	USGovernment:    {"https://login.microsoftonline.us", "https://graph.microsoft.us", "api://AzureADTokenExchangeUSGov"},
	USGovernmentDoD: {"https://login.microsoftonline.us", "https://dod-graph.microsoft.us", "api://AzureADTokenExchangeUSGov"},
	China:           {"https://login.chinacloudapi.cn", "https://microsoftgraph.chinacloudapi.cn", "api://AzureADTokenExchangeChina"},
}
