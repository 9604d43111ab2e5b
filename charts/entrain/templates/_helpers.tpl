{{- define "entrain.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 53 | trimSuffix "-" -}}
{{- end -}}

{{- define "entrain.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 53 | trimSuffix "-" -}}
{{- else if contains (include "entrain.name" .) .Release.Name -}}
{{- .Release.Name | trunc 53 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name (include "entrain.name" .) | trunc 53 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "entrain.selectorLabels" -}}
app.kubernetes.io/name: {{ include "entrain.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "entrain.labels" -}}
{{ include "entrain.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end -}}

{{- define "entrain.serviceAccountName" -}}
{{- if .Values.serviceAccount.create -}}
{{- default (include "entrain.fullname" .) .Values.serviceAccount.name -}}
{{- else -}}
{{- required "serviceAccount.name is needed when serviceAccount.create is false" .Values.serviceAccount.name -}}
{{- end -}}
{{- end -}}

{{- define "entrain.claimName" -}}
{{- default (printf "%s-state" (include "entrain.fullname" .)) .Values.store.sqlite.persistence.existingClaim -}}
{{- end -}}

{{- /* The name of the Service, the Secret and the ValidatingWebhookConfiguration. */ -}}
{{- define "entrain.webhookName" -}}
{{- printf "%s-webhook" (include "entrain.fullname" .) -}}
{{- end -}}

{{- /* Not empty when the aggregated API is served. The API server knows one endpoint in the whole cluster, so that an operator
for some namespaces does not take it unless it is told to. */ -}}
{{- define "entrain.queryEnabled" -}}
{{- if or (eq (toString .Values.query.enabled) "true") (and (eq (toString .Values.query.enabled) "auto") (not .Values.watchNamespaces)) -}}
true
{{- end -}}
{{- end -}}

{{- /* What the operator may do where it looks after configurations; the same as config/rbac/role.yaml. */ -}}
{{- define "entrain.rules" -}}
- apiGroups: [""]
  resources: [secrets]
  verbs: [get, list, watch, create, update, patch, delete]
- apiGroups: ["", events.k8s.io]
  resources: [events]
  verbs: [create, patch]
- apiGroups: [provisioning.entrain.dev]
  resources: [provisioningconfigs]
  verbs: [get, list, watch, update, patch]
- apiGroups: [provisioning.entrain.dev]
  resources: [attributemappings, scopingfilters]
  verbs: [get, list, watch]
- apiGroups: [provisioning.entrain.dev]
  resources: [provisionondemands]
  verbs: [get, list, watch, update, patch, delete]
- apiGroups: [provisioning.entrain.dev]
  resources: [provisioningconfigs/status, attributemappings/status, scopingfilters/status, provisionondemands/status]
  verbs: [get, update, patch]
- apiGroups: [provisioning.entrain.dev]
  resources: [provisioningconfigs/finalizers, provisionondemands/finalizers]
  verbs: [update]
{{- end -}}

{{- /* Combinations that would lose state, refused before anything is installed. */ -}}
{{- define "entrain.check" -}}
{{- if and (eq .Values.store.type "sqlite") (gt (int .Values.replicaCount) 1) -}}
{{- fail "replicaCount above 1 needs store.type postgres: a SQLite file has one writer" -}}
{{- end -}}
{{- if and (not .Values.leaderElection) (gt (int .Values.replicaCount) 1) -}}
{{- fail "replicaCount above 1 needs leaderElection: two operators would provision the same people" -}}
{{- end -}}
{{- end -}}
