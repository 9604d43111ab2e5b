package v1alpha1_test

import (
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/entrain-dev/entrain/api/v1alpha1"
)

const validConfig = `
apiVersion: provisioning.entrain.dev/v1alpha1
kind: ProvisioningConfig
metadata: {name: genesys-cloud, namespace: default}
spec:
  source:
    entra:
      tenantID: 72f988bf-86f1-41af-91ab-2d7cd011db47
      application: {appID: 8b1fc9d0-7a36-4c14-9d5e-4b7a9e1c2f30}
      credentials:
        clientSecret:
          clientID: 0f3c6d52-1f0e-4a3b-8d4f-6a2b9c7e5d10
          secretRef: {name: entra, key: clientSecret}
  target:
    scim:
      profile: GenesysCloud
      tenantURL: https://api.mypurecloud.de/api/v2/scim/v2
      credentials:
        secretToken: {secretRef: {name: genesys, key: token}}
`

const (
	notSecure = "must start with https:// (http:// is accepted only for localhost, 127.0.0.1, [::1] and hosts that end in .svc or .svc.cluster.local)"
	notGUID   = "must be a GUID such as 72f988bf-86f1-41af-91ab-2d7cd011db47"
	notSecret = "must be the name of a Secret: lower-case letters, digits, hyphens and dots, such as genesys-cloud"
	notKey    = "must be a key of a Secret: letters, digits, hyphens, underscores and dots, such as token"
	notName   = "must be the name of a resource: lower-case letters, digits, hyphens and dots, such as genesys-users"
	notMail   = "must be a mail address such as ops@contoso.com"
)

func TestProvisioningConfig(t *testing.T) {
	checkRows(t, validConfig, map[string]row{
		"the example is accepted":  {},
		"mode Automatic":           {patch: "spec: {provisioningMode: Automatic}"},
		"mode Manual":              {patch: "spec: {provisioningMode: Manual}"},
		"mode Paused":              {patch: "spec: {provisioningMode: Paused}"},
		"mode DryRun":              {patch: "spec: {provisioningMode: DryRun}"},
		"mode On is no text":       {patch: "spec: {provisioningMode: true}", refused: []string{`spec.provisioningMode: Invalid value: "boolean": spec.provisioningMode in body must be of type string: "boolean"`, `spec.provisioningMode: Unsupported value: true: supported values: "Automatic", "Manual", "Paused", "DryRun"`}},
		"mode On in quotes":        {patch: "spec: {provisioningMode: 'On'}", refused: []string{`spec.provisioningMode: Unsupported value: "On": supported values: "Automatic", "Manual", "Paused", "DryRun"`}},
		"scope of assigned people": {patch: "spec: {scope: AssignedUsersAndGroups}"},
		"scope of everybody":       {patch: "spec: {scope: AllUsersAndGroups}"},
		"an unknown scope":         {patch: "spec: {scope: All}", refused: []string{`spec.scope: Unsupported value: "All": supported values: "AssignedUsersAndGroups", "AllUsersAndGroups"`}},
		"no source":                {patch: "spec: {source: null}", refused: []string{"spec.source: Required value"}},
		"no target":                {patch: "spec: {target: null}", refused: []string{"spec.target: Required value"}},
		"own mappings and filters": {patch: "spec: {users: {attributeMappingRef: {name: u}, scopingFilterRefs: [{name: a}, {name: b}]}, groups: {enabled: false, attributeMappingRef: {name: g}, scopingFilterRefs: [{name: c}]}}"},
		"a mapping name in capitals": {
			patch:   "spec: {users: {attributeMappingRef: {name: Genesys}}}",
			refused: []string{`spec.users.attributeMappingRef.name: Invalid value: "Genesys": ` + notName},
		},
		"a filter named twice": {
			patch:   "spec: {users: {scopingFilterRefs: [{name: a}, {name: a}]}}",
			refused: []string{`spec.users.scopingFilterRefs[1]: Duplicate value: {"name":"a"}`},
		},
		"17 filters are too many": {
			patch:   "spec: {groups: {scopingFilterRefs: [" + list(17, "{name: f%d}") + "]}}",
			refused: []string{"spec.groups.scopingFilterRefs: Too many: 17: must have at most 16 items"},
		},
	})
}

