// Package admin is the edge's second port, for operators and orchestrators:
// health, readiness and statistics. It uses net/http and never touches the
// photo path.
//
//	GET /healthz   200 while the process works
//	GET /readyz    200 once it can serve photos, 503 before and while it drains
//	GET /v1/stats  what was counted, as JSON
package admin
