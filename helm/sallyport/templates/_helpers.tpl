{{- define "sallyport.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" }}
{{- end }}

{{/* Short enough for every suffix that the chart appends. */}}
{{- define "sallyport.fullname" -}}
{{- if .Values.fullnameOverride }}
{{- .Values.fullnameOverride | trunc 48 | trimSuffix "-" }}
{{- else }}
{{- $name := include "sallyport.name" . }}
{{- if contains $name .Release.Name }}
{{- .Release.Name | trunc 48 | trimSuffix "-" }}
{{- else }}
{{- printf "%s-%s" .Release.Name $name | trunc 48 | trimSuffix "-" }}
{{- end }}
{{- end }}
{{- end }}

{{/* Cluster-wide objects bear the namespace too: two releases of one name must not share them. */}}
{{- define "sallyport.clusterName" -}}
{{- printf "%s:%s" .Release.Namespace (include "sallyport.fullname" .) }}
{{- end }}

{{- define "sallyport.selectorLabels" -}}
app.kubernetes.io/name: {{ include "sallyport.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "sallyport.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{ include "sallyport.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/part-of: sallyport
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/* Name, labels and annotations of one object: (dict "root" $ "name" … "namespace" … "annotations" …). */}}
{{- define "sallyport.metadata" -}}
name: {{ .name | quote }}
{{- with .namespace }}
namespace: {{ . }}
{{- end }}
labels:
  {{- include "sallyport.labels" .root | nindent 2 }}
  {{- with .labels }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- with mergeOverwrite (dict) .root.Values.commonAnnotations (.annotations | default dict) }}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{- define "sallyport.serviceAccountName" -}}
{{- if .Values.serviceAccount.create }}
{{- default (include "sallyport.fullname" .) .Values.serviceAccount.name }}
{{- else }}
{{- required "serviceAccount.name is needed where serviceAccount.create is false" .Values.serviceAccount.name }}
{{- end }}
{{- end }}

{{- define "sallyport.image" -}}
{{- if .Values.image.digest }}
{{- printf "%s@%s" .Values.image.repository .Values.image.digest }}
{{- else }}
{{- printf "%s:%s" .Values.image.repository (default .Chart.AppVersion .Values.image.tag) }}
{{- end }}
{{- end }}

{{- define "sallyport.host" -}}
{{- printf "%s.%s.svc.%s" (include "sallyport.fullname" .) .Release.Namespace .Values.clusterDomain }}
{{- end }}

{{- define "sallyport.headlessHost" -}}
{{- printf "%s-headless.%s.svc.%s" (include "sallyport.fullname" .) .Release.Namespace .Values.clusterDomain }}
{{- end }}

{{/* The names that a certificate has to hold. */}}
{{- define "sallyport.dnsNames" -}}
{{- $names := list }}
{{- range $service := list (include "sallyport.fullname" .) (printf "%s-headless" (include "sallyport.fullname" .)) }}
{{- $names = concat $names (list
      (printf "%s.%s.svc.%s" $service $.Release.Namespace $.Values.clusterDomain)
      (printf "%s.%s.svc" $service $.Release.Namespace)
      (printf "%s.%s" $service $.Release.Namespace)) }}
{{- end }}
{{- concat $names .Values.tls.extraDnsNames | uniq | toJson }}
{{- end }}

{{/* Empty without TLS. */}}
{{- define "sallyport.tlsSecretName" -}}
{{- if eq .Values.tls.mode "Secret" }}
{{- required "tls.secretName is needed where tls.mode is Secret" .Values.tls.secretName }}
{{- else if ne .Values.tls.mode "None" }}
{{- default (printf "%s-tls" (include "sallyport.fullname" .)) .Values.tls.secretName }}
{{- end }}
{{- end }}

{{- define "sallyport.mutualTls" -}}
{{- $ca := .Values.tls.clientCa }}
{{- if and $ca.secretName $ca.configMapName }}
{{- fail "tls.clientCa takes secretName or configMapName, not both" }}
{{- end }}
{{- if or $ca.secretName $ca.configMapName }}
{{- if eq .Values.tls.mode "None" }}
{{- fail "tls.clientCa needs a tls.mode other than None: without TLS no client presents a certificate" }}
{{- end }}true
{{- end }}
{{- end }}

{{/* A duration of the configuration in whole seconds, rounded up. */}}
{{- define "sallyport.seconds" -}}
{{- $number := regexFind "^[0-9]+" . | int }}
{{- $unit := regexFind "[a-z]+$" . }}
{{- if eq $unit "ms" }}{{ div (add $number 999) 1000 }}
{{- else if eq $unit "s" }}{{ $number }}
{{- else if eq $unit "m" }}{{ mul $number 60 }}
{{- else }}{{ mul $number 3600 }}
{{- end }}
{{- end }}

{{/* The file that the server reads: values.config, and what the chart knows better. */}}
{{- define "sallyport.config" -}}
{{- $grpc := dict "address" "0.0.0.0:9001" }}
{{- if ne .Values.tls.mode "None" }}
{{- $tls := dict "certFile" "/etc/sallyport/tls/tls.crt" "keyFile" "/etc/sallyport/tls/tls.key" }}
{{- if include "sallyport.mutualTls" . }}
{{- $_ := set $tls "clientCaFile" "/etc/sallyport/client-ca/ca.crt" }}
{{- end }}
{{- $_ := set $grpc "tls" $tls }}
{{- end }}
{{- $skip := list }}
{{- if not .Values.policies.secrets }}{{ $skip = append $skip "secrets" }}{{ end }}
{{- if not .Values.policies.configMaps }}{{ $skip = append $skip "configmaps" }}{{ end }}
{{- if not .Values.policies.gatewayRoutes }}{{ $skip = concat $skip (list "httproutes" "grpcroutes") }}{{ end }}
{{- if not .Values.policies.serviceAccounts }}{{ $skip = append $skip "serviceaccounts" }}{{ end }}
{{- $kubernetes := dict "skip" $skip "namespaces" .Values.policies.namespaces "status" .Values.policies.status "leaseNamespace" .Release.Namespace }}
{{- $own := dict
      "grpc" $grpc
      "admin" (dict "address" "0.0.0.0:9090")
      "policies" (dict "kubernetes" $kubernetes) }}
{{- mergeOverwrite (deepCopy .Values.config) $own | toYaml }}
{{- end }}