func entra(fields string) string { return "spec: {source: {entra: {" + fields + "}}}" }

func TestProvisioningConfigSource(t *testing.T) {
	const (
		at        = "spec.source.entra."
		notTenant = "must be the tenant's id (a GUID) or one of its domains, such as contoso.onmicrosoft.com"
		oneApp    = at + "application: Invalid value: set exactly one of appID (Application ID) and objectID (Object ID of the enterprise application)"
		oneCred   = at + "credentials: Invalid value: set exactly one of clientSecret, clientCertificate and workloadIdentity"
		notOrigin = "must be an origin such as https://graph.microsoft.com: leave out version, tenant, path, query and user name"
		id        = "0f3c6d52-1f0e-4a3b-8d4f-6a2b9c7e5d10"
	)
	checkRows(t, validConfig, map[string]row{
		"a tenant by domain":     {patch: entra("tenantID: contoso.onmicrosoft.com")},
		"a tenant by GUID":       {patch: entra("tenantID: 72F988BF-86F1-41AF-91AB-2D7CD011DB47")},
		"a domain with punycode": {patch: entra("tenantID: xn--mller-kva.xn--p1ai")},
		"the common tenant":      {patch: entra("tenantID: common"), refused: []string{at + `tenantID: Invalid value: "common": ` + notTenant}},
		"a tenant as a URL":      {patch: entra("tenantID: 'https://contoso.com'"), refused: []string{at + `tenantID: Invalid value: "https://contoso.com": ` + notTenant}},
		"a tenant with a slash":  {patch: entra("tenantID: contoso.com/x"), refused: []string{at + `tenantID: Invalid value: "contoso.com/x": ` + notTenant}},
		"cloud Public":           {patch: entra("cloud: Public")},
		"cloud USGovernment":     {patch: entra("cloud: USGovernment")},
		"cloud USGovernmentDoD":  {patch: entra("cloud: USGovernmentDoD")},
		"cloud China":            {patch: entra("cloud: China")},
		"an unknown cloud":       {patch: entra("cloud: Germany"), refused: []string{at + `cloud: Unsupported value: "Germany": supported values: "Public", "USGovernment", "USGovernmentDoD", "China"`}},

		"an application by object id":     {patch: entra("application: {appID: null, objectID: " + id + "}")},
		"an application by both ids":      {patch: entra("application: {objectID: " + id + "}"), refused: []string{oneApp}},
		"an application by neither id":    {patch: entra("application: {appID: null}"), refused: []string{oneApp}},
		"an application by its name":      {patch: entra("application: {appID: Genesys}"), refused: []string{at + `application.appID: Invalid value: "Genesys": ` + at + `application.appID in body should be at least 36 chars long`, at + `application.appID: Invalid value: "Genesys": ` + notGUID}},
		"an id of the right length only":  {patch: entra("application: {appID: 8b1fc9d0-7a36-4c14-9d5e-4b7a9e1c2fzz}"), refused: []string{at + `application.appID: Invalid value: "8b1fc9d0-7a36-4c14-9d5e-4b7a9e1c2fzz": ` + notGUID}},
		"a certificate":                   {patch: entra("credentials: {clientSecret: null, clientCertificate: {clientID: " + id + ", secretRef: {name: cert}}}")},
		"a workload identity":             {patch: entra("credentials: {clientSecret: null, workloadIdentity: {clientID: " + id + "}}")},
		"no credentials":                  {patch: entra("credentials: {clientSecret: null}"), refused: []string{oneCred}},
		"a secret and a certificate":      {patch: entra("credentials: {clientCertificate: {clientID: " + id + ", secretRef: {name: cert}}}"), refused: []string{oneCred}},
		"a secret and a workload":         {patch: entra("credentials: {workloadIdentity: {clientID: " + id + "}}"), refused: []string{oneCred}},
		"all three":                       {patch: entra("credentials: {workloadIdentity: {clientID: " + id + "}, clientCertificate: {clientID: " + id + ", secretRef: {name: cert}}}"), refused: []string{oneCred}},
		"a Secret without key":            {patch: entra("credentials: {clientSecret: {secretRef: {key: null}}}"), refused: []string{at + "credentials.clientSecret.secretRef.key: Required value"}},
		"a Secret whose name has a slash": {patch: entra("credentials: {clientSecret: {secretRef: {name: other/entra}}}"), refused: []string{at + `credentials.clientSecret.secretRef.name: Invalid value: "other/entra": ` + notSecret}},
		"a key with a blank":              {patch: entra("credentials: {clientSecret: {secretRef: {key: client secret}}}"), refused: []string{at + `credentials.clientSecret.secretRef.key: Invalid value: "client secret": ` + notKey}},
		"the secret in the open":          {patch: entra("credentials: {clientSecret: {clientID: hunter2}}"), refused: []string{at + `credentials.clientSecret.clientID: Invalid value: "hunter2": ` + at + `credentials.clientSecret.clientID in body should be at least 36 chars long`, at + `credentials.clientSecret.clientID: Invalid value: "hunter2": ` + notGUID}},

		"endpoints of a simulator":     {patch: entra("endpoints: {graphURL: 'http://localhost:8080', authorityURL: 'http://127.0.0.1:8080/', caBundleSecretRef: {name: ca}}")},
		"endpoints in the cluster":     {patch: entra("endpoints: {graphURL: 'http://sim.demo.svc', authorityURL: 'http://sim.demo.svc.cluster.local:80'}")},
		"an endpoint by IPv6 loopback": {patch: entra("endpoints: {graphURL: 'http://[::1]:8080'}")},
		"an endpoint with a version":   {patch: entra("endpoints: {graphURL: 'https://graph.microsoft.com/v1.0'}"), refused: []string{at + `endpoints.graphURL: Invalid value: "https://graph.microsoft.com/v1.0": ` + notOrigin}},
		"an authority with a tenant":   {patch: entra("endpoints: {authorityURL: 'https://login.microsoftonline.com/contoso.com'}"), refused: []string{at + `endpoints.authorityURL: Invalid value: "https://login.microsoftonline.com/contoso.com": ` + notOrigin}},
		"an endpoint with a query":     {patch: entra("endpoints: {graphURL: 'https://graph.microsoft.com?a=b'}"), refused: []string{at + `endpoints.graphURL: Invalid value: "https://graph.microsoft.com?a=b": ` + notOrigin}},
		"an endpoint with a password":  {patch: entra("endpoints: {graphURL: 'https://u:p@graph.microsoft.com'}"), refused: []string{at + `endpoints.graphURL: Invalid value: "https://u:p@graph.microsoft.com": ` + notOrigin}},
		"an endpoint without scheme":   {patch: entra("endpoints: {graphURL: graph.microsoft.com}"), refused: []string{at + `endpoints.graphURL: Invalid value: "graph.microsoft.com": must be an absolute URL such as https://graph.microsoft.com`}},
		"an endpoint in the clear":     {patch: entra("endpoints: {graphURL: 'http://graph.microsoft.com'}"), refused: []string{at + `endpoints.graphURL: Invalid value: "http://graph.microsoft.com": ` + notSecure}},
		"an endpoint without host":     {patch: entra("endpoints: {graphURL: 'https://:8443'}"), refused: []string{at + `endpoints.graphURL: Invalid value: "https://:8443": must name a host, as in https://graph.microsoft.com`}},
	})
}

