package admin

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestRoutes(t *testing.T) {
	why := ""
	h := Handler(Options{Ready: func() string { return why }, Stats: func() any { return map[string]int{"n": 7} }, Token: "secret"})
	ask := func(method, path, auth string) *httptest.ResponseRecorder {
		r := httptest.NewRequestWithContext(t.Context(), method, path, nil)
		if auth != "" {
			r.Header.Set("Authorization", auth)
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		return w
	}
	assert.Equal(t, http.StatusOK, ask("GET", "/healthz", "").Code)
	assert.Equal(t, http.StatusOK, ask("GET", "/readyz", "").Code)
	why = "no region has answered yet"
	notReady := ask("GET", "/readyz", "")
	assert.Equal(t, http.StatusServiceUnavailable, notReady.Code)
	assert.Equal(t, why+"\n", notReady.Body.String())

	for _, wrong := range []string{"", "Bearer", "Bearer ", "Bearer secre", "Bearer secrets", "Basic secret", "secret"} {
		denied := ask("GET", "/v1/stats", wrong)
		assert.Equal(t, http.StatusUnauthorized, denied.Code, wrong)
		assert.NotEmpty(t, denied.Header().Get("WWW-Authenticate"))
		assert.NotContains(t, denied.Body.String(), "7")
	}
	granted := ask("GET", "/v1/stats", "Bearer secret")
	assert.Equal(t, http.StatusOK, granted.Code)
	assert.JSONEq(t, `{"n":7}`, granted.Body.String())
	assert.Equal(t, http.StatusMethodNotAllowed, ask("POST", "/v1/stats", "Bearer secret").Code)
	assert.Equal(t, http.StatusNotFound, ask("GET", "/nothing", "").Code)
}
