package genesyssim

// URNs of the messages and schemas (section 6).
const (
	urnList       = "urn:ietf:params:scim:api:messages:2.0:ListResponse"
	urnPatch      = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
	urnError      = "urn:ietf:params:scim:api:messages:2.0:Error"
	urnCore       = "urn:ietf:params:scim:schemas:core:2.0:"
	urnUser       = urnCore + "User"
	urnGroup      = urnCore + "Group"
	urnEnterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
	urnGenesys    = "urn:ietf:params:scim:schemas:extension:genesys:purecloud:2.0:User"
)

// The two roots (section 4).
const (
	rootV2 = "/api/v2/scim/v2"
	rootV1 = "/api/v2/scim"
)

// mirrorAuthority is the authority of the service's own entry in externalIds, which mirrors externalId (8.6).
const mirrorAuthority = "x-pc:scimv2:v1"

// Names that every organisation has.
const (
	homeDivision    = "Home"
	employeeRole    = "employee"
	adminRole       = "admin"
	integrationRole = "SCIM Integration"
)

// Permissions that SCIM calls need (3.1).
const (
	permUserAdd     = "directory:user:add"
	permUserEdit    = "directory:user:edit"
	permUserDelete  = "directory:user:delete"
	permPassword    = "directory:user:setPassword"
	permGrantAdd    = "authorization:grant:add"
	permGrantDelete = "authorization:grant:delete"
	permSkill       = "routing:skill:assign"
	permLanguage    = "routing:language:assign"
	permExtension   = "telephony:extension:assign"
	permGroupEdit   = "directory:group:edit"
)

// integrationPermissions is the union of all permissions of 3.1, which is what the role SCIM Integration is taken to hold.
var integrationPermissions = []string{permUserAdd, permUserEdit, permUserDelete, permPassword, permGrantAdd, permGrantDelete,
	permSkill, permLanguage, permExtension, permGroupEdit}