func scim(fields string) string { return "spec: {target: {scim: {" + fields + "}}}" }

func TestProvisioningConfigTarget(t *testing.T) {
	const (
		at      = "spec.target.scim."
		oneCred = at + "credentials: Invalid value: set exactly one of secretToken and oauth2ClientCredentials"
		onlyAAD = at + "aadOptscim062020: Invalid value: aadOptscim062020 changes the requests of the EntraCompatible profile only: set profile to EntraCompatible, or remove aadOptscim062020"
		oauth   = "oauth2ClientCredentials: {tokenURL: 'https://login.mypurecloud.de/oauth/token', clientID: c, clientSecretRef: {name: genesys, key: secret}}"
	)
	url := func(u string) string { return scim("tenantURL: '" + u + "'") }
	refused := func(u, message string) []string {
		return []string{at + `tenantURL: Invalid value: "` + u + `": ` + message}
	}
	const userName = "must not contain a user name, a password or a fragment: remove everything from # and before @, and put credentials into a Secret"
	checkRows(t, validConfig, map[string]row{
		"profile Generic":                   {patch: scim("profile: Generic")},
		"profile EntraCompatible":           {patch: scim("profile: EntraCompatible")},
		"EntraCompatible with the flag on":  {patch: scim("profile: EntraCompatible, aadOptscim062020: true")},
		"EntraCompatible with the flag off": {patch: scim("profile: EntraCompatible, aadOptscim062020: false")},
		"Genesys Cloud with the flag":       {patch: scim("aadOptscim062020: true"), refused: []string{onlyAAD}},
		"Generic with the flag off":         {patch: scim("profile: Generic, aadOptscim062020: false"), refused: []string{onlyAAD}},
		"an unknown profile":                {patch: scim("profile: Slack"), refused: []string{at + `profile: Unsupported value: "Slack": supported values: "GenesysCloud", "Generic", "EntraCompatible"`}},
		"no profile":                        {patch: scim("profile: null"), refused: []string{at + "profile: Required value"}},

		"a tenant URL with a flag":            {patch: url("https://host.example/scim/?aadOptscim062020")},
		"a simulator on localhost":            {patch: url("http://localhost:8080/scim")},
		"a simulator on 127.0.0.1":            {patch: url("http://127.0.0.1:8080/scim")},
		"a simulator on IPv6 loopback":        {patch: url("http://[::1]:8080/scim")},
		"a service in the cluster":            {patch: url("http://genesyssim.demo.svc:8080/scim")},
		"a service in the cluster, in full":   {patch: url("http://genesyssim.demo.svc.cluster.local/scim")},
		"a tenant URL in the clear":           {patch: url("http://api.mypurecloud.de/scim"), refused: refused("http://api.mypurecloud.de/scim", notSecure)},
		"a host that only looks like cluster": {patch: url("http://evil-svc/scim"), refused: refused("http://evil-svc/scim", notSecure)},
		"localhost only as a prefix":          {patch: url("http://localhost.example.com/scim"), refused: refused("http://localhost.example.com/scim", notSecure)},
		"localhost only as a user name":       {patch: url("http://localhost@example.com/"), refused: append(refused("http://localhost@example.com/", notSecure), refused("http://localhost@example.com/", userName)...)},
		"a tenant URL of another scheme":      {patch: url("ldap://localhost/"), refused: refused("ldap://localhost/", notSecure)},
		"a tenant URL without scheme":         {patch: url("api.mypurecloud.de/scim"), refused: refused("api.mypurecloud.de/scim", "must be an absolute URL such as https://api.example.com/scim/v2")},
		"a tenant URL without host":           {patch: url("https:///scim"), refused: refused("https:///scim", "must name a host, as in https://api.example.com/scim/v2")},
		"a tenant URL with a password":        {patch: url("https://u:p@host.example/scim"), refused: refused("https://u:p@host.example/scim", userName)},
		"a tenant URL with a fragment":        {patch: url("https://host.example/scim#x"), refused: refused("https://host.example/scim#x", userName)},
		"a tenant URL that is too long":       {patch: url("https://host.example/" + strings.Repeat("x", 2048)), refused: []string{at + "tenantURL: Too long: may not be more than 2048 bytes"}},

		"client credentials":              {patch: scim("credentials: {secretToken: null, " + oauth + "}")},
		"client credentials with scopes":  {patch: scim("credentials: {secretToken: null, oauth2ClientCredentials: {tokenURL: 'http://localhost:1/t', clientID: c, clientSecretRef: {name: g, key: s}, scopes: [scim], audience: 'https://a'}}")},
		"a token and client credentials":  {patch: scim("credentials: {" + oauth + "}"), refused: []string{oneCred}},
		"neither":                         {patch: scim("credentials: {secretToken: null}"), refused: []string{oneCred}},
		"a token address in the clear":    {patch: scim("credentials: {secretToken: null, oauth2ClientCredentials: {tokenURL: 'http://login.example/t', clientID: c, clientSecretRef: {name: g, key: s}}}"), refused: []string{at + `credentials.oauth2ClientCredentials.tokenURL: Invalid value: "http://login.example/t": ` + notSecure}},
		"a scope named twice":             {patch: scim("credentials: {secretToken: null, oauth2ClientCredentials: {tokenURL: 'https://l.example/t', clientID: c, clientSecretRef: {name: g, key: s}, scopes: [a, a]}}"), refused: []string{at + `credentials.oauth2ClientCredentials.scopes[1]: Duplicate value: "a"`}},
		"a rate of one request a minute":  {patch: scim("rateLimit: {requestsPerMinute: 1}")},
		"a rate of no request":            {patch: scim("rateLimit: {requestsPerMinute: 0}"), refused: []string{at + "rateLimit.requestsPerMinute: Invalid value: 0: " + at + "rateLimit.requestsPerMinute in body should be greater than or equal to 1"}},
		"a bundle of certificates":        {patch: scim("caBundleSecretRef: {name: ca}")},
		"a bundle under another key":      {patch: scim("caBundleSecretRef: {name: ca, key: bundle.pem}")},
		"a bundle in a Secret of no name": {patch: scim("caBundleSecretRef: {name: ''}"), refused: []string{at + `caBundleSecretRef.name: Invalid value: "": ` + at + "caBundleSecretRef.name in body should be at least 1 chars long", at + `caBundleSecretRef.name: Invalid value: "": ` + notSecret}},
	})
}

