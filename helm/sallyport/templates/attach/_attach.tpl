{{/* Envoy's own duration: 200ms -> 0.2s. */}}
{{- define "sallyport.envoyDuration" -}}
{{- if hasSuffix "ms" . }}
{{- $ms := trimSuffix "ms" . | int }}
{{- printf "%d.%03ds" (div $ms 1000) (mod $ms 1000) }}
{{- else }}{{ . }}
{{- end }}
{{- end }}

{{/* The filter, of which every mesh and gateway below says as much as it has fields for. */}}
{{- define "sallyport.attach.filter" -}}
name: envoy.filters.http.ext_authz
typed_config:
  "@type": type.googleapis.com/envoy.extensions.filters.http.ext_authz.v3.ExtAuthz
  transport_api_version: V3
  grpc_service:
    envoy_grpc: {cluster_name: sallyport}
    timeout: {{ include "sallyport.envoyDuration" .Values.attach.timeout }}
  failure_mode_allow: false
  status_on_error: {code: ServiceUnavailable}
  {{- with .Values.attach.maxRequestBytes }}
  with_request_body: {max_request_bytes: {{ . | int }}, allow_partial_message: false, pack_as_bytes: true}
  {{- end }}
  {{- include "sallyport.attach.strict" . | nindent 2 }}
  clear_route_cache: false
{{- end }}

{{/* What no mesh has a field for. */}}
{{- define "sallyport.attach.strict" -}}
encode_raw_headers: true
include_peer_certificate: true
include_tls_session: true
validate_mutations: true
{{- end }}