func TestProvisioningConfigPolicies(t *testing.T) {
	const (
		short  = "must be at least 1m"
		noTime = "must be a duration such as 40m or 1h30m"
		smtp   = "smtp: {host: smtp.contoso.com, from: entrain@contoso.com}"
	)
	interval := func(v string) string { return "spec: {schedule: {interval: '" + v + "'}}" }
	refusedInterval := func(v, message string) []string {
		return []string{`spec.schedule.interval: Invalid value: "` + v + `": ` + message}
	}
	atLeastOne := func(field string) []string {
		return []string{field + ": Invalid value: 0: " + field + " in body should be greater than or equal to 1"}
	}
	checkRows(t, validConfig, map[string]row{
		"an interval of a minute":           {patch: interval("1m")},
		"an interval of 60 seconds":         {patch: interval("60s")},
		"an interval of hours and minutes":  {patch: interval("1h30m")},
		"an interval of 59 seconds":         {patch: interval("59s"), refused: refusedInterval("59s", short)},
		"an interval of zero":               {patch: interval("0s"), refused: refusedInterval("0s", short)},
		"an interval without unit":          {patch: interval("40"), refused: refusedInterval("40", noTime)},
		"an interval in words":              {patch: interval("40 minutes"), refused: refusedInterval("40 minutes", noTime)},
		"an interval below zero":            {patch: interval("-40m"), refused: refusedInterval("-40m", noTime)},
		"an interval as in the portal":      {patch: interval("PT40M"), refused: refusedInterval("PT40M", noTime)},
		"an interval that is a number":      {patch: "spec: {schedule: {interval: 40}}", refused: []string{`spec.schedule.interval: Invalid value: "integer": spec.schedule.interval in body must be of type string: "integer"`}},
		"a threshold of one":                {patch: "spec: {accidentalDeletionPrevention: {threshold: 1}}"},
		"a threshold of zero":               {patch: "spec: {accidentalDeletionPrevention: {threshold: 0}}", refused: atLeastOne("spec.accidentalDeletionPrevention.threshold")},
		"prevention switched off":           {patch: "spec: {accidentalDeletionPrevention: {enabled: false}}"},
		"prevention without address":        {patch: "spec: {accidentalDeletionPrevention: {enabled: true}}"},
		"quarantine from the first failure": {patch: "spec: {quarantine: {minimumFailures: 1, failurePercent: 1, baseFailures: 1, totalFailures: 1, disableAfterDays: 1}}"},
		"quarantine from no failure":        {patch: "spec: {quarantine: {minimumFailures: 0}}", refused: atLeastOne("spec.quarantine.minimumFailures")},
		"quarantine from 0 percent":         {patch: "spec: {quarantine: {failurePercent: 0}}", refused: atLeastOne("spec.quarantine.failurePercent")},
		"quarantine above 100 percent":      {patch: "spec: {quarantine: {failurePercent: 101}}", refused: []string{"spec.quarantine.failurePercent: Invalid value: 101: spec.quarantine.failurePercent in body should be less than or equal to 100"}},
		"base threshold of zero":            {patch: "spec: {quarantine: {baseFailures: 0}}", refused: atLeastOne("spec.quarantine.baseFailures")},
		"total threshold of zero":           {patch: "spec: {quarantine: {totalFailures: 0}}", refused: atLeastOne("spec.quarantine.totalFailures")},
		"quarantine of no day":              {patch: "spec: {quarantine: {disableAfterDays: 0}}", refused: atLeastOne("spec.quarantine.disableAfterDays")},
		"quarantine of 366 days":            {patch: "spec: {quarantine: {disableAfterDays: 366}}", refused: []string{"spec.quarantine.disableAfterDays: Invalid value: 366: spec.quarantine.disableAfterDays in body should be less than or equal to 365"}},
		"out of scope people are left":      {patch: "spec: {deprovisioning: {skipOutOfScopeDeletions: true}}"},

		"mail to two addresses":      {patch: "spec: {notification: {emails: [ops@contoso.com, hr@contoso.com], " + smtp + "}}"},
		"mail without a server":      {patch: "spec: {notification: {emails: [ops@contoso.com]}}", refused: []string{"spec.notification: Invalid value: emails need a mail server: set notification.smtp"}},
		"no addresses, no server":    {patch: "spec: {notification: {emails: []}}"},
		"a server without addresses": {patch: "spec: {notification: {" + smtp + "}}"},
		"an address without @":       {patch: "spec: {notification: {emails: [ops], " + smtp + "}}", refused: []string{`spec.notification.emails[0]: Invalid value: "ops": ` + notMail}},
		"two addresses in one":       {patch: "spec: {notification: {emails: ['a@contoso.com, b@contoso.com'], " + smtp + "}}", refused: []string{`spec.notification.emails[0]: Invalid value: "a@contoso.com, b@contoso.com": ` + notMail}},
		"an address given twice":     {patch: "spec: {notification: {emails: [a@contoso.com, a@contoso.com], " + smtp + "}}", refused: []string{`spec.notification.emails[1]: Duplicate value: "a@contoso.com"`}},
		"21 addresses are too many":  {patch: "spec: {notification: {emails: [" + list(21, "a%d@contoso.com") + "], " + smtp + "}}", refused: []string{"spec.notification.emails: Too many: 21: must have at most 20 items"}},
		"a server with everything":   {patch: "spec: {notification: {smtp: {host: smtp.contoso.com, port: 465, from: a@contoso.com, tls: ImplicitTLS, credentialsSecretRef: {name: smtp, key: pass}, caBundleSecretRef: {name: ca}}}}"},
		"a relay without TLS":        {patch: "spec: {notification: {smtp: {host: relay, port: 25, from: a@contoso.com, tls: None}}}"},
		"a password without TLS": {
			patch:   "spec: {notification: {smtp: {host: relay, port: 25, from: a@contoso.com, tls: None, credentialsSecretRef: {name: smtp}}}}",
			refused: []string{"spec.notification.smtp: Invalid value: a password is never sent without TLS: set tls to StartTLS or ImplicitTLS, or remove credentialsSecretRef"},
		},
		"an unknown protection":  {patch: "spec: {notification: {smtp: {host: relay, from: a@contoso.com, tls: SSL}}}", refused: []string{`spec.notification.smtp.tls: Unsupported value: "SSL": supported values: "StartTLS", "ImplicitTLS", "None"`}},
		"a server with a scheme": {patch: "spec: {notification: {smtp: {host: 'smtp://contoso.com', from: a@contoso.com}}}", refused: []string{`spec.notification.smtp.host: Invalid value: "smtp://contoso.com": must be a host name or address without scheme and port, such as smtp.office365.com`}},
		"port 0":                 {patch: "spec: {notification: {smtp: {host: relay, from: a@contoso.com, port: 0}}}", refused: atLeastOne("spec.notification.smtp.port")},
		"port 65536":             {patch: "spec: {notification: {smtp: {host: relay, from: a@contoso.com, port: 65536}}}", refused: []string{"spec.notification.smtp.port: Invalid value: 65536: spec.notification.smtp.port in body should be less than or equal to 65535"}},

		"all extensions":     {patch: "spec: {extensions: {clearNullValues: true, nestedGroups: true, driftCorrection: Correct}}"},
		"drift is reported":  {patch: "spec: {extensions: {driftCorrection: Detect}}"},
		"an unknown drift":   {patch: "spec: {extensions: {driftCorrection: Fix}}", refused: []string{`spec.extensions.driftCorrection: Unsupported value: "Fix": supported values: "None", "Detect", "Correct"`}},
		"drift set to false": {patch: "spec: {extensions: {driftCorrection: false}}", refused: []string{`spec.extensions.driftCorrection: Invalid value: "boolean": spec.extensions.driftCorrection in body must be of type string: "boolean"`, `spec.extensions.driftCorrection: Unsupported value: false: supported values: "None", "Detect", "Correct"`}},
	})
}

func TestProvisioningConfigDefaults(t *testing.T) {
	want := mustParse[v1alpha1.ProvisioningConfig](t, validConfig)
	want.Spec.ProvisioningMode = v1alpha1.ProvisioningModeAutomatic
	want.Spec.Scope = v1alpha1.ProvisioningScopeAssigned
	want.Spec.Source.Entra.Cloud = v1alpha1.CloudPublic
	want.Spec.Groups.Enabled = new(true)
	want.Spec.Schedule.Interval = &metav1.Duration{Duration: 40 * time.Minute}
	want.Spec.AccidentalDeletionPrevention = v1alpha1.AccidentalDeletionPrevention{Enabled: new(true), Threshold: 500}
	want.Spec.Quarantine = v1alpha1.QuarantinePolicy{
		MinimumFailures: 5000, FailurePercent: 40, BaseFailures: 40000, TotalFailures: 60000, DisableAfterDays: 28,
	}
	want.Spec.Extensions.DriftCorrection = v1alpha1.DriftCorrectionNone
	checkDefaults(t, validConfig, want)

	const references = validConfig + `      caBundleSecretRef: {name: ca}
  notification: {smtp: {host: relay, from: a@contoso.com, credentialsSecretRef: {name: smtp}, caBundleSecretRef: {name: ca}}}
`
	want.Spec.Notification = &v1alpha1.Notification{SMTP: &v1alpha1.SMTPServer{
		Host: "relay", Port: 587, From: "a@contoso.com", TLS: v1alpha1.SMTPStartTLS,
		CredentialsSecretRef: &v1alpha1.SMTPCredentialsReference{Name: "smtp", Key: "password"},
		CABundleSecretRef:    &v1alpha1.CABundleReference{Name: "ca", Key: "ca.crt"},
	}}
	want.Spec.Target.SCIM.CABundleSecretRef = &v1alpha1.CABundleReference{Name: "ca", Key: "ca.crt"}
	checkDefaults(t, references, want)
}
